"""Remembers which idempotency keys are in use and what was answered under them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from payment_service.state.interface import Began
from payment_service.state.values import Kept, SavedAnswer


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    expires: float
    answer: SavedAnswer | None = None


class Answers:
    """The idempotency keys of this process; those begun longest ago are forgotten first."""

    def __init__(self, kept: Kept, now: Callable[[], float]) -> None:
        self._kept = kept
        self._now = now
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str, fingerprint: str) -> Began | SavedAnswer:
        """Takes a key; see `State.begin`."""
        with self._lock:
            now = self._now()
            entry = self._living(key, now)
            if entry is None:
                self._enter(key, _Entry(fingerprint, now + self._kept.in_flight_seconds))
                return Began.FRESH
        if entry.fingerprint != fingerprint:
            return Began.MISMATCH
        return entry.answer or Began.IN_FLIGHT

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        """Keeps an answer; see `State.save`."""
        with self._lock:
            now = self._now()
            entry = self._living(key, now)
            if entry is not None and entry.fingerprint != fingerprint:
                return answer
            if entry is not None and entry.answer is not None:
                return entry.answer
            self._enter(key, _Entry(fingerprint, now + ttl_seconds, answer))
            return answer

    def forget(self, key: str) -> None:
        """Gives a key back unless it has its answer."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.answer is None:
                del self._entries[key]

    def _living(self, key: str, now: float) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry is not None and entry.expires > now else None

    def _enter(self, key: str, entry: _Entry) -> None:
        self._entries.pop(key, None)
        self._entries[key] = entry
        oldest = next(iter(self._entries.values()))
        if len(self._entries) > self._kept.keys or oldest.expires <= self._now():
            self._entries.popitem(last=False)
