"""Remembers which charges came lately, to find those that come twice."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from payment_service.outcome.charges import Alike
from payment_service.state.values import Earlier


@dataclass(slots=True)
class _Seen:
    charge_id: str
    time: float
    accepted: bool | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Row:
    """Charges alike, each of which came in the window of one before it."""

    first: _Seen
    latest: _Seen | None = None
    """None as long as only the first is known."""
    accepted: bool = False
    """Whether any was accepted, also one between these two or before them."""

    @property
    def last(self) -> _Seen:
        return self.latest or self.first


class Duplicates:
    """The first and the latest of the charges that are alike.

    The latest is what keeps a row of duplicates from going unseen after its first is too long
    ago; of the ones between it is only remembered whether any was accepted.
    """

    def __init__(self, kept: int, in_flight_seconds: float, now: Callable[[], float]) -> None:
        """After `in_flight_seconds` a charge that has not ended is taken for one that never was."""
        self._kept = kept
        self._in_flight_seconds = in_flight_seconds
        self._now = now
        self._rows: OrderedDict[Alike, _Row] = OrderedDict()
        self._lock = threading.Lock()

    def earlier(self, alike: Alike, charge_id: str, window_seconds: float) -> Earlier | None:
        """Returns the first charge alike in the window, or remembers this one as it."""
        with self._lock:
            now = self._now()
            since = now - window_seconds
            row = self._rows.get(alike)
            first = None if row is None else self._first_after(since, row, now)
            if first is not None:
                return Earlier(first.charge_id, first.accepted, now - first.time, first.reason)
            if row is not None:
                self._rows.move_to_end(alike)
            self._rows[alike] = _Row(_Seen(charge_id, now))
            oldest = next(iter(self._rows.values()))
            if len(self._rows) > self._kept or oldest.last.time <= since:
                self._rows.popitem(last=False)
            return None

    def is_first(self, alike: Alike, charge_id: str) -> bool:
        """Tells whether no other charge is the first of those that are alike."""
        row = self._rows.get(alike)
        return row is None or row.first.charge_id == charge_id

    def booked(self, alike: Alike, charge_id: str, reason: str | None, *, accepted: bool) -> bool:
        """Says how a charge ended; one that is alike to an earlier one is now the latest.

        Tells whether it is a double: accepted, and so was one alike before. Of two that were
        decided at once it is the one that is booked last.
        """
        with self._lock:
            row = self._rows.get(alike)
            # Nobody asks for duplicates at present.
            if row is None:
                return False
            double = accepted and row.accepted
            row.accepted = row.accepted or accepted
            if row.first.charge_id == charge_id:
                row.first.accepted, row.first.reason = accepted, reason
            else:
                row.latest = _Seen(charge_id, self._now(), accepted, reason)
                self._rows.move_to_end(alike)
            return double

    def withdraw(self, alike: Alike, charge_id: str) -> None:
        """Forgets a charge that does not count, unless it has ended."""
        with self._lock:
            row = self._rows.get(alike)
            if row is None or row.first.charge_id != charge_id or row.first.accepted is not None:
                return
            if row.latest is None:
                del self._rows[alike]
            else:
                row.first, row.latest = row.latest, None

    def _first_after(self, since: float, row: _Row, now: float) -> _Seen | None:
        first, latest = row.first, row.latest
        never_ended = first.accepted is None and first.time <= now - self._in_flight_seconds
        if first.time > since and not never_ended:
            return first
        # The latest has ended: nothing else makes one the latest.
        if latest is not None and latest.time > since:
            row.first, row.latest = latest, None
            return latest
        return None
