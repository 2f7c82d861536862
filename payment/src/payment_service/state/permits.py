"""Says how long the next call has to wait for a rate not to be exceeded."""

import threading
from collections.abc import Callable


class Permits:
    """A bucket that fills at a rate, up to a burst; both are given with each call, for they change.

    What is remembered is the one moment at which the bucket is full again.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._full_at = 0.0
        self._lock = threading.Lock()

    def wait_seconds(self, per_second: float, burst: int) -> float:
        """Takes a permit and returns 0.0, or returns the seconds until there is one."""
        with self._lock:
            now = self._now()
            # A bucket is never emptier than empty, also when a limit has changed. So it is kept
            # for who has to wait as well, or the old limit's moment would hold until it is over.
            self._full_at = min(max(self._full_at, now), now + burst / per_second)
            wait = self._full_at - now - (burst - 1) / per_second
            # What is left of a rounded difference is no time to wait.
            if wait > _ROUNDING:
                return min(wait, _LONGEST)
            self._full_at += 1 / per_second
            return 0.0


_ROUNDING = 1e-6
"""Even seconds since 1970 are known to a quarter of this."""
_LONGEST = 1e9
"""Seconds; a rate may be so small that the time to wait is beyond all numbers."""
