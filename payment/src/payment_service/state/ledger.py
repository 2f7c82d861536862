"""Keeps the books of this process: the last bookings, and exact totals of all of them."""

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

from payment_service.state.records import Booking, Sum, Total, Totals

# An amount has up to 309 digits before its point and 400 behind it; the rest is for their number.
# Should it not do, a sum is refused and never rounded.
EXACTLY = Context(prec=750, traps=[Inexact])


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
            self._bookings.append(booking)
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = (_Row(), _Row())
                if len(self._rows) > self._kept:
                    self._rows.popitem(last=False)
                    self._forgotten += 1
            else:
                self._rows.move_to_end(key)
            side = row[booking.accepted]
            side.count += 1
            side.amount = EXACTLY.add(side.amount, booking.amount)

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
