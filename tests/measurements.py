"""Measurements that tests take along the way, shown together when the run is over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Measurements:
    """What was measured in one run, in the order in which it was."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def note(self, what: str, value: float, unit: str) -> None:
        """Keeps one figure."""
        digits = 0 if value >= 100 else 1
        self._lines.append(f"{what}: {value:,.{digits}f} {unit}")

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Keeps how many seconds a block takes."""
        began = time.monotonic()
        yield
        self.note(what, time.monotonic() - began, "s")

    def take_over(self, lines: list[str]) -> None:
        """Keeps what another process has taken."""
        self._lines += lines

    def lines(self) -> list[str]:
        """All figures, each in words."""
        return list(self._lines)
