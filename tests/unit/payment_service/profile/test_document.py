"""The profile document: what is read, in JSON and in TOML."""

import hashlib
import json
from typing import Any

import pytest

from payment_service.profile.document import LoadedProfile, Profile
from payment_service.profile.entries import FaultEntry, Rule
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.profiles import a_full_document, a_profile, mistakes_of, set_at

FAULT = {"status": {"code": 500}}


@pytest.mark.parametrize(
    ("raw", "profile"),
    cases(
        "the document is {0}",
        [
            (b'{"successRate": 0.5, "seed": 42}', Profile(success_rate=0.5, seed=42)),
            (b'{"successRate": 0.25}', Profile(success_rate=0.25, seed=None)),
            (b'{"seed": null, "successRate": 1}', Profile(success_rate=1.0, seed=None)),
            (b'{"successRate": 0, "seed": 0}', Profile(success_rate=0.0, seed=0)),
            (
                b'{"successRate": 5e-1, "seed": 9223372036854775807}',
                Profile(success_rate=0.5, seed=2**63 - 1),
            ),
        ],
    ),
)
def test_a_profile_of_rate_and_seed_is_read_and_plain(raw: bytes, profile: Profile) -> None:
    assert Profile.from_json(raw) == profile
    assert Profile.from_json(raw).plain


def test_the_zero_below_zero_is_shown_as_zero() -> None:
    assert str(a_profile(successRate=-0.0).as_json()["successRate"]) == "0.0"


def test_a_profile_with_everything_is_read_and_written_alike() -> None:
    profile = Profile.from_json(json.dumps(a_full_document()).encode())

    assert Profile.from_json(json.dumps(profile.as_json()).encode()) == profile
    assert hash(Profile.from_json(json.dumps(profile.as_json()).encode())) == hash(profile)
    assert profile.rules[0].until is not None
    assert profile.rules[0].until.isoformat() == "2026-01-01T06:00:00.500000+02:00"
    assert profile.latency is not None
    assert profile.latency.cap_seconds == 10
    assert profile.limits is not None
    assert (profile.limits.per_second, profile.limits.retry_after_seconds) == (10, 3)


def test_what_is_left_out_has_its_default() -> None:
    profile = a_profile(rules=[{"name": "a", "accept": True}])
    (rule,) = profile.rules

    assert (profile.decline_reason, profile.latency, profile.limits) == ("Generic", None, None)
    assert profile.idempotency.ttl_seconds == 86400
    assert (profile.duplicates.mode, profile.duplicates.window_seconds) == ("Report", 60)
    assert (rule.skip, rule.times, rule.rate, rule.from_, rule.until) == (0, None, 1, None, None)
    assert a_profile(latency={"fixed": {"seconds": 1}}).as_json()["latency"] == {
        "fixed": {"seconds": 1.0}
    }


@pytest.mark.parametrize(
    ("member", "value", "plain"),
    cases(
        "the profile has {0}",
        [
            ("rules", [{"name": "a", "accept": True}], False),
            ("faults", [{"name": "a", "fault": FAULT}], False),
            ("latency", {"fixed": {"seconds": 0}}, False),
            ("limits", {"concurrent": 1}, False),
            ("rules", [], True),
            ("declineReason", "Expired", True),
            ("idempotency", {"ttlSeconds": 1}, True),
            ("duplicates", {"mode": "Ignore"}, True),
        ],
    ),
)
def test_a_profile_is_plain_if_only_rate_and_seed_decide(
    member: str, value: object, *, plain: bool
) -> None:
    assert a_profile(**{member: value}).plain is plain


RULE = {"name": "a"}
UNIONS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (
        {"rules": [RULE]},
        "rules.0",
        {"accept": True, "decline": {"reason": "Expired"}, "fault": FAULT},
    ),
    (
        {"faults": [{"name": "a", "fault": {}}]},
        "faults.0.fault",
        {"status": {"code": 500}, "connection": {"reply": "Reset"}, "slowBody": {"seconds": 1}},
    ),
    (
        {"latency": {}},
        "latency",
        {
            "fixed": {"seconds": 1},
            "uniform": {"minSeconds": 1, "maxSeconds": 2},
            "lognormal": {"medianSeconds": 1, "sigma": 1},
            "percentiles": {"points": [{"percent": 1, "seconds": 1}]},
        },
    ),
]


@pytest.mark.parametrize(
    ("members", "path", "choices"),
    UNIONS,
    ids=[f"the alternatives of {name}" for _, name, _ in UNIONS],
)
def test_exactly_one_of_the_alternatives_must_be_there(
    members: dict[str, Any], path: str, choices: dict[str, Any]
) -> None:
    def document(*chosen: str) -> bytes:
        document = json.loads(json.dumps({"successRate": 1, **members}))
        for name in chosen:
            set_at(document, f"{path}.{name}", choices[name])
        return json.dumps(document).encode()

    for one in choices:
        assert not Profile.from_json(document(one)).plain
        for other in choices.keys() - {one}:
            (mistake,) = mistakes_of(document(one, other))
            assert f"{path.replace('.0', '[0]')}: has " in mistake
            assert "exactly one of" in mistake
    assert "has none of them" in mistakes_of(document())[0]


TOML = b"""
successRate = 0.5
seed = 42
declineReason = "Expired"

[[rules]]
name = "customer-2"
skip = 1
times = 3
rate = 0.9
from = 2026-01-01T00:00:00Z
until = "2026-01-01T06:00:00.5+02:00"
decline.reason = "InsufficientFunds"
[rules.match]
customers = [2]
currencies = ["USD", ""]
amount = {min = "10", max = "20.50"}
attempts = {min = 1, max = 2}

[[rules]]
name = "customer-3"
match.customers = [3]
accept = true

[[rules]]
name = "lost"
fault = {charged = true, connection = {reply = "Truncated"}}

[[faults]]
name = "busy"
rate = 0.1
fault.status = {code = 503, retryAfterSeconds = 2}

[[faults]]
name = "slow"
match = {}
fault.slowBody.seconds = 5

[latency]
capSeconds = 10
[[latency.percentiles.points]]
percent = 50
seconds = 0.1
[[latency.percentiles.points]]
percent = 99
seconds = 2

[limits]
perSecond = 10
burst = 20
concurrent = 4
retryAfterSeconds = 3

[idempotency]
ttlSeconds = 3600

[duplicates]
mode = "Replay"
windowSeconds = 30
"""


def test_the_same_profile_in_json_and_in_toml_is_equal() -> None:
    assert Profile.from_toml(TOML) == Profile.from_json(json.dumps(a_full_document()).encode())


@pytest.mark.parametrize(
    ("raw", "text"),
    cases(
        "the text is {0}",
        [
            (b"successRate = ", "not TOML: Invalid value"),
            (b"successRate = 1\nsuccessRate = 0", "not TOML: Cannot overwrite a value"),
            (b"a = \xff", "not TOML: the text is not UTF-8"),
            (b"a = " + b"[" * 100_000, "not TOML: the document is nested too deeply"),
            (b"seed = " + b"1" * 9000, "not TOML: "),
            (b"successRate = nan", "successRate: nan is not a number from 0 to 1"),
            (b"successRate = inf", "successRate: inf is not a number from 0 to 1"),
            (b"successRate = 1\nseed = 2026-01-01", 'seed: "2026-01-01" is not a whole number'),
            (
                b"successRate = 1\n[[rules]]\nname='a'\naccept=true\nfrom = 2026-01-01T00:00:00",
                'rules[0].from: "2026-01-01 00:00:00" is not a time with its offset',
            ),
        ],
    ),
)
def test_bad_toml_is_refused(raw: bytes, text: str) -> None:
    with pytest.raises(MistakesError) as caught:
        Profile.from_toml(raw)

    (mistake,) = caught.value.texts
    assert mistake.startswith(text)


def test_an_entry_alone_is_read_like_one_in_a_profile() -> None:
    entry = FaultEntry.from_json(json.dumps({"name": "a", "fault": FAULT}).encode())

    assert a_profile(faults=[entry.as_json()]).faults == (entry,)
    with pytest.raises(MistakesError, match=r"^name: is missing$"):
        FaultEntry.from_json(json.dumps({"fault": FAULT}).encode())


@pytest.mark.parametrize(
    "amount",
    ["0.0000001", "0.000000001", "0.0000000", "0", "12.50", "999999999999999.999999999"],
    ids=lambda amount: f"an amount of {amount}",
)
def test_every_amount_that_is_written_is_one_that_is_read(amount: str) -> None:
    entry = {"name": "a", "match": {"amount": {"min": amount}}, "fault": FAULT}
    written: Any = FaultEntry.from_json(json.dumps(entry).encode()).as_json()

    assert written["match"]["amount"]["min"] == amount
    assert FaultEntry.from_json(json.dumps(written).encode()).as_json() == written


def test_a_profile_made_in_python_is_held_to_the_same() -> None:
    rule = Rule(name="a", accept=True)

    assert Profile(success_rate=1, rules=(rule,)) == a_profile(rules=[rule.as_json()])
    with pytest.raises(ValueError, match="exactly one of"):
        Rule(name="a")
    with pytest.raises(ValueError, match="is the name of an earlier one"):
        Profile(success_rate=1, rules=(rule, rule))


def test_a_profile_is_told_apart_by_the_very_bytes_of_its_file() -> None:
    raw = b'{"successRate": 0.5}\n'

    assert LoadedProfile.from_file_content(raw).hash == hashlib.sha256(raw).hexdigest()


def test_without_a_file_half_of_the_charges_succeed_by_chance() -> None:
    assert LoadedProfile.from_file_content(None) == LoadedProfile(Profile(success_rate=0.5), None)


def test_a_plain_profile_is_written_as_it_is_read() -> None:
    assert Profile(success_rate=0.5, seed=42).as_json() == {"successRate": 0.5, "seed": 42}
