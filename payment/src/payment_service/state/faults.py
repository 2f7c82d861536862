"""Remembers the faults that were set while running, until they expire."""

import threading
from collections.abc import Callable

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
            expires = None if seconds is None else self._now() + seconds
            self._set[name] = fault = SetFault(name, document, expires)
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
