"""Counts by key, for a bounded number of keys."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")


class Counts(Generic[K]):
    """How often each key came; of more than `kept` keys, the one that came longest ago is lost."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._counts: OrderedDict[K, int] = OrderedDict()
        self._lock = threading.Lock()

    def next(self, key: K) -> int:
        """Counts the key once more and returns how often it came, from 1."""
        with self._lock:
            count = self._counts.pop(key, 0) + 1
            self._counts[key] = count
            if len(self._counts) > self._kept:
                self._counts.popitem(last=False)
        return count

    def forget(self, key: K) -> None:
        """Begins anew with this key."""
        with self._lock:
            self._counts.pop(key, None)
