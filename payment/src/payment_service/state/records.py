"""What is on record: the bookings of the ledger, its totals, the calls of the journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import NamedTuple

from payment_service.outcome.charges import Alike, fingerprint


# Tuples: each charge makes one of both, and a frozen dataclass takes several times as long.
class Booking(NamedTuple):
    """One counted charge."""

    charge_id: str
    time: float
    """In seconds since 1970."""
    customer_id: int
    amount: Decimal
    currency: str
    accepted: bool
    reason: str | None = None
    duplicate_of: str | None = None
    """Id of an earlier charge alike."""
    fault: str | None = None
    """Name of a fault by which its reply went wrong."""
    replica: str = ""
    """Name of the process that took it."""

    @property
    def alike(self) -> Alike:
        """That of the charge."""
        return self[2:5]

    @property
    def fingerprint(self) -> str:
        """That of the charge."""
        return fingerprint(self.customer_id, self.amount, self.currency)

    @property
    def outcome(self) -> str:
        return "accepted" if self.accepted else "declined"


class JournalEntry(NamedTuple):
    """One call and its answer; None is what it did not say, or what it never came to.

    No token is in it.
    """

    time: float
    """In seconds since 1970."""
    request_id: str
    outcome: str
    """A `CallOutcome`'s text."""
    status: int | None = None
    """Of the answer; None if the caller got none."""
    customer_id: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    charge_id: str | None = None
    attempt: int | None = None
    reason: str | None = None
    duplicate_of: str | None = None
    fault: str | None = None
    idempotency_key: str | None = None
    replica: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted of a record; None is anything.

    What a record cannot have, as a booking has no status, it never matches.
    """

    customer_id: int | None = None
    currency: str | None = None
    amount: Decimal | None = None
    outcome: str | None = None
    reason: str | None = None
    fault: str | None = None
    charge_id: str | None = None
    replica: str | None = None
    status: int | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    since: float | None = None
    """The first time that is wanted, in seconds since 1970."""
    until: float | None = None
    """The first time that is not wanted any more."""
    duplicate: bool | None = None
    """Whether it came after one alike."""

    def judge(self) -> Callable[[Booking | JournalEntry], bool]:
        """Returns what tells of a record whether it is as wanted."""
        since, until, duplicate = self.since, self.until, self.duplicate
        values = ((name, getattr(self, name)) for name in _COMPARED)
        wanted = [(name, value) for name, value in values if value is not None]

        def takes(record: Booking | JournalEntry) -> bool:
            if since is not None and record.time < since:
                return False
            if until is not None and record.time >= until:
                return False
            if duplicate is not None and duplicate == (record.duplicate_of is None):
                return False
            return all(getattr(record, name, None) == value for name, value in wanted)

        return takes


_JUDGED = ("since", "until", "duplicate")
_COMPARED = tuple(field.name for field in fields(Filter) if field.name not in _JUDGED)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many charges, and what they come to, exactly."""

    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Total:
    """What was booked for one customer in one currency."""

    accepted: Sum = Sum()
    declined: Sum = Sum()


Holder = tuple[int, str]
"""Customer and currency: what a row of totals is for."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What was booked, by customer and currency."""

    rows: Mapping[Holder, Total]
    """In the order of customers and currencies."""
    forgotten: int
    """How many rows had to make room; as long as it is 0, no booking is missing."""
