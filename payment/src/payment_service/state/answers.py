"""Remembers which idempotency keys are in use and what was answered under them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from payment_service.state.interface import Began
from payment_service.state.values import Kept, SavedAnswer


@dataclass(slots=True)
class _Held:
    fingerprint: str
    expires: float
    answer: SavedAnswer | None = None


class Answers:
    """The idempotency keys of this process; those begun longest ago are forgotten first."""

    def __init__(self, kept: Kept, now: Callable[[], float]) -> None:
        self._kept = kept
        self._now = now
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str, fingerprint: str) -> Began | SavedAnswer:
        """Takes a key; see `State.begin`."""
        with self._lock:
            now = self._now()
            held = self._living(key, now)
            if held is None:
                self._hold(key, _Held(fingerprint, now + self._kept.in_flight_seconds))
                return Began.FRESH
        if held.fingerprint != fingerprint:
            return Began.MISMATCH
        return held.answer or Began.IN_FLIGHT

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        """Keeps an answer; see `State.save`."""
        with self._lock:
            now = self._now()
            held = self._living(key, now)
            if held is not None and held.fingerprint != fingerprint:
                return answer
            if held is not None and held.answer is not None:
                return held.answer
            self._hold(key, _Held(fingerprint, now + ttl_seconds, answer))
            return answer

    def forget(self, key: str) -> None:
        """Gives a key back unless it has its answer."""
        with self._lock:
            held = self._held.get(key)
            if held is not None and held.answer is None:
                del self._held[key]

    def _living(self, key: str, now: float) -> _Held | None:
        held = self._held.get(key)
        return held if held is not None and held.expires > now else None

    def _hold(self, key: str, held: _Held) -> None:
        self._held.pop(key, None)
        self._held[key] = held
        oldest = next(iter(self._held.values()))
        if len(self._held) > self._kept.keys or oldest.expires <= self._now():
            self._held.popitem(last=False)
