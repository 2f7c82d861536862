"""What was booked during a run is compared with what became paid, by currency and exactly."""

from decimal import Decimal

import pytest

from billing_operator.apps.sums import OTHER, Sum, Sums
from billing_operator.books.comparison import Moment, compared, mismatch_message


def sums(**amounts: tuple[int, str]) -> Sums:
    return {name: Sum(count, Decimal(amount)) for name, (count, amount) in amounts.items()}


def moment(accepted: Sums, paid: Sums | None, unseen: int = 0) -> Moment:
    return Moment(accepted, unseen, paid)


START = moment(sums(USD=(1, "5.5")), sums(USD=(3, "30")))


def rows(*written: tuple[str, int, str]) -> list[dict[str, object]]:
    return [{"currency": name, "count": many, "amount": text} for name, many, text in written]


def test_books_that_are_right_have_no_difference() -> None:
    end = moment(sums(USD=(3, "7.7"), DKK=(1, "1")), sums(USD=(5, "32.2"), DKK=(1, "1.00")))
    books = compared(START, end, restarted=False)

    assert books["booked"] == rows(("DKK", 1, "1"), ("USD", 2, "2.2"))
    assert books["paid"] == rows(("DKK", 1, "1.00"), ("USD", 2, "2.2"))
    assert books["difference"] == []
    assert mismatch_message(books) == ""


def test_what_was_charged_twice_is_the_difference() -> None:
    books = compared(START, moment(sums(USD=(3, "25.5")), sums(USD=(4, "40"))), restarted=False)

    assert books["difference"] == rows(("USD", 1, "10.0"))
    assert "1 charges and 10.0 USD more booked than paid" in mismatch_message(books)


def test_what_became_paid_without_a_charge_is_one_below_zero() -> None:
    books = compared(START, moment(sums(USD=(1, "5.5")), sums(USD=(4, "40"))), restarted=False)

    assert books["difference"] == rows(("USD", -1, "-10"))
    assert "1 charges and 10 USD more paid than booked" in mismatch_message(books)


def test_another_amount_is_a_difference_as_well() -> None:
    books = compared(START, moment(sums(USD=(2, "15.4")), sums(USD=(4, "40"))), restarted=False)

    assert books["difference"] == rows(("USD", 0, "-0.1"))
    assert "0 charges and 0.1 USD more paid than booked" in mismatch_message(books)


def test_what_an_antaeus_forgot_that_was_restarted_is_no_difference() -> None:
    """A reset tells of that."""
    end = moment(sums(USD=(3, "25.5"), DKK=(1, "2")), sums(USD=(2, "20"), DKK=(1, "2")))
    books = compared(START, end, restarted=True)

    assert books["forgotten"] == rows(("USD", 2, "20.0"))
    assert books["paid"] == rows(("DKK", 1, "2"))
    assert books["difference"] == []


def test_an_antaeus_that_was_restarted_and_keeps_its_invoices_has_right_books() -> None:
    end = moment(sums(USD=(3, "25.5")), sums(USD=(5, "50")))
    books = compared(START, end, restarted=True)

    assert (books["forgotten"], books["difference"]) == ([], [])


def test_where_currencies_are_not_told_apart_all_are_one() -> None:
    start = moment({}, {})
    end = moment({OTHER: Sum(3, Decimal(30))}, sums(USD=(2, "20"), DKK=(1, "10")))
    books = compared(start, end, restarted=False)

    assert books["paid"] == books["booked"] == rows((OTHER, 3, "30"))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (START, moment({}, {}, unseen=1), "a payment process ended"),
        (START, moment({}, None), "does not tell the amounts"),
        (moment({}, None), moment({}, {}), "does not tell the amounts"),
    ],
    ids=["a process unseen", "no amounts after", "no amounts before"],
)
def test_what_is_not_known_is_told_so(before: Moment, after: Moment, why: str) -> None:
    books = compared(before, after, restarted=False)

    assert why in books["unknownBecause"]
    assert "difference" not in books


def test_a_status_keeps_a_moment_until_it_is_needed() -> None:
    assert Moment.of(START.as_status()) == START
    without = moment({}, None)
    assert Moment.of(without.as_status()) == without
    assert Moment.of({"accepted": "much", "unseenProcesses": 0}) is None
    assert Moment.of(None) is None
