"""Remembers which idempotency keys are in use and what was answered under them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from payment_service.state.interface import Began
from payment_service.state.values import Kept, SavedAnswer

_DIGEST_BYTES = 16
_LONGEST_KEPT = 64
"""In characters."""


@dataclass(slots=True)
class _Entry:
    fingerprint: str | bytes
    charge_id: str
    expires: float
    answer: SavedAnswer | None = None


class Answers:
    """The idempotency keys of this process; those begun longest ago are forgotten first.

    Of long keys and fingerprints a digest is kept, for they are only compared.
    """

    def __init__(self, kept: Kept, now: Callable[[], float]) -> None:
        self._kept = kept
        self._now = now
        self._entries: OrderedDict[str | bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str, fingerprint: str, charge_id: str) -> Began | SavedAnswer:
        """Takes a key; see `State.begin`."""
        name, charge = _short(key), _short(fingerprint)
        with self._lock:
            now = self._now()
            entry = self._living(name, now)
            if entry is None:
                expires = now + self._kept.in_flight_seconds
                self._enter(name, _Entry(charge, charge_id, expires), now)
                return Began.FRESH
        if entry.fingerprint != charge:
            return Began.MISMATCH
        return entry.answer or Began.IN_FLIGHT

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        """Keeps an answer; see `State.save`."""
        name, charge = _short(key), _short(fingerprint)
        with self._lock:
            now = self._now()
            entry = self._living(name, now)
            if entry is None:
                self._enter(name, _Entry(charge, "", now + ttl_seconds, answer), now)
                return answer
            if entry.fingerprint != charge:
                return answer
            if entry.answer is not None:
                return entry.answer
            entry.charge_id, entry.expires, entry.answer = "", now + ttl_seconds, answer
            self._entries.move_to_end(name)
            return answer

    def holds(self, key: str, charge_id: str) -> bool:
        """Tells whether a key is without an answer and still that of this charge."""
        entry = self._entries.get(_short(key))
        return entry is not None and entry.answer is None and entry.charge_id == charge_id

    def forget(self, key: str, charge_id: str) -> None:
        """Gives a key back that is this charge's, unless it has its answer."""
        name = _short(key)
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None and entry.answer is None and entry.charge_id == charge_id:
                del self._entries[name]

    def _living(self, name: str | bytes, now: float) -> _Entry | None:
        entry = self._entries.get(name)
        return entry if entry is not None and entry.expires > now else None

    def _enter(self, name: str | bytes, entry: _Entry, now: float) -> None:
        entries = self._entries
        entries.pop(name, None)
        entries[name] = entry
        oldest = next(iter(entries.values()))
        if len(entries) > self._kept.keys or oldest.expires <= now:
            entries.popitem(last=False)


def _short(text: str) -> str | bytes:
    """Returns a text as it is, or a digest that takes less room; never equal for two texts."""
    if len(text) <= _LONGEST_KEPT and text.isascii():
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
