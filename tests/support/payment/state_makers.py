"""Clocks, charges and records for tests of what is remembered."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from payment_service.outcome.charges import Charge
from payment_service.state.interface import State
from payment_service.state.records import Booking, JournalEntry
from payment_service.state.values import Kept

KEPT = Kept(attempts=3, hits=3, keys=3, bookings=3, journal=3, faults=2, in_flight_seconds=30)
NOON = 1_700_000_000.0

Opened = Callable[[Kept], State]


class Clock:
    """Seconds since 1970 that pass only when told."""

    def __init__(self) -> None:
        self.seconds = NOON

    def __call__(self) -> float:
        return self.seconds


def a_charge_of(customer: int = 1, value: str = "181.50", currency: str = "USD") -> Charge:
    return Charge(customer, Decimal(value), currency, value)


def a_booking(charge_id: str = "a", charge: Charge | None = None, **changes: Any) -> Booking:
    charge = charge or a_charge_of()
    values: dict[str, Any] = {"time": NOON, "accepted": True, **changes}
    return Booking(
        charge_id,
        customer_id=charge.customer_id,
        amount=charge.amount,
        currency=charge.currency,
        **values,
    )


def an_entry(request_id: str = "r", **changes: Any) -> JournalEntry:
    values: dict[str, Any] = {"time": NOON, "outcome": "accepted", "status": 200, **changes}
    return JournalEntry(request_id=request_id, **values)
