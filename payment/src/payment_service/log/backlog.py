"""The lines that wait for the log's reader, in a bounded space, and what is known of lost ones."""

import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple, Protocol, Self


class Losses(Protocol):
    """What is known of lines that were lost, and that no line has told of yet."""

    lines: int

    def add(self, about: object, at: float) -> None:
        """Counts one more; `about` is what its writer said of it, `at` seconds since 1970."""

    def take_back(self, others: Self) -> None:
        """Counts those that a line was to tell of which is lost itself."""

    def fields(self) -> dict[str, object]:
        """Returns what a line tells of them."""


class _Waiting(NamedTuple):
    data: bytes
    about: object
    begun: bool = False
    """Whether something of it was written before."""
    losses: Losses | None = None
    """Those that the line tells of, if it does."""


class Progress(Enum):
    """How far the writing came."""

    DONE = auto()
    STUCK = auto()
    """Something waits until its reader takes more."""
    FAILED = auto()
    """What waited can't be written, and is lost."""


class Backlog:
    """Lines in the order in which they are to be written. Its caller holds a lock.

    Once a line is lost for want of space, all later ones are, until half of the space is free: then
    a line tells of them, in their place. So it is no more than a few lines that tell of losses,
    even where a reader is slow for hours.
    """

    def __init__(
        self,
        put: Callable[[bytes], int],
        losses: Callable[[], Losses],
        tell: Callable[[Losses], str],
        most_bytes: int,
    ) -> None:
        """`put` is that of an `Output`; `losses` makes empty ones, `tell` a line about some."""
        self._put = put
        self._most_bytes = most_bytes
        self._new_losses = losses
        self._tell = tell
        self._lines: deque[_Waiting] = deque()
        self._written = 0
        """How many bytes of the first line are written already."""
        self._full = False
        self._torn = False
        """Whether a line was written in part, and its rest is lost."""
        self._moved = 0.0
        self.bytes = 0
        """How many bytes wait."""
        self.lost = 0
        """How many lines were lost so far."""
        self.untold: Losses = losses()
        self.failing = False
        """Whether the last line could not be written, and not for want of a reader's time."""

    def stuck_seconds(self) -> float:
        """Returns for how long something has waited of which no byte was taken."""
        return time.monotonic() - self._moved if self.bytes else 0.0

    def keep(self, data: bytes, about: object, *, begun: bool = False) -> None:
        """Puts a line, or the rest of one that is begun, behind those that wait, or loses it."""
        if self._full or self.bytes + len(data) > self._most_bytes:
            self._full = True
            self._torn = self._torn or begun
            self.lose(about)
            return
        if not self._lines:
            self._moved = time.monotonic()
            if self._torn:
                data, self._torn = b"\n" + data, False
        self._append(_Waiting(data, about, begun))

    def lose(self, about: object) -> None:
        """Counts a line that was not written."""
        self.lost += 1
        self.untold.add(about, time.time())

    def advance(self) -> Progress:
        """Writes what waits as far as it is taken."""
        if not self.failing:
            self._tell_of_losses()
        while self._lines:
            first = self._lines[0]
            try:
                taken = self._put(first.data[self._written :])
            except BlockingIOError:
                return Progress.STUCK
            except OSError:
                self.failing = True
                self.give_up()
                return Progress.FAILED
            self.failing = False
            self._moved = time.monotonic()
            self._written += taken
            if self._written == len(first.data):
                self._lines.popleft()
                self.bytes -= self._written
                self._written = 0
                self._tell_of_losses()
        return Progress.DONE

    def give_up(self) -> None:
        """Loses all that waits."""
        self._torn = self._torn or self._written > 0
        for line in self._lines:
            self._torn = self._torn or line.begun
            if line.losses is None:
                self.lose(line.about)
            else:
                self.untold.take_back(line.losses)
        self._lines.clear()
        self.bytes = self._written = 0
        self._full = False

    def _tell_of_losses(self) -> None:
        if self.untold.lines and self.bytes <= self._most_bytes // 2:
            losses, self.untold = self.untold, self._new_losses()
            self._full = False
            self._append(_Waiting(self._tell(losses).encode(), None, losses=losses))

    def _append(self, line: _Waiting) -> None:
        self._lines.append(line)
        self.bytes += len(line.data)
