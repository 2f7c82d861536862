"""Runs one worker at a time for each key, again after a while, and later the more often it fails.

It knows nothing of billing: a key is any hashable value, a worker says in how many seconds it
wants to be called again, None for not before somebody asks, from when on it may be called at all,
or that it failed in a known way.
"""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from billing_operator.errors import ClusterError, Fault

log = logging.getLogger(__name__)

KeyT = TypeVar("KeyT", bound=Hashable)


class Failed(Enum):
    """What a worker returns when it failed and has said so itself: only the backoff is wanted."""

    BACK_OFF = "back off"


@dataclass(frozen=True, slots=True)
class NotBefore:
    """What a worker returns that was told to stay away: whoever asks meanwhile waits as well.

    Neither shorter than the backoff's first step nor longer than its last, whatever it says.
    """

    seconds: float


Next = float | NotBefore | Failed | None
Worker = Callable[[KeyT], Awaitable[Next]]


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after the n-th failure in a row, in seconds, before jitter."""

    first: float = 1.0
    most: float = 300.0

    def seconds(self, failures: int) -> float:
        """Doubles with each failure; a tenth more or less keeps keys from failing in step."""
        exact = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return exact * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, no secret


class Watcher(Protocol):
    """Is told what the queue does, for metrics."""

    def waited(self, seconds: float) -> None:
        """A key was taken up this long after it was due."""

    def finished(self, seconds: float, *, failed: bool) -> None:
        """A worker ended."""


@dataclass(slots=True)
class _Entry:
    due: float
    not_before: float = -math.inf
    timer: asyncio.TimerHandle | None = None
    running: bool = False
    asked: bool = False
    failures: int = 0


@dataclass
class KeyedQueue(Generic[KeyT]):
    """A queue in which a key stands at most once, however often it is put.

    Attributes:
        work: called with a key; what it raises is logged, counted and tried again.
        at_once: how many keys are worked on at the same time.
        timeout: seconds after which a call is cancelled and counts as failed.
        min_interval: least seconds between two calls for one key, so that a burst is one call.
    """

    work: Worker[KeyT]
    at_once: int
    timeout: float
    watcher: Watcher
    backoff: Backoff = field(default_factory=Backoff)
    min_interval: float = 0.0
    _entries: dict[KeyT, _Entry] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slots: asyncio.Semaphore = field(init=False)
    _open: bool = True

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.at_once)

    def put(self, key: KeyT) -> None:
        """Wants a key worked on now."""
        if not self._open:
            return
        now = asyncio.get_running_loop().time()
        entry = self._entries.setdefault(key, _Entry(due=math.inf))
        entry.asked = True
        if entry.running:
            return
        due = max(now, entry.not_before)
        if not entry.timer or due < entry.due:
            self._schedule(key, entry, due)

    def ensure(self, key: KeyT) -> None:
        """Wants a key worked on, unless it is waiting already, however long."""
        entry = self._entries.get(key)
        if entry is None or (entry.due == math.inf and not entry.running):
            self.put(key)

    def forget(self, key: KeyT) -> None:
        """Drops a key that has gone for good; a worker under way ends by itself."""
        entry = self._entries.get(key)
        if entry and not entry.running:
            if entry.timer:
                entry.timer.cancel()
            del self._entries[key]

    async def close(self) -> None:
        """Cancels what is under way and takes nothing more."""
        self._open = False
        for entry in self._entries.values():
            if entry.timer:
                entry.timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._entries.clear()

    def __len__(self) -> int:
        """Keys that somebody wants worked on, or that are."""
        return sum(entry.asked or entry.running for entry in self._entries.values())

    def _schedule(self, key: KeyT, entry: _Entry, due: float) -> None:
        if entry.timer:
            entry.timer.cancel()
        entry.due = due
        entry.timer = asyncio.get_running_loop().call_at(due, self._start, key, entry)

    def _start(self, key: KeyT, entry: _Entry) -> None:
        entry.timer, entry.running = None, True
        task = asyncio.get_running_loop().create_task(self._run(key, entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: KeyT, entry: _Entry) -> None:
        async with self._slots:
            began = asyncio.get_running_loop().time()
            self.watcher.waited(began - entry.due)
            entry.asked = False
            entry.not_before = began + self.min_interval
            delay, failed = await self._call(key, entry)
            self.watcher.finished(asyncio.get_running_loop().time() - began, failed=failed)
        self._schedule_next(key, entry, delay)

    async def _call(self, key: KeyT, entry: _Entry) -> tuple[float | None, bool]:
        try:
            async with asyncio.timeout(self.timeout):
                wanted = await self.work(key)
        except Exception:
            log.exception("failed", extra={"key": str(key), "failures": entry.failures + 1})
            wanted = Failed.BACK_OFF
        now = asyncio.get_running_loop().time()
        if isinstance(wanted, Failed):
            entry.failures += 1
            delay = self.backoff.seconds(entry.failures)
            # Whoever asks meanwhile is heard soon, but no failure runs in a circle.
            entry.not_before = now + min(delay, self.backoff.first)
            return delay, True
        entry.failures = 0
        if isinstance(wanted, NotBefore):
            seconds = min(max(wanted.seconds, self.backoff.first), self.backoff.most)
            entry.not_before = now + seconds
            return seconds, True
        return wanted, False

    def _schedule_next(self, key: KeyT, entry: _Entry, delay: float | None) -> None:
        entry.running = False
        if not self._open:
            return
        now = asyncio.get_running_loop().time()
        if entry.asked:
            self._schedule(key, entry, max(now, entry.not_before))
        elif delay is not None:
            self._schedule(key, entry, max(now + delay, entry.not_before))
        elif now < entry.not_before:
            # Whoever asks before then is to find out how long to wait.
            entry.due = math.inf
            loop = asyncio.get_running_loop()
            entry.timer = loop.call_at(entry.not_before, self._entries.pop, key)
        else:
            del self._entries[key]


def after(fault: Fault) -> Next:
    """When to try again what failed."""
    if fault.retry_seconds is None:
        return Failed.BACK_OFF
    # A server that says when to come back is not asked before, whatever happens meanwhile.
    by_the_server = isinstance(fault, ClusterError)
    return NotBefore(fault.retry_seconds) if by_the_server else fault.retry_seconds
