"""The rule of a charge, and what is stated about its seed, computed here once more."""

import hashlib
import math
from decimal import Decimal
from typing import Any

import pytest

from payment_service.outcome.charges import canonical
from payment_service.outcome.decision import decide, seeded_draw
from payment_service.profile.document import Profile
from support.cases import cases
from support.payment.profiles import charge_of


@pytest.mark.parametrize("chance", cases("the draw is {0}", [0.0, 0.5, math.nextafter(1, 0)]))
def test_rate_0_accepts_nothing_and_rate_1_everything(chance: float) -> None:
    assert not decide(Profile(success_rate=0), charge_of(), 1, chance).accepted
    assert decide(Profile(success_rate=1), charge_of(), 1, chance).accepted


@pytest.mark.parametrize("rate", cases("the rate is {0}", [0, 1]))
def test_with_a_seed_rates_0_and_1_are_exact_too(rate: int) -> None:
    profile = Profile(success_rate=rate, seed=7)
    decisions = {
        decide(profile, charge_of(customer), 1, 0.5).accepted for customer in range(1, 2000)
    }

    assert decisions == {rate == 1}


def test_without_a_seed_a_charge_is_accepted_below_the_rate() -> None:
    profile = Profile(success_rate=0.5)

    assert decide(profile, charge_of(), 1, 0.4999).accepted
    assert not decide(profile, charge_of(), 1, 0.5).accepted


def test_the_draw_of_a_seed_is_what_its_documentation_says() -> None:
    digest = hashlib.sha256(b"42\n1\n181.5\nUSD\n3").digest()
    stated = (int.from_bytes(digest[:8], "big") >> 11) / 2**53

    assert seeded_draw(42, charge_of(), 3) == stated
    assert 0 <= stated < 1


def test_the_draw_of_a_seed_stays_the_same_over_versions() -> None:
    assert seeded_draw(42, charge_of(), 1) == 0.4304330345439785


def test_a_draw_for_another_purpose_is_that_of_a_sixth_line() -> None:
    digest = hashlib.sha256(b"42\n1\n181.5\nUSD\n1\nlatency").digest()
    stated = (int.from_bytes(digest[:8], "big") >> 11) / 2**53

    assert seeded_draw(42, charge_of(), 1, "latency") == stated == 0.062647255068639


@pytest.mark.parametrize(
    "value", cases("the amount is {0}", ["181.5", "181.50", "1815e-1", "0.1815E3"])
)
def test_the_way_an_amount_is_written_does_not_change_its_outcome(value: str) -> None:
    assert seeded_draw(42, charge_of(value=value), 1) == seeded_draw(42, charge_of(), 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((43, charge_of(), 1), id="another seed"),
        pytest.param((42, charge_of(customer=2), 1), id="another customer"),
        pytest.param((42, charge_of(value="181.51"), 1), id="another amount"),
        pytest.param((42, charge_of(currency="DKK"), 1), id="another currency"),
        pytest.param((42, charge_of(), 2), id="another attempt"),
        pytest.param((42, charge_of(), 1, "latency"), id="another purpose"),
    ],
)
def test_everything_that_is_named_changes_the_draw(other: tuple[Any, ...]) -> None:
    assert seeded_draw(*other) != seeded_draw(42, charge_of(), 1)


@pytest.mark.parametrize("seed", cases("the seed is {0}", [0, 1, 42, 2**63 - 1]))
def test_10000_charges_at_one_half_are_half_accepted(seed: int) -> None:
    profile, count = Profile(success_rate=0.5, seed=seed), 10_000
    accepted = sum(
        decide(profile, charge_of(n, f"{n % 490 + 10}.{n % 100:02}"), 1, 0.0).accepted
        for n in range(1, count + 1)
    )
    sigma = math.sqrt(count * 0.5 * 0.5)

    assert abs(accepted - count / 2) <= 3 * sigma


@pytest.mark.parametrize(
    ("written", "text"),
    cases(
        "the amount {0} is {1}",
        [
            ("181.50", "181.5"),
            ("1815e-1", "181.5"),
            ("1e2", "100"),
            ("100", "100"),
            ("0.00", "0"),
            ("-0", "0"),
            ("0.10", "0.1"),
            ("12345678901234567890123456789.10", "12345678901234567890123456789.1"),
        ],
    ),
)
def test_an_amount_has_one_text(written: str, text: str) -> None:
    assert canonical(Decimal(written)) == text
