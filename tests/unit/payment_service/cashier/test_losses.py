"""What is kept of log lines that were lost."""

from decimal import Decimal
from typing import Any

import pytest

from payment_service.cashier.losses import MOST_CURRENCIES, LostLines
from payment_service.profile.values import LONGEST_CURRENCY
from support.cases import cases
from support.payment.logged import a_record


def told(*records: object) -> dict[str, Any]:
    """What is told of lines that were lost about these."""
    losses = LostLines()
    for at, record in enumerate(records):
        losses.add(record, at)
    return losses.fields()


def side(count: int, amount: str) -> dict[str, object]:
    return {"count": count, "amount": amount}


def test_sums_are_exact_by_currency_and_outcome() -> None:
    fields = told(
        a_record("0.1"),
        a_record("1e20"),
        a_record("1e-30"),
        a_record("7", outcome="declined"),
        a_record("2", currency=""),
    )

    assert fields["lines"] == 5
    assert (fields["since"], fields["until"]) == (
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:04.000Z",
    )
    assert fields["charges"] == [
        {"currency": None, "accepted": side(1, "2"), "declined": side(0, "0")},
        {
            "currency": "USD",
            "accepted": side(3, "100000000000000000000.100000000000000000000000000001"),
            "declined": side(1, "7"),
        },
    ]
    assert "without_amounts" not in fields


@pytest.mark.parametrize("outcome", cases("the call was {0}", ["refused", "failed", "replayed"]))
def test_what_was_no_counted_charge_is_a_line_and_no_charge(outcome: str) -> None:
    fields = told(a_record(outcome=outcome), None)

    assert (fields["lines"], fields["charges"]) == (2, [])


def test_of_currencies_beyond_the_bound_the_number_of_charges_is_known() -> None:
    many = [a_record("1", currency=f"C{number}") for number in range(MOST_CURRENCIES + 3)]
    fields = told(*many, a_record("1", currency="C0"), a_record(currency="one more"))

    assert len(fields["charges"]) == MOST_CURRENCIES
    assert fields["charges"][0]["accepted"] == side(2, "2")
    assert fields["without_amounts"] == {"accepted": 4, "declined": 0}


def test_of_a_currency_that_is_too_long_the_number_of_charges_is_known() -> None:
    long = "x" * (LONGEST_CURRENCY + 1)
    fields = told(a_record(currency=long, outcome="declined"))

    assert (fields["charges"], fields["without_amounts"]) == ([], {"accepted": 0, "declined": 1})


def test_of_a_sum_that_would_not_be_exact_the_number_of_charges_is_known() -> None:
    fields = told(a_record("1e300"), a_record("1e-700"))

    assert fields["charges"][0]["accepted"]["count"] == 1
    assert fields["without_amounts"] == {"accepted": 1, "declined": 0}


def test_what_was_told_in_vain_is_told_again_with_the_rest() -> None:
    first, second = LostLines(), LostLines()
    for at, losses in ((1, first), (2, second)):
        losses.add(a_record("0.1"), at)
        losses.add(a_record("0.2", currency="DKK", outcome="declined"), at)
        losses.add(a_record(currency="x" * 99), at)

    second.take_back(first)
    fields: dict[str, Any] = second.fields()

    assert fields["lines"] == 6
    assert [Decimal(row["accepted"]["amount"]) for row in fields["charges"]] == [0, Decimal("0.2")]
    assert [Decimal(row["declined"]["amount"]) for row in fields["charges"]] == [Decimal("0.4"), 0]
    assert fields["without_amounts"] == {"accepted": 2, "declined": 0}
    assert (fields["since"], fields["until"]) == (
        "1970-01-01T00:00:01.000Z",
        "1970-01-01T00:00:02.000Z",
    )
