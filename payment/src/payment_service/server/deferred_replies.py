"""Which replies of a port are still to leave, and when each of them is due."""

import math
import threading
import time
from bisect import bisect_left, insort
from itertools import count
from typing import Generic, TypeVar

Reply = TypeVar("Reply")

_Entry = tuple[float, int]


class DeferredReplies(Generic[Reply]):
    """A timetable that any thread may write into; times are those of `time.monotonic`.

    It holds at most a few hundred replies. So it is a sorted list, from which a reply whose caller
    hung up can be taken out at once, with all that hangs on it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._replies: dict[Reply, _Entry | None] = {}
        self._table: list[_Entry] = []
        self._waiting: dict[_Entry, Reply] = {}

    def __len__(self) -> int:
        return len(self._replies)

    def enter(self, reply: Reply) -> None:
        """Counts a reply from now on, until it leaves."""
        with self._lock:
            self._replies[reply] = None

    def wait(self, reply: Reply, due: float) -> None:
        """Has a reply wait for its time, unless it has left."""
        with self._lock:
            if reply in self._replies:
                entry = due, next(self._numbers)
                self._replies[reply] = entry
                self._waiting[entry] = reply
                insort(self._table, entry)

    def hurry(self, reply: Reply) -> bool:
        """Has a reply wait no longer; false if it does not wait."""
        with self._lock:
            entry = self._replies.get(reply)
            if entry is None or entry not in self._waiting:
                return False
            del self._waiting[entry]
            del self._table[bisect_left(self._table, entry)]
            return True

    def leave(self, reply: Reply) -> bool:
        """Takes a reply out; false if it has left before."""
        with self._lock:
            if reply not in self._replies:
                return False
            entry = self._replies.pop(reply)
            if entry in self._waiting:
                del self._waiting[entry]
                del self._table[bisect_left(self._table, entry)]
            return True

    def due(self, now: float) -> list[Reply]:
        """Returns those whose time has come, which wait no longer."""
        if not self._table:
            return []
        with self._lock:
            past = bisect_left(self._table, (now, 0))
            due = [self._waiting.pop(entry) for entry in self._table[:past]]
            del self._table[:past]
            return due

    def pause(self, most: float) -> float:
        """Returns the seconds until the next one is due, or `most` if that is less.

        It is rounded up to milliseconds, in which `poll` counts: it would ask again at once, and
        again, for what is left of the last one.
        """
        if not self._table:
            return most
        with self._lock:
            due = self._table[0][0] if self._table else math.inf
        return max(0.0, min(most, due - time.monotonic() + 0.001))

    def all(self) -> list[Reply]:
        """Returns all that have not left, those that are being written among them."""
        with self._lock:
            return list(self._replies)

    def waiting(self) -> list[Reply]:
        """Returns those that wait for their time."""
        with self._lock:
            return list(self._waiting.values())
