"""Lets calls through, and holds them back while something changes that none may see half done."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PAUSE_SECONDS = 0.001


class GateClosedError(Exception):
    """The gate could not be closed in time; says what stood in the way."""


class Gate:
    """Any number of threads pass it at the same time, or one has it closed and nobody is inside.

    To pass takes no lock, since every charge does it.
    """

    def __init__(self) -> None:
        self._inside: list[None] = []
        self._closed = False
        self._opened = threading.Condition()

    def enter(self) -> None:
        """Goes in, at once or when it opens again: whoever has it closed is bounded in time."""
        # First shown, then looked; who closes does the same, so one of the two sees the other.
        self._inside.append(None)
        while self._closed:
            self._inside.pop()
            with self._opened:
                self._opened.wait_for(lambda: not self._closed)
            self._inside.append(None)

    def leave(self) -> None:
        """Goes out."""
        self._inside.pop()

    @contextmanager
    def closed(self, within: float) -> Iterator[None]:
        """Waits until nobody is inside, and lets nobody in meanwhile; raises GateClosedError."""
        with self._opened:
            if self._closed:
                raise GateClosedError("another reset is under way")
            self._closed = True
        try:
            deadline = time.monotonic() + within
            while self._inside:
                if time.monotonic() >= deadline:
                    raise GateClosedError("a charge call is not decided; nothing was reset")
                time.sleep(_PAUSE_SECONDS)
            yield
        finally:
            with self._opened:
                self._closed = False
                self._opened.notify_all()
