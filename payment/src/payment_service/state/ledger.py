"""Keeps the books of this process: the last bookings, and exact totals of all of them."""

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

from payment_service.outcome.charges import LONGEST_VALUE, MOST_WHOLE_DIGITS
from payment_service.state.records import Booking, Sum, Total, Totals

_MOST_CHARGES_DIGITS = 20
EXACTLY = Context(prec=MOST_WHOLE_DIGITS + LONGEST_VALUE + _MOST_CHARGES_DIGITS, traps=[Inexact])
"""Adds amounts: wide enough for more of the largest than anybody can count, and never rounds."""


@dataclass(slots=True)
class _Row:
    count: int = 0
    amount: Decimal = Decimal(0)


class Ledger:
    """The last `kept` bookings, and totals of the `kept` customers and currencies booked last."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._bookings: deque[Booking] = deque(maxlen=kept)
        self._rows: OrderedDict[tuple[int, str], tuple[_Row, _Row]] = OrderedDict()
        self._forgotten = 0
        self._lock = threading.Lock()

    def book(self, booking: Booking) -> None:
        """Enters a booking."""
        key = (booking.customer_id, booking.currency)
        with self._lock:
            row = self._rows.get(key) or (_Row(), _Row())
            side = row[booking.accepted]
            # The one step that can fail comes before every change.
            amount = EXACTLY.add(side.amount, booking.amount)
            side.count, side.amount = side.count + 1, amount
            self._rows[key] = row
            self._rows.move_to_end(key)
            if len(self._rows) > self._kept:
                self._rows.popitem(last=False)
                self._forgotten += 1
            self._bookings.append(booking)

    def totals(self) -> Totals:
        """Returns the totals; see `State.totals`."""
        with self._lock:
            rows = {
                key: Total(
                    accepted=Sum(accepted.count, accepted.amount),
                    declined=Sum(declined.count, declined.amount),
                )
                for key, (declined, accepted) in self._rows.items()
            }
            return Totals(rows, self._forgotten)

    def newest_first(self) -> list[Booking]:
        """Returns all bookings that are kept."""
        with self._lock:
            return list(reversed(self._bookings))
