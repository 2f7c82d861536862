"""What is on record: the bookings of the ledger, its totals, the calls of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import NamedTuple

from payment_service.outcome.charges import fingerprint


# Tuples: each charge makes one of both, and a frozen dataclass takes several times as long.
class Booking(NamedTuple):
    """One counted charge; `time` in seconds since 1970, `replica` is who took it.

    `duplicate_of` is the id of an earlier charge alike, `fault` the name of a fault by which its
    reply went wrong.
    """

    charge_id: str
    time: float
    customer_id: int
    amount: Decimal
    currency: str
    accepted: bool
    reason: str | None = None
    duplicate_of: str | None = None
    fault: str | None = None
    replica: str = ""

    @property
    def fingerprint(self) -> str:
        """That of the charge."""
        return fingerprint(self.customer_id, self.amount, self.currency)

    @property
    def outcome(self) -> str:
        return "accepted" if self.accepted else "declined"


class JournalEntry(NamedTuple):
    """One call and what it was told; None is what it did not say, or what it never came to.

    `outcome` is a `CallOutcome`'s text, `time` in seconds since 1970. No token is in it.
    """

    time: float
    request_id: str
    outcome: str
    status: int
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

    What a record cannot have, as a booking has no status, it never matches. `since` is
    included, `until` is not; both are seconds since 1970. `duplicate` is whether it came after one
    alike.
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
    until: float | None = None
    duplicate: bool | None = None

    def takes(self, record: Booking | JournalEntry) -> bool:
        """Tells whether a record is as wanted."""
        if self.since is not None and record.time < self.since:
            return False
        if self.until is not None and record.time >= self.until:
            return False
        if self.duplicate is not None and self.duplicate == (record.duplicate_of is None):
            return False
        wanted = ((name, getattr(self, name)) for name in _COMPARED)
        return all(value is None or getattr(record, name, None) == value for name, value in wanted)


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


@dataclass(frozen=True, slots=True)
class Totals:
    """What was booked, by customer and currency.

    `forgotten` counts the rows that had to make room; as long as it is 0, no booking is missing.
    """

    rows: Mapping[tuple[int, str], Total]
    forgotten: int
