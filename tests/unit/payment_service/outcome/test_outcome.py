"""What becomes of a charge under rules, faults and latency."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from payment_service.outcome.charges import Charge
from payment_service.outcome.decision import decide
from payment_service.outcome.outcome import Outcome, decide_outcome
from payment_service.profile.document import Profile
from support.cases import cases
from support.payment.outcomes import ACCEPT, BUSY, DECLINE, LOST, NOON, inputs
from support.payment.profiles import a_profile, charge_of


class Hits:
    """Counts what is counted elsewhere."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, entry: str) -> int:
        self.counts[entry] += 1
        return self.counts[entry]


def summary(outcome: Outcome) -> tuple[bool, str | None, bool, str | None]:
    return outcome.accepted, outcome.reason, outcome.counted, outcome.rule


def test_a_rule_accepts_or_declines_with_its_reason() -> None:
    rules = [
        {"name": "two", "match": {"customers": [2]}, **DECLINE},
        {"name": "three", "match": {"customers": [3]}, **ACCEPT},
    ]
    profile = a_profile(successRate=0, seed=1, rules=rules)

    assert summary(decide_outcome(profile, charge_of(2), 1, inputs())) == (
        False,
        "InsufficientFunds",
        True,
        "two",
    )
    assert summary(decide_outcome(profile, charge_of(3), 1, inputs())) == (
        True,
        None,
        True,
        "three",
    )
    assert summary(decide_outcome(profile, charge_of(4), 1, inputs())) == (
        False,
        "Generic",
        True,
        None,
    )


def test_a_charge_that_the_rate_declines_has_the_profiles_reason() -> None:
    profile = a_profile(successRate=0, declineReason="Expired")

    assert summary(decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.0))) == (
        False,
        "Expired",
        True,
        None,
    )


def test_of_two_rules_that_match_the_first_decides() -> None:
    one, other = {"name": "one", **ACCEPT}, {"name": "other", **DECLINE}

    assert decide_outcome(a_profile(rules=[one, other]), charge_of(), 1, inputs()).rule == "one"
    assert decide_outcome(a_profile(rules=[other, one]), charge_of(), 1, inputs()).rule == "other"


@pytest.mark.parametrize(
    ("match", "meant", "not_meant"),
    cases(
        "the rule is for {0}",
        [
            ({}, (charge_of(), 1), None),
            ({"customers": [5, 7]}, (charge_of(7), 1), (charge_of(6), 1)),
            ({"currencies": ["DKK"]}, (charge_of(currency="DKK"), 1), (charge_of(), 1)),
            ({"currencies": [""]}, (charge_of(currency=""), 1), (charge_of(), 1)),
            (
                {"amount": {"min": "10.1"}},
                (charge_of(value="10.10"), 1),
                (charge_of(value="10.09"), 1),
            ),
            (
                {"amount": {"max": "0.3"}},
                (charge_of(value="0.3"), 1),
                (charge_of(value="0.30000000000000001"), 1),
            ),
            (
                {"amount": {"min": "100", "max": "0100.00"}},
                (charge_of(value="1e2"), 1),
                (charge_of(), 1),
            ),
            (
                {"amount": {"min": "999999999999999.99"}},
                (charge_of(value="999999999999999.99"), 1),
                (charge_of(value="999999999999999.98"), 1),
            ),
            ({"attempts": {"max": 2}}, (charge_of(), 2), (charge_of(), 3)),
            ({"attempts": {"min": 2, "max": 3}}, (charge_of(), 3), (charge_of(), 1)),
            (
                {"customers": [1], "currencies": ["DKK"]},
                (charge_of(1, "1", "DKK"), 1),
                (charge_of(), 1),
            ),
        ],
    ),
)
def test_a_rule_is_for_the_charges_to_which_all_of_its_match_applies(
    match: dict[str, Any], meant: tuple[Charge, int], not_meant: tuple[Charge, int] | None
) -> None:
    profile = a_profile(rules=[{"name": "a", "match": match, **DECLINE}])

    assert decide_outcome(profile, *meant, inputs(lambda: 0.0)).rule == "a"
    if not_meant is not None:
        assert decide_outcome(profile, *not_meant, inputs(lambda: 0.0)).rule is None


def test_skip_leaves_out_the_first_calls_and_times_ends_after_so_many() -> None:
    profile = a_profile(rules=[{"name": "a", "skip": 2, "times": 3, **DECLINE}])
    outside = inputs(lambda: 0.0, Hits())

    outcomes = [decide_outcome(profile, charge_of(), 1, outside).accepted for _ in range(8)]

    assert outcomes == [True, True, False, False, False, True, True, True]


def test_skip_alone_has_no_end() -> None:
    profile = a_profile(rules=[{"name": "a", "skip": 1, **DECLINE}])
    outside = inputs(lambda: 0.0, Hits())

    assert [decide_outcome(profile, charge_of(), 1, outside).accepted for _ in range(3)] == [
        True
    ] + [False] * 2


def test_only_calls_that_match_in_time_are_counted_and_only_where_it_matters() -> None:
    window = {"from": "2026-01-01T12:00:00Z"}
    rules = [
        {"name": "all", "match": {"customers": [9]}, **DECLINE},
        {"name": "one", "match": {"customers": [1]}, **window, "times": 1, **DECLINE},
    ]
    profile, hits = a_profile(rules=rules), Hits()

    for customer, now in ((1, NOON - timedelta(seconds=1)), (2, NOON), (9, NOON), (1, NOON)):
        decide_outcome(profile, charge_of(customer), 1, inputs(lambda: 0.0, hits, now))

    assert hits.counts == {"rule one": 1}


def test_a_rule_and_a_fault_of_the_same_name_are_counted_apart() -> None:
    profile = a_profile(
        rules=[{"name": "a", "skip": 9, **DECLINE}], faults=[{"name": "a", "skip": 9, **BUSY}]
    )
    hits = Hits()

    decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.0, hits))

    assert hits.counts == {"rule a": 1, "fault a": 1}


@pytest.mark.parametrize(
    ("now", "acts"),
    [
        (NOON - timedelta(microseconds=1), False),
        (NOON, True),
        (NOON + timedelta(seconds=59), True),
        (NOON + timedelta(seconds=60), False),
    ],
    ids=["just before it", "at its beginning", "within it", "at its end"],
)
def test_an_entry_acts_from_its_beginning_up_to_its_end(now: datetime, *, acts: bool) -> None:
    window = {"from": "2026-01-01T14:00:00+02:00", "until": "2026-01-01T12:01:00Z"}
    profile = a_profile(rules=[{"name": "a", **window, **DECLINE}])

    assert (
        decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.0, now=now)).accepted is not acts
    )


def test_a_rule_that_its_draw_leaves_out_gives_way_to_the_next() -> None:
    rules = [{"name": "a", "rate": 0.4, **DECLINE}, {"name": "b", **ACCEPT}]
    profile = a_profile(rules=rules)

    assert decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.39)).rule == "a"
    assert decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.4)).rule == "b"


def test_rate_0_never_acts_and_rate_1_takes_no_draw() -> None:
    never = a_profile(faults=[{"name": "a", "rate": 0, **BUSY}])
    always = a_profile(faults=[{"name": "a", "rate": 1, **BUSY}])

    assert decide_outcome(never, charge_of(), 1, inputs(lambda: 0.0)).fault is None
    assert decide_outcome(always, charge_of(), 1, inputs()).rule == "a"


def test_a_fault_breaks_the_call_before_the_charge_is_begun() -> None:
    outcome = decide_outcome(a_profile(faults=[{"name": "busy", **BUSY}]), charge_of(), 1, inputs())

    assert summary(outcome) == (False, None, False, "busy")
    assert outcome.fault is not None
    assert outcome.fault.status is not None
    assert outcome.fault.status.code == 503


def test_faults_are_for_charges_that_no_rule_has_decided() -> None:
    rules = [{"name": "two", "match": {"customers": [2]}, **ACCEPT}]
    profile = a_profile(rules=rules, faults=[{"name": "busy", **BUSY}])

    assert decide_outcome(profile, charge_of(2), 1, inputs()).fault is None
    assert decide_outcome(profile, charge_of(1), 1, inputs()).rule == "busy"


def test_the_first_fault_whose_draw_hits_is_the_one() -> None:
    faults = [{"name": "a", "rate": 0.5, **BUSY}, {"name": "b", **LOST}]
    draws = iter([0.5, 0.0])

    outcome = decide_outcome(a_profile(faults=faults), charge_of(), 1, inputs(lambda: next(draws)))

    assert outcome.rule == "b"


def test_a_charge_whose_reply_is_lost_is_decided_by_the_rate() -> None:
    faults = [{"name": "lost", **LOST}]

    for rate, reason in ((1, None), (0, "Generic")):
        profile = a_profile(successRate=rate, faults=faults)
        outcome = decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.5))
        assert summary(outcome) == (rate == 1, reason, True, "lost")
        assert outcome.fault == profile.faults[0].fault


def test_a_charge_whose_reply_a_rule_loses_is_decided_by_the_rules_that_follow() -> None:
    rules = [
        {"name": "lost", **LOST},
        {"name": "busy", "times": 1, **BUSY},
        {"name": "two", "match": {"customers": [2]}, **DECLINE},
    ]
    profile = a_profile(rules=rules, faults=[{"name": "other", **BUSY}])

    outcome = decide_outcome(profile, charge_of(2), 1, inputs())

    assert summary(outcome) == (False, "InsufficientFunds", True, "lost")
    assert outcome.fault == profile.rules[0].fault
    assert summary(decide_outcome(profile, charge_of(1), 1, inputs(lambda: 0.0))) == (
        True,
        None,
        True,
        "lost",
    )


def test_every_outcome_has_the_latency_of_its_draw() -> None:
    latency = {"uniform": {"minSeconds": 0, "maxSeconds": 10}}
    for members in ({}, {"rules": [{"name": "a", **ACCEPT}]}, {"faults": [{"name": "a", **BUSY}]}):
        profile = a_profile(latency=latency, **members)
        assert decide_outcome(profile, charge_of(), 1, inputs(lambda: 0.25)).delay_seconds == 2.5


def test_without_rules_faults_and_latency_it_is_what_decide_says() -> None:
    for seed in (None, 42):
        profile = Profile(success_rate=0.5, seed=seed)
        for customer in range(1, 50):
            outcome = decide_outcome(profile, charge_of(customer), 1, inputs(lambda: 0.7))
            assert outcome.accepted is decide(profile, charge_of(customer), 1, 0.7).accepted
            assert (outcome.delay_seconds, outcome.fault, outcome.rule) == (0.0, None, None)
