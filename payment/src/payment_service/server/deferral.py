"""Deferred replies, which leave late or broken, without a thread that waits.

The thread in which the application answers leaves waitress' service of the request halfway (see
`ReplyDeferred`). The request stays the first of its connection, which so counts as busy. When the
reply is due, the loop has the same request serviced once more, by a task that only writes. So what
comes after an answer (the next request, the end of the connection) stays waitress' own, and so do
its rules about threads: tasks write, the loop closes.
"""

import logging
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import replace

from payment_service.server.channel import Channel
from payment_service.server.deferred_replies import DeferredReplies
from payment_service.server.delivery import GARBAGE, Delivery, Shape, portions
from payment_service.server.wire import ChargeTask, ReplyDeferred

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)

_log = logging.getLogger(__name__)


class DeferredPool:
    """What the connections of a port share to defer replies."""

    def __init__(self, most: int, longest_seconds: float) -> None:
        self.replies: DeferredReplies[DeferredTask] = DeferredReplies()
        self.most = most
        self.longest_seconds = longest_seconds

    def has_room(self) -> bool:
        """Tells whether one more reply can be deferred."""
        return len(self.replies) < self.most

    def drop_hung_up(self) -> None:
        """Closes the connections that wait for a reply and whose callers are gone; for the loop.

        waitress reads nothing from a connection that is busy, which bounds what a caller can send
        behind a request, but leaves it unseen that the caller has hung up. The kernel tells that
        without reading.
        """
        poller = select.poll()
        channels = [deferred.channel for deferred in self.replies.waiting()]
        waiting = {channel.socket.fileno(): channel for channel in channels if channel.connected}
        for number in waiting:
            poller.register(number, select.POLLRDHUP)
        for number, _ in poller.poll(0):
            waiting[number].handle_close()


class DeferredTask(ChargeTask):
    """Writes a reply that was deferred, in the shape that was asked for."""

    def __init__(self, first: ChargeTask, delivery: Delivery) -> None:
        super().__init__(first.channel, first.request)
        self.environ: dict[str, object] = {}  # asks for no delivery: this is it
        self.complete = True
        self.status = first.status
        self.response_headers = first.response_headers
        self.content_length = first.content_length
        self.body = first.body if self.has_body else b""
        self.delivery = delivery
        self._pool: DeferredPool = first.channel.server.pool
        self._portions: list[bytes] = []
        self._next_after = 0.0
        longest = self._pool.longest_seconds
        after = longest if delivery.shape is Shape.NEVER else min(delivery.after_seconds, longest)
        self.due = time.monotonic() + after

    def come_due(self) -> None:
        """Has a thread write it; only for the loop."""
        self.channel.write_deferred(self)

    def service(self) -> None:
        del self.channel.task_class  # before the next request gets its own task
        super().service()

    def execute(self) -> None:
        match self.delivery.shape:
            case Shape.WHOLE:
                self._leave()
                if self.body:
                    self.write(self.body)
            case Shape.SLOW:
                self._write_portion()
            case Shape.TRUNCATED:
                head = self.build_response_header()
                self._write_last(head + self.body[: len(self.body) // 2])
            case Shape.GARBAGE:
                self._write_last(GARBAGE)
            case Shape.RESET:
                self.channel.resets = True
                self._write_last(b"")
            case Shape.EMPTY | Shape.NEVER:
                self._write_last(b"")

    def _write_last(self, data: bytes) -> None:
        """Writes this instead of the answer and ends the connection."""
        self._leave()
        self.wrote_header = True
        self.close_on_finish = True
        self.channel.lingers = True
        self.channel.write_soon(data)

    def _write_portion(self) -> None:
        if not self.wrote_header:
            over = min(self.delivery.over_seconds, self._pool.longest_seconds)
            self._portions = portions(self.body, over)
            self._next_after = over / max(1, len(self._portions))
            portion = self.build_response_header()
            self.wrote_header = True
        else:
            portion = self._portions.pop(0)
        if not self._portions:
            self._leave()
        self.channel.write_soon(portion)
        if self._portions:
            self.due += self._next_after
            raise ReplyDeferred(self)

    def _leave(self) -> None:
        self.channel.deferred_task = None
        if self._pool.replies.leave(self):
            self.tell(left=True)

    def lose(self) -> None:
        """Gives it up, its connection being gone."""
        if self._pool.replies.leave(self) and self.delivery.done is not None:
            self.channel.server.add_task(_Notice(self))

    def tell(self, *, left: bool) -> None:
        """Tells what became of it to who asked for that."""
        done = self.delivery.done
        if done is not None:
            _tell(done, left=left)


def _tell(done: Callable[[bool], None], *, left: bool) -> None:
    try:
        done(left)
    except Exception:  # noqa: BLE001 - logged; the reply is not lost for it
        _log.exception("failed to note the end of a reply")


class _Notice:
    """Tells of a lost reply in a thread of its own: the loop, which notices, must not wait."""

    def __init__(self, deferred: DeferredTask) -> None:
        self._deferred = deferred

    def service(self) -> None:
        self._deferred.tell(left=False)


class DeferringChannel(Channel):
    """A connection whose reply can be deferred."""

    deferred_task: DeferredTask | None = None
    resets = False
    """Set with the end of a connection that shall be a reset."""

    def service(self) -> None:
        try:
            super().service()
        except ReplyDeferred as back:
            self._defer(back.task)

    def _defer(self, task: ChargeTask) -> None:
        pool: DeferredPool = self.server.pool
        if isinstance(task, DeferredTask):
            self._wait(task)
            return
        delivery = task.delivery
        # Who asked before may come at the same moment as others who did, at most one a thread.
        if delivery.waits and len(pool.replies) >= pool.most + self.server.adj.threads:
            delivery = replace(delivery, after_seconds=0.0, shape=Shape.WHOLE)
        self.deferred_task = deferred = DeferredTask(task, delivery)
        pool.replies.enter(deferred)
        if delivery.waits:
            self._wait(deferred)
        else:
            self.task_class = lambda *_: deferred
            super().service()
            deferred.lose()  # if the connection had gone before, which nobody else has noticed

    def _wait(self, deferred: DeferredTask) -> None:
        self.server.pool.replies.wait(deferred, deferred.due)  # from here on the loop may have it
        self.server.pull_trigger()
        if not self.connected:
            deferred.lose()

    def write_deferred(self, deferred: DeferredTask) -> None:
        """Has a thread write what was deferred; only for the loop."""
        self.task_class = lambda *_: deferred
        self.server.add_task(self)

    def cut_off(self) -> None:
        """Ends the connection without the rest of its reply; only for the loop."""
        self.lingers = True
        self.close_when_flushed = True

    def handle_close(self) -> None:
        if self.resets and self.socket is not None:
            self.resets = self.lingers = False
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        super().handle_close()
        deferred = self.deferred_task
        if deferred is not None:
            deferred.lose()
