"""A thread that does one thing again and again, and can say whether it still does."""

import logging
import threading
import time
from collections.abc import Callable

INTERVAL = 0.25
"""Seconds between two times."""
STOP_SECONDS = 1.0
"""How long the end waits for a thread; one that hangs is left behind."""

_log = logging.getLogger(__name__)


class Repeated:
    """Does `do` every `interval` seconds until it is stopped.

    What it raises is logged and ends nothing. Whether the thread is alive is judged by the last
    time that `do` came to its end: a thread that hangs in the kernel runs as well as any other.
    """

    def __init__(
        self,
        name: str,
        do: Callable[[], object],
        *,
        late_seconds: float,
        interval: float = INTERVAL,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`late_seconds` is how long ago the last end may be; `now` gives seconds from anywhere."""
        self._do = do
        self._late_seconds = late_seconds
        self._interval = interval
        self._now = now
        self._done = now()
        self._failure: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins, an interval from now."""
        self._done = self._now()
        self._thread.start()

    def alive(self) -> bool:
        """Tells whether it was done lately."""
        return self._thread.is_alive() and self._now() - self._done <= self._late_seconds

    def stop(self) -> None:
        """Ends it, or leaves it behind if it hangs."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self._do()
            except Exception as error:  # noqa: BLE001 - it is told, and the next time may go well
                self._tell(error)
            else:
                self._done, self._failure = self._now(), None

    def _tell(self, error: Exception) -> None:
        # Once: what fails four times a second would fill the log.
        failure = repr(error)
        if failure != self._failure:
            self._failure = failure
            _log.error("%s failed", self._thread.name, exc_info=error)
