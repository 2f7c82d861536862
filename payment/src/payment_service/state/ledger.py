"""Keeps the books of this process: the last bookings, and exact totals of all of them."""

import sys
import threading
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

from payment_service.outcome.charges import LONGEST_VALUE, MOST_WHOLE_DIGITS
from payment_service.state.records import Booking, Holder, Sum, Total, Totals
from payment_service.state.slices import ROWS, in_slices, pause

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
        self._duplicates: deque[Booking] = deque()
        """Those of the bookings that came after one alike: few, and often asked for."""
        self._rows: OrderedDict[Holder, tuple[_Row, _Row]] = OrderedDict()
        self._holders: list[Holder] = []
        """Those of the rows, in their order, so that a page of them is found at once."""
        self._forgotten = 0
        self._lock = threading.Lock()

    def book(self, booking: Booking) -> None:
        """Enters a booking."""
        key = (booking.customer_id, booking.currency)
        with self._lock:
            known = self._rows.get(key)
            row = known or (_Row(), _Row())
            side = row[booking.accepted]
            # The one step that can fail comes before every change.
            amount = EXACTLY.add(side.amount, booking.amount)
            side.count, side.amount = side.count + 1, amount
            if known is not None:
                self._rows.move_to_end(key)
            else:
                self._add_row(key, row)
            bookings = self._bookings
            if len(bookings) == self._kept and bookings[0].duplicate_of is not None:
                self._duplicates.popleft()
            bookings.append(booking)
            if booking.duplicate_of is not None:
                self._duplicates.append(booking)

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        """Returns the totals; see `State.totals`."""
        rows: dict[Holder, Total] = {}
        while True:
            size = min(ROWS, limit - len(rows))
            with self._lock:
                begin = 0 if after is None else bisect_right(self._holders, after)
                holders = self._holders[begin : begin + size]
                rows.update((holder, _total(*self._rows[holder])) for holder in holders)
            if len(holders) < size or len(rows) >= limit:
                return Totals(rows, self._forgotten)
            after = holders[-1]
            pause()

    def newest_first(self, *, duplicates: bool) -> Iterator[Booking]:
        """Returns all bookings that are kept, or those that came after one alike."""
        bookings = self._duplicates if duplicates else self._bookings
        # A deque needs no lock: its copy is made in one step.
        return in_slices(reversed(bookings.copy()))

    def _add_row(self, holder: Holder, row: tuple[_Row, _Row]) -> None:
        self._rows[holder] = row
        insort(self._holders, holder)
        if len(self._rows) > self._kept:
            oldest, _ = self._rows.popitem(last=False)
            del self._holders[bisect_left(self._holders, oldest)]
            self._forgotten += 1


def _total(declined: _Row, accepted: _Row) -> Total:
    return Total(
        accepted=Sum(accepted.count, accepted.amount),
        declined=Sum(declined.count, declined.amount),
    )
