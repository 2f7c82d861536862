"""A worker of a queue that writes down when it was called, and does as it is told."""

import asyncio
from collections.abc import Awaitable, Callable

from billing_operator.controller.queue import Backoff, KeyedQueue, Next


class Watch:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.ends: list[tuple[float, bool]] = []

    def waited(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))

    def finished(self, seconds: float, *, failed: bool) -> None:
        self.ends.append((round(seconds, 3), failed))


class RecordingWorker:
    """A worker that writes down when it was called and does as it is told."""

    def __init__(self, *ends: Next | Exception, takes: float = 0.0) -> None:
        self._ends = list(ends)
        self._takes = takes
        self.began: list[tuple[str, float]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._start = asyncio.get_running_loop().time()

    async def __call__(self, key: str) -> Next:
        self.began.append((key, round(asyncio.get_running_loop().time() - self._start, 6)))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self._takes)
        finally:
            self._at_once -= 1
        end = self._ends.pop(0) if self._ends else None
        if isinstance(end, Exception):
            raise end
        return end

    @property
    def times(self) -> list[float]:
        return [at for _, at in self.began]


def a_queue(
    work: Callable[[str], Awaitable[Next]],
    *,
    at_once: int = 4,
    timeout: float = 60.0,
    min_interval: float = 0.0,
) -> KeyedQueue[str]:
    return KeyedQueue(work, at_once, timeout, Watch(), Backoff(first=1.0, most=8.0), min_interval)
