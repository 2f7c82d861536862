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


class Duplicates:
    """The first and the latest of the charges that are alike.

    The latest is what keeps a row of duplicates from going unseen after its first is too long
    ago; the ones between add nothing to that, and so they cost nothing.
    """

    def __init__(self, kept: int, in_flight_seconds: float, now: Callable[[], float]) -> None:
        """After `in_flight_seconds` a charge that has not ended is taken for one that never was."""
        self._kept = kept
        self._in_flight_seconds = in_flight_seconds
        self._now = now
        self._seen: OrderedDict[Alike, list[_Seen]] = OrderedDict()
        self._lock = threading.Lock()

    def earlier(self, alike: Alike, charge_id: str, window_seconds: float) -> Earlier | None:
        """Returns the first charge alike in the window, or remembers this one as it."""
        with self._lock:
            now = self._now()
            since = now - window_seconds
            seen = self._seen.get(alike)
            first = None if seen is None else self._first_after(since, seen, now)
            if first is not None:
                return Earlier(first.charge_id, first.accepted, now - first.time, first.reason)
            if seen is not None:
                self._seen.move_to_end(alike)
            self._seen[alike] = [_Seen(charge_id, now)]
            oldest = next(iter(self._seen.values()))
            if len(self._seen) > self._kept or oldest[-1].time <= since:
                self._seen.popitem(last=False)
            return None

    def is_first(self, alike: Alike, charge_id: str) -> bool:
        """Tells whether no other charge is the first of those that are alike."""
        seen = self._seen.get(alike)
        return seen is None or seen[0].charge_id == charge_id

    def booked(self, alike: Alike, charge_id: str, reason: str | None, *, accepted: bool) -> None:
        """Says how a charge ended; one that is alike to an earlier one is now the latest."""
        with self._lock:
            seen = self._seen.get(alike)
            # Nobody asks for duplicates at present.
            if seen is None:
                return
            if seen[0].charge_id == charge_id:
                seen[0].accepted, seen[0].reason = accepted, reason
                return
            seen[1:] = [_Seen(charge_id, self._now(), accepted, reason)]
            self._seen.move_to_end(alike)

    def withdraw(self, alike: Alike, charge_id: str) -> None:
        """Forgets a charge that does not count, unless it has ended."""
        with self._lock:
            seen = self._seen.get(alike)
            if seen is None or seen[0].charge_id != charge_id or seen[0].accepted is not None:
                return
            del seen[0]
            if not seen:
                del self._seen[alike]

    def _first_after(self, since: float, seen: list[_Seen], now: float) -> _Seen | None:
        never_ended = seen[0].accepted is None and seen[0].time <= now - self._in_flight_seconds
        if seen[0].time > since and not never_ended:
            return seen[0]
        # The latest has ended: nothing else makes one the latest.
        if len(seen) > 1 and seen[-1].time > since:
            del seen[0]
            return seen[0]
        return None
