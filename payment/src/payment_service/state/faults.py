"""Remembers the faults that were set while running, until they expire."""

import threading
from collections.abc import Callable, Iterable

from payment_service.state.values import SetFault


class Faults:
    """The faults of this process; at most `kept` at the same time."""

    def __init__(self, kept: int, now: Callable[[], float]) -> None:
        self._kept = kept
        self._now = now
        self._set: dict[str, SetFault] = {}
        self._lock = threading.Lock()

    def set(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        """Sets or replaces a fault and returns it; None if there are too many others."""
        with self._lock:
            self._drop_expired()
            if name not in self._set and len(self._set) >= self._kept:
                return None
            deadline = None if seconds is None else self._now() + seconds
            self._set[name] = fault = SetFault(name, document, deadline)
            return fault

    def all(self) -> tuple[SetFault, ...]:
        """Returns the faults that are set now, by name."""
        with self._lock:
            self._drop_expired()
            return tuple(sorted(self._set.values(), key=lambda fault: fault.name))

    def drop(self, name: str) -> bool:
        """Drops a fault; false if there is none of that name."""
        with self._lock:
            self._drop_expired()
            return self._set.pop(name, None) is not None

    def _drop_expired(self) -> None:
        now = self._now()
        for name, fault in list(self._set.items()):
            if not fault.lives(now):
                del self._set[name]


class Deadlines:
    """Turns what a store says is left of its faults into moments of this process's clock.

    The store's clock may be set, this one may not: none of them lives longer here than was said
    when it was seen first.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def fault(self, name: str, document: str, left: float | None, setting: str) -> SetFault:
        """Returns a fault of which so many seconds are left, None being any number.

        A fault that is set again has another `setting`; an empty one is not known.
        """
        if left is None:
            return SetFault(name, document, None)
        deadline = self._now() + left
        if setting:
            with self._lock:
                deadline = min(deadline, self._known.get((name, setting), deadline))
                self._known[name, setting] = deadline
        return SetFault(name, document, deadline)

    def living(self, faults: Iterable[tuple[str, str, float | None, str]]) -> tuple[SetFault, ...]:
        """Returns those that are set now, by name, and forgets all others."""
        rows = tuple(faults)
        settings = {(name, setting) for name, _, _, setting in rows}
        with self._lock:
            self._known = {key: at for key, at in self._known.items() if key in settings}
        now = self._now()
        all_of_them = (self.fault(*row) for row in rows)
        return tuple(
            sorted(
                (fault for fault in all_of_them if fault.lives(now)), key=lambda fault: fault.name
            )
        )
