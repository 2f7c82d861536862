"""The profile document: what is refused, and in which words."""

import json

import pytest

from payment_service.profile.document import Profile
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.profiles import a_full_document, mistakes_of, set_at

FAULT = {"status": {"code": 500}}
MANY = [{"name": f"a-{number}", "accept": True} for number in range(201)]


@pytest.mark.parametrize(
    ("raw", "named"),
    cases(
        "the document is {0}",
        [
            (b"", ["not JSON"]),
            (b"{", ["not JSON"]),
            (b"[" * 100_000, ["not JSON: the document is nested too deeply"]),
            (b"[]", ["must be a JSON object"]),
            (b'{"successRate": 0.5, "successRate": 1}', ["twice"]),
            (b'{"successRate": NaN}', ["NaN"]),
            (b"{}", ["successRate: is missing"]),
            (b'{"successRate": null}', ["successRate: null is not a number from 0 to 1"]),
            (b'{"successRate": "0.5"}', ['successRate: "0.5"']),
            (b'{"successRate": true}', ["successRate: true"]),
            (b'{"successRate": 1.0000001}', ["successRate: 1.0000001"]),
            (b'{"successRate": -0.1}', ["successRate: -0.1"]),
            (b'{"successRate": 1e400}', ["successRate: 1e400 is not"]),
            (b'{"successRate": 1, "seed": -1}', ["seed: -1"]),
            (b'{"successRate": 1, "seed": 1.0}', ["seed: 1.0"]),
            (b'{"successRate": 1, "seed": "1"}', ['seed: "1"']),
            (b'{"successRate": 1, "seed": false}', ["seed: false"]),
            (b'{"successRate": 1, "seed": 9223372036854775808}', ["seed: 9223372036854775808"]),
            (b'{"successRate": 1, "seed": 1%s}' % (b"0" * 9000), ["seed: 1000"]),
            (
                b'{"successrate": 2, "seed": -1, "a b": 1}',
                [
                    "successRate: is",
                    "seed: -1",
                    "successrate: no such field",
                    '"a b": no such field',
                ],
            ),
            (b'{"success_rate": 1}', ["successRate: is missing", "success_rate: no such field"]),
            (b'{"successRate": 1, "plain": true}', ["plain: no such field"]),
            (b'{"successRate": 1, "rules": [{"name": 1e9, "accept": true}]}', ["rules[0].name: 1"]),
        ],
    ),
)
def test_every_mistake_of_a_bad_profile_is_named(raw: bytes, named: list[str]) -> None:
    texts = mistakes_of(raw)

    assert len(texts) == len(named)
    for text, name in zip(texts, named, strict=True):
        assert name in text
        assert len(text) < 300


@pytest.mark.parametrize(
    ("path", "value", "text"),
    cases(
        "the field {0} is {1}",
        [
            (
                "declineReason",
                "poor",
                'declineReason: "poor" is not one of Generic, InsufficientFunds',
            ),
            ("rules", {}, "rules: {} is not a list"),
            ("rules.1", 5, "rules[1]: 5 is not an object"),
            ("rules", MANY, "rules: has more than 200 entries"),
            ("rules.1.name", "Customer", 'rules[1].name: "Customer" is not a name of at most 63'),
            (
                "rules.1.name",
                "customer-2",
                "rules[1].name: customer-2 is the name of an earlier one",
            ),
            (
                "faults.1.name",
                "busy",
                "faults[1].name: busy is the name of an earlier one of faults",
            ),
            (
                "rules.0.match.amount.min",
                "20.51",
                'rules[0].match.amount.max: "20.50" is less than min, which is "20.51"',
            ),
            (
                "rules.0.match.amount.min",
                "-1",
                'rules[0].match.amount.min: "-1" is not an amount such as "12.50": a string of at',
            ),
            (
                "rules.0.match.attempts.min",
                3,
                "rules[0].match.attempts.max: 2 is less than min, which",
            ),
            ("rules.0.match.customers", [], "rules[0].match.customers: is empty; there must be at"),
            (
                "rules.0.match.customers",
                [1, 0],
                "rules[0].match.customers[1]: 0 is not a whole number",
            ),
            ("rules.0.match.currencies", ["x" * 65], "rules[0].match.currencies[0]: "),
            ("rules.0.skip", -1, "rules[0].skip: -1 is not a whole number from 0"),
            ("rules.0.times", 0, "rules[0].times: 0 is not a whole number from 1"),
            ("rules.0.times", None, "rules[0].times: null is not a whole number from 1"),
            ("rules.0.rate", 1.5, "rules[0].rate: 1.5 is not a number from 0 to 1"),
            (
                "rules.0.from",
                "2026-01-01",
                'rules[0].from: "2026-01-01" is not a time with its offset',
            ),
            ("rules.0.from", "2026-02-30T00:00:00Z", "rules[0].from: "),
            (
                "rules.0.from",
                "2027-01-01T00:00:00Z",
                "rules[0].until: 2026-01-01T06:00:00.500000+02",
            ),
            ("rules.1.accept", False, "rules[1].accept: false is not true"),
            ("rules.0.decline", {}, "rules[0].decline.reason: is missing"),
            ("rules.2.fault.charged", 1, "rules[2].fault.charged: 1 is not true or false"),
            (
                "rules.2.fault.connection.reply",
                "no",
                'rules[2].fault.connection.reply: "no" is not one',
            ),
            (
                "faults.0.fault.status.code",
                418,
                "faults[0].fault.status.code: 418 is not one of 400,",
            ),
            (
                "faults.0.fault.status.retryAfterSeconds",
                0.5,
                "faults[0].fault.status.retryAfterSeconds",
            ),
            (
                "faults.1.fault.slowBody.seconds",
                3601,
                "faults[1].fault.slowBody.seconds: 3601 is not",
            ),
            ("latency.capSeconds", -1, "latency.capSeconds: -1 is not a number of seconds from 0"),
            ("latency.percentiles.points", [], "latency.percentiles.points: is empty"),
            (
                "latency.percentiles.points.1.percent",
                50,
                "latency.percentiles.points[1].percent: 50 is",
            ),
            (
                "latency.percentiles.points.0.seconds",
                3,
                "latency.percentiles.points[1].seconds: 2 is",
            ),
            ("limits.perSecond", 0, "limits.perSecond: 0 is not a number above 0"),
            ("limits.perSecond", ..., "limits.burst: means nothing without perSecond"),
            ("limits", {}, "limits: limits nothing; there must be perSecond or concurrent"),
            ("idempotency", None, "idempotency: null is not an object"),
            (
                "idempotency.ttlSeconds",
                0,
                "idempotency.ttlSeconds: 0 is not a whole number of secon",
            ),
            ("duplicates.mode", "on", 'duplicates.mode: "on" is not one of Report, Replay, Ignore'),
            (
                "duplicates.windowsSeconds",
                1,
                "duplicates.windowsSeconds: no such field; there are mode",
            ),
        ],
    ),
)
def test_a_mistake_is_told_with_the_path_of_its_field(path: str, value: object, text: str) -> None:
    (mistake,) = mistakes_of(json.dumps(set_at(a_full_document(), path, value)).encode())

    assert mistake.startswith(text)


@pytest.mark.parametrize(
    "number", cases("the number is {0}", ["10", "12.5", "-1", "1e400", "999999999999999.99"])
)
def test_an_amount_that_is_written_as_a_number_is_refused_with_the_remedy(number: str) -> None:
    for end in ("min", "max"):
        rule = f'{{"name": "a", "accept": true, "match": {{"amount": {{"{end}": {number}}}}}}}'
        (mistake,) = mistakes_of(b'{"successRate": 1, "rules": [%s]}' % rule.encode())

        assert mistake.startswith(f"rules[0].match.amount.{end}: ")
        assert mistake.endswith(' is a number; write it as a string, such as "12.50"')


@pytest.mark.parametrize(
    "text",
    cases(
        "the string is {0}",
        [
            *(
                "",
                " ",
                "-0",
                "+1",
                "1e3",
                "1,5",
                ".5",
                "5.",
                "0x1",
                "NaN",
                "Infinity",
                "1_0",
                "\uff11",
            ),
            *("9" * 16, "0." + "1" * 10, "1\n"),
        ],
    ),
)
def test_a_string_that_is_no_amount_is_refused(text: str) -> None:
    document = set_at(a_full_document(), "rules.0.match.amount.min", text)

    (mistake,) = mistakes_of(json.dumps(document).encode())

    assert mistake.startswith("rules[0].match.amount.min: ")


def test_an_amount_is_taken_and_told_again_to_the_last_digit() -> None:
    most = "999999999999999.999999999"
    document = set_at(a_full_document(), "rules.0.match.amount", {"min": most, "max": most})

    profile = Profile.from_json(json.dumps(document).encode())

    assert profile.as_json()["rules"][0]["match"]["amount"] == {"min": most, "max": most}  # type: ignore[index]  # plain JSON


def test_mistakes_of_all_kinds_are_told_at_once() -> None:
    rule = {
        "name": "a",
        "rate": 2,
        "match": {"amount": {"min": "3", "max": "2"}, "sum": 1},
        "from": "2026-01-02T00:00:00Z",
        "until": "2026-01-01T00:00:00Z",
    }
    faults = [{"name": "x", "fault": FAULT}, {"name": "x", "skip": "1"}]
    document = {"rules": [rule], "faults": faults, "latency": {"fixed": {}, "uniform": 1}}

    mistakes = mistakes_of(json.dumps(document).encode())

    assert {text.partition(":")[0] for text in mistakes} == {
        "successRate",
        "rules[0]",
        "rules[0].rate",
        "rules[0].match.amount.max",
        "rules[0].match.sum",
        "rules[0].until",
        "faults[1].name",
        "faults[1].skip",
        "faults[1].fault",
        "latency",
        "latency.fixed.seconds",
        "latency.uniform",
    }
    assert len(mistakes) == 12


def test_no_mistake_is_told_in_the_words_of_a_library() -> None:
    texts = mistakes_of(json.dumps({"rules": [1, {}, None], "limits": [], "seed": {}}).encode())

    for word in ("pydantic", "Input", "valid", "dict", "type=", "None", "keyword"):
        assert all(word not in text for text in texts)


@pytest.mark.parametrize("depth", cases("the depth is {0}", [100, 400, 600, 900, 1200, 5000]))
@pytest.mark.parametrize("member", cases("the member is {0}", ["successRate", "unknown"]))
def test_a_document_of_any_depth_is_refused_in_words(depth: int, member: str) -> None:
    nested = "[" * depth + "]" * depth
    documents = (
        (Profile.from_json, f'{{"{member}": {nested}}}'),
        (Profile.from_toml, f"{member} = {nested}"),
        # Of these, a reader takes any number.
        (Profile.from_toml, f"{member}.{'a.' * depth}a = 1"),
    )

    for read, document in documents:
        with pytest.raises(MistakesError, match=r"nested too deeply|is not a number|no such field"):
            read(document.encode())
