"""Waits for what must come to hold; never for time to pass."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    probe: Callable[[], T],
    wanted: Callable[[T], object] = bool,
    *,
    within: float,
    every: float = 0.1,
) -> T:
    """Asks until the answer is as wanted, and returns it.

    Args:
        within: seconds after which it fails, with the last answer in its message.
        every: seconds between two questions.
    """
    end = time.monotonic() + within
    while True:
        answer = probe()
        if wanted(answer):
            return answer
        if time.monotonic() >= end:
            raise AssertionError(f"not within {within:g} s; the last answer was: {answer!r}")
        time.sleep(every)
