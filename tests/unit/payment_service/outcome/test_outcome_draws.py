"""What is left to chance in an outcome; seeded draws are computed here once more."""

import hashlib
import random

import pytest

from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, decide_outcome
from support.cases import cases
from support.payment.outcomes import BUSY, DECLINE, LOST, inputs
from support.payment.profiles import a_profile, charge_of


def stated_draw(*lines: object) -> float:
    """The draw of a text of lines, as `seeded_draw` states it."""
    digest = hashlib.sha256("\n".join(map(str, lines)).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def test_with_a_seed_each_purpose_has_the_draw_of_its_sixth_line() -> None:
    five = (42, 1, "181.5", "USD", 3)
    rule, fault = stated_draw(*five, "rule coin"), stated_draw(*five, "fault coin")
    latency = {"uniform": {"minSeconds": 0, "maxSeconds": 10}}

    def outcome(rate: float, kind: str) -> Outcome:
        choice = DECLINE if kind == "rules" else BUSY
        entries = {kind: [{"name": "coin", "rate": rate, **choice}]}
        return decide_outcome(
            a_profile(seed=42, latency=latency, **entries), charge_of(), 3, inputs()
        )

    for kind, drawn in (("rules", rule), ("faults", fault)):
        assert outcome(drawn, kind).rule is None
        assert outcome(drawn + 1e-9, kind).rule == "coin"
    assert outcome(0, "rules").delay_seconds == stated_draw(*five, "latency") * 10


def test_outcomes_under_a_seed_stay_the_same_over_versions() -> None:
    profile = a_profile(
        successRate=0.5,
        seed=42,
        rules=[{"name": "coin", "rate": 0.3, **DECLINE}],
        faults=[{"name": "busy", "rate": 0.3, **BUSY}],
        latency={"lognormal": {"medianSeconds": 0.2, "sigma": 0.5}},
    )

    outcomes = [
        decide_outcome(profile, charge_of(customer), 1, inputs()) for customer in range(1, 9)
    ]

    decided = [each.rule or each.accepted for each in outcomes]
    assert decided == ["coin", True, "coin", "coin", "coin", "busy", "coin", "coin"]
    delays = [round(each.delay_seconds, 6) for each in outcomes[:4]]
    assert delays == [0.092931, 0.295224, 0.369049, 0.078972]


def test_outcomes_under_a_seed_do_not_depend_on_the_order_of_calls() -> None:
    profile = a_profile(
        successRate=0.5,
        seed=7,
        rules=[{"name": "coin", "rate": 0.2, **DECLINE}],
        faults=[{"name": "a", "rate": 0.2, **BUSY}, {"name": "b", "rate": 0.2, **LOST}],
        latency={"uniform": {"minSeconds": 0, "maxSeconds": 1}},
    )
    calls = [(charge_of(customer), attempt) for customer in range(1, 200) for attempt in (1, 2)]
    shuffled = random.Random(3).sample(calls, len(calls))

    def outcomes(order: list[tuple[Charge, int]]) -> dict[tuple[Charge, int], Outcome]:
        return {call: decide_outcome(profile, *call, inputs()) for call in order}

    assert outcomes(shuffled) == outcomes(calls)
    assert {each.rule for each in outcomes(calls).values()} == {"coin", "a", "b", None}


@pytest.mark.parametrize("rate", cases("the rate is {0}", [0.1, 0.5]))
def test_over_many_charges_an_entry_acts_on_the_share_that_its_rate_says(rate: float) -> None:
    profile = a_profile(seed=11, faults=[{"name": "a", "rate": rate, **BUSY}])
    count = 5000

    hits = sum(
        decide_outcome(profile, charge_of(customer), 1, inputs()).fault is not None
        for customer in range(1, count + 1)
    )

    assert abs(hits / count - rate) < 4 * (rate * (1 - rate) / count) ** 0.5
