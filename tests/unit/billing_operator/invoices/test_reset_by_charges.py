"""What payment accepted since the last reading is forgotten as well, if Antaeus starts anew."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.apps.sums import Sum
from billing_operator.books.ledger import Count, Ledger, Process, Snapshot, advanced
from billing_operator.invoices.readings import Reading
from billing_operator.invoices.reset import invoices, reset_message
from billing_operator.kinds import Manifest
from support.operator.builders import a_stack, an_instance

NOW = datetime(2025, 1, 1, tzinfo=UTC)
BEFORE = {"podUID": "a", "restartCount": 0}


def snapshot(accepted: int, paid: int, pod: str = "p") -> Snapshot:
    sums = {"EUR": Sum(accepted, Decimal(accepted))} if accepted else {}
    return Snapshot({Process(pod, 0): Count(sums, last=False)}, paid)


def a_status(paid: str, pending: int, accepted: int) -> Manifest:
    """Of the last reading of the Antaeus before."""
    many = len(paid.split(","))
    ledger = advanced(None, snapshot(accepted, many))
    assert ledger is not None
    counts = {"paid": many, "pending": pending, "total": many + pending, "paidIDs": paid}
    return {
        "invoices": counts | {"antaeusInstance": BEFORE, "lastChangeTime": ""},
        "payment": {"accepted": ledger.as_status()},
    }


def then(status: Manifest, paid: str, of_payment: Snapshot, instance: str = "b") -> Manifest:
    """What becomes of it by the first reading of another Antaeus."""
    many = len(paid.split(","))
    reading = Reading(Counts(many, 10 - many, paid), an_instance(instance), of_payment)
    found = invoices(a_stack(status=status), reading, NOW) or {}
    return found.get("reset") or {}


def test_a_direct_call_between_two_readings_is_forgotten_with_them() -> None:
    reset = then(a_status("1,6", 8, accepted=0), "1,6", snapshot(8, 2))

    assert (reset["paid"], reset["pending"]) == (8, 0)
    assert "ids" not in reset


def test_it_adds_to_what_was_read() -> None:
    reset = then(a_status("1,2,3,6", 6, accepted=2), "1,6", snapshot(5, 2))

    assert (reset["paid"], reset["pending"]) == (2 + 3, 3)


def test_where_payment_accepted_nothing_and_none_is_missing_there_is_no_reset() -> None:
    assert then(a_status("1,6", 8, accepted=4), "1,6", snapshot(4, 2)) == {}


def test_an_antaeus_that_keeps_its_invoices_has_forgotten_nothing_of_it() -> None:
    status = a_status("1,6", 8, accepted=0)

    assert then(status, "1,2,3,6", snapshot(2, 4)) == {}
    assert then(status, "1,2,6", snapshot(2, 4))["paid"] == 1


def test_charges_beyond_the_number_of_invoices_forget_none() -> None:
    """Of two pay calls at once, by which payment accepted 14 charges for 8 invoices."""
    status = a_status("1,6", 8, accepted=0)

    assert then(status, "1,2,3,4,5,6,7,8,9,10", snapshot(14, 10)) == {}
    assert then(status, "1,6", snapshot(14, 2))["paid"] == 8


def test_what_was_paid_by_the_last_reading_counts_once() -> None:
    """Payment did not tell with the last readings, and its count is older than they are."""
    status = a_status("1,6", 8, accepted=0)
    ids = "1,2,3,4,5,6,7,8,9,10"
    status["invoices"] |= {"paid": 10, "pending": 0, "paidIDs": ids}

    assert then(status, "1,6", snapshot(8, 2)) == {
        "paid": 8,
        "pending": 0,
        "ids": "2-5,7-10",
        "time": "2025-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("paid", ["1,6", "1,2,6"])
def test_where_a_process_ended_unseen_more_may_be_forgotten(paid: str) -> None:
    status = a_status(paid, 10 - len(paid.split(",")), accepted=1)
    stack = a_stack(status=status)
    reading = Reading(Counts(2, 8, "1,6"), an_instance("b"), snapshot(0, 2, pod="q"))
    found = invoices(stack, reading, NOW) or {}

    assert found["reset"]["uncertain"] is True
    assert found["reset"]["paid"] == len(paid.split(",")) - 2
    assert "A payment process ended unseen" in (reset_message(stack, found) or "")


def test_a_process_that_ended_unseen_is_no_reset_of_the_same_antaeus() -> None:
    status = a_status("1,6", 8, accepted=1)

    assert then(status, "1,6", snapshot(0, 2, pod="q"), instance="a") == {}


def test_where_payment_never_told_before_more_may_be_forgotten() -> None:
    """A ledger that nobody can read is none."""
    status = a_status("1,6", 8, accepted=0)
    status["payment"]["accepted"]["paidInvoices"] = None

    assert Ledger.of_stack(a_stack(status=status)) is None
    assert then(status, "1,6", snapshot(8, 2))["uncertain"] is True
