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
            counts = self._counts
            count = counts.get(key, 0) + 1
            counts[key] = count
            if count > 1:
                counts.move_to_end(key)
            elif len(counts) > self._kept:
                counts.popitem(last=False)
        return count

    def give_back(self, key: K, number: int) -> None:
        """Counts the key once less, unless it came again after it came for the `number`th time."""
        with self._lock:
            if self._counts.get(key) != number:
                return
            if number > 1:
                self._counts[key] = number - 1
            else:
                del self._counts[key]

    def forget(self, key: K) -> None:
        """Begins anew with this key."""
        with self._lock:
            self._counts.pop(key, None)
