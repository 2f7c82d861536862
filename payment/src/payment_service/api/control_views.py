"""Views of what the service knows: the answers of the control API, and the types of their schemas.

Amounts are texts, since they are exact and may have more digits than a reader's numbers. What a
record does not have is left out.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import WithJsonSchema

from payment_service.outcome.charges import canonical
from payment_service.profile.document import Profile
from payment_service.profile.entries import FaultEntry
from payment_service.profile.parts import Maybe
from payment_service.state.interface import Scope
from payment_service.state.records import Booking, Holder, JournalEntry, Sum, Total
from payment_service.text.timestamps import timestamp

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Amount = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFaultView:
    """A fault that was set while running."""

    expires: Annotated[Maybe[Time], Field(description="When it is gone.")] = None
    entry: Annotated[FaultEntry, Field(description="What it is in the profile until then.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """The profile in effect in the process that answers."""

    scope: Annotated[Literal["process"], Field(description="Each process has its own.")]
    source: Annotated[
        Literal["file", "control"], Field(description="control: it was put here by this API.")
    ]
    hash: Annotated[
        Maybe[str], Field(description="SHA-256 of the file's content, if it is the file's.")
    ] = None
    profile: Annotated[Profile, Field(description="Without the faults set while running.")]
    faults: Annotated[list[SetFaultView], Field(description="Those set, before its own.")]


@dataclass(frozen=True, slots=True)
class FaultsView:
    """The faults that were set while running."""

    scope: Scope
    faults: list[SetFaultView]


@dataclass(frozen=True, slots=True)
class Done:
    """That it was done, and for whom."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class SumView:
    """How many charges, and what they come to, exactly."""

    count: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class TotalView:
    """What was booked for one customer in one currency; an empty one is that of no name."""

    customer_id: int
    currency: str
    accepted: SumView
    declined: SumView


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A page of the totals by customer and currency, in the order of these."""

    scope: Scope
    totals: list[TotalView]
    forgotten: Annotated[int, Field(description="Rows that had to make room; 0: none is missing.")]
    next: Annotated[
        Maybe[str], Field(description="What `after` is for the next page; left out in the last.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingView:
    """One counted charge."""

    time: Time
    charge_id: str
    customer_id: int
    amount: Amount
    currency: str
    outcome: Literal["accepted", "declined"]
    reason: Maybe[str] = None
    duplicate_of: Annotated[Maybe[str], Field(description="Id of an earlier charge alike.")] = None
    fault: Annotated[Maybe[str], Field(description="Name of what spoiled its reply.")] = None
    replica: str

    @classmethod
    def of(cls, booking: Booking) -> "BookingView":
        return cls(
            time=timestamp(booking.time),
            charge_id=booking.charge_id,
            customer_id=booking.customer_id,
            amount=canonical(booking.amount),
            currency=booking.currency,
            outcome="accepted" if booking.accepted else "declined",
            reason=booking.reason,
            duplicate_of=booking.duplicate_of,
            fault=booking.fault,
            replica=booking.replica,
        )


@dataclass(frozen=True, slots=True)
class BookingsView:
    """Counted charges, the newest first."""

    scope: Scope
    bookings: list[BookingView]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One charge call and what it was told."""

    time: Time
    request_id: str
    outcome: str
    status: Annotated[Maybe[int], Field(description="Left out if the caller got no answer.")] = None
    customer_id: Maybe[int] = None
    amount: Maybe[Amount] = None
    currency: Maybe[str] = None
    charge_id: Maybe[str] = None
    attempt: Maybe[int] = None
    reason: Maybe[str] = None
    duplicate_of: Maybe[str] = None
    fault: Maybe[str] = None
    idempotency_key: Maybe[str] = None
    replica: str

    @classmethod
    def of(cls, entry: JournalEntry) -> "CallView":
        members = {
            **entry._asdict(),
            "time": timestamp(entry.time),
            "amount": None if entry.amount is None else canonical(entry.amount),
        }
        return cls(**members)


@dataclass(frozen=True, slots=True)
class JournalView:
    """Charge calls, the newest first."""

    scope: Scope
    calls: list[CallView]


@dataclass(frozen=True, slots=True)
class CountView:
    """How many charge calls are as wanted."""

    scope: Scope
    count: int


@dataclass(frozen=True, slots=True)
class FieldMistake:
    """What is wrong with one field or parameter."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as RFC 9457 has it."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: Annotated[
        Maybe[list[FieldMistake]], Field(description="Every mistake; field is empty for the whole.")
    ] = None


def total(holder: Holder, booked: Total) -> TotalView:
    """Returns a row of the totals."""
    return TotalView(*holder, _sum(booked.accepted), _sum(booked.declined))


def _sum(total: Sum) -> SumView:
    return SumView(total.count, canonical(total.amount))
