"""Compares what payment booked during a run with what became paid in Antaeus by it."""

from typing import NamedTuple

from billing_operator.apps.sums import OTHER, Sums, as_status, minus, of_status, plus
from billing_operator.books.ledger import Ledger
from billing_operator.kinds import Manifest

_UNSEEN = "a payment process ended, and nobody saw its last count"
_NO_AMOUNTS = "Antaeus does not tell the amounts of its invoices"


class Moment(NamedTuple):
    """What payment had accepted and Antaeus had as paid, at one moment.

    Attributes:
        paid: None where Antaeus does not tell the amounts.
    """

    accepted: Sums
    unseen: int
    paid: Sums | None

    @classmethod
    def of(cls, written: Manifest | None) -> "Moment | None":
        """Reads what a status keeps; None where it keeps none."""
        known = written or {}
        accepted, unseen = of_status(known.get("accepted")), known.get("unseenProcesses")
        if accepted is None or type(unseen) is not int:
            return None
        return cls(accepted, unseen, of_status(known.get("paid")))

    @classmethod
    def at(cls, ledger: Ledger, paid: Sums | None) -> "Moment":
        """What is known now."""
        return cls(ledger.total, ledger.unseen, paid)

    def as_status(self) -> Manifest:
        """Writes it."""
        paid = None if self.paid is None else as_status(self.paid)
        accepted = as_status(self.accepted)
        return {"accepted": accepted, "unseenProcesses": self.unseen, "paid": paid}


def compared(before: Moment, after: Moment, *, restarted: bool) -> Manifest:
    """The books of a run, as a status has them.

    Args:
        restarted: whether another Antaeus answers by now. What it does not have as paid, the one
            before has forgotten.
    """
    if before.unseen != after.unseen:
        return {"unknownBecause": _UNSEEN}
    if before.paid is None or after.paid is None:
        return {"unknownBecause": _NO_AMOUNTS}
    booked, paid = minus(after.accepted, before.accepted), minus(after.paid, before.paid)
    if OTHER in booked or OTHER in paid:
        booked, paid = _of_one_kind(booked), _of_one_kind(paid)
    lost: Sums = {}
    if restarted:
        # Of what was paid before the run, some may be forgotten as well.
        paid = {name: each for name, each in paid.items() if each.charges > 0}
        more = minus(booked, paid)
        lost = {name: each for name, each in more.items() if each.charges > 0}
    return {
        "booked": as_status(booked),
        "paid": as_status(paid),
        "forgotten": as_status(lost),
        "difference": as_status(minus(minus(booked, paid), lost)),
    }


def _of_one_kind(sums: Sums) -> Sums:
    """Without currencies, as Antaeus or payment does not tell them apart."""
    total: Sums = {}
    for each in sums.values():
        total = plus(total, {OTHER: each})
    return total


def mismatch_message(books: Manifest) -> str:
    """What differs, in words; empty where nothing does."""
    rows = books.get("difference") or ()
    text = "; ".join(map(_in_words, rows))
    return (
        f"payment booked what Antaeus does not have as paid, or the other way: {text}"
        if text
        else ""
    )


def _in_words(row: Manifest) -> str:
    more = row["count"] > 0 or (row["count"] == 0 and not row["amount"].startswith("-"))
    amount = row["amount"].removeprefix("-")
    which = "more booked than paid" if more else "more paid than booked"
    return f"{abs(row['count'])} charges and {amount} {row['currency']} {which}"
