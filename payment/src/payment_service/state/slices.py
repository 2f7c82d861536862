"""Goes through many rows in short slices, so that a reader takes no time of the charges'."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

R = TypeVar("R")

ROWS = 200
"""How many are gone through in one slice: some tenths of a millisecond."""
_PAUSE_SECONDS = 0.001


def in_slices(rows: Iterable[R], size: int = ROWS) -> Iterator[R]:
    """Gives the rows, with a pause after each slice.

    Python hands its one interpreter on only every 5 ms, and a charge waits for it several times.
    """
    for number, row in enumerate(rows, start=1):
        yield row
        if number % size == 0:
            pause()


def pause() -> None:
    """Lets the threads of the charges go on."""
    time.sleep(_PAUSE_SECONDS)
