"""One port: a socket, waitress behind it, and threads of its own."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from payment_service.profile.values import LONGEST_DELAY
from payment_service.server.deferral import DeferredPool, DeferredTask, DeferringChannel
from payment_service.server.heads import Heads
from payment_service.server.idle import CURRENT_REQUEST, LONGEST_PAUSE, Watched
from payment_service.server.intake import Intake
from payment_service.server.listener import open_listener, turn_newcomers_away
from payment_service.server.overdue import Overdue
from payment_service.server.wire import Refusal, refusal_with_result

_SHORT_PAUSE = 0.01
HANDSHAKE_SECONDS = 0.1
"""In which a connection that has begun is complete, within a cluster."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one port takes on."""

    threads: int
    connections: int = 1000
    """How many may be open."""
    body: int = 65536
    """Largest body, in bytes."""
    head: int = 32768
    """Largest head, in bytes."""
    deferred: int = 500
    """How many replies may be deferred at a time (see `delivery`), each on an open connection."""
    deferred_seconds: float = LONGEST_DELAY
    """For how long a reply is deferred at most."""
    unfinished: int = 16 * 2**20
    """How many bytes may be held of requests that do not come whole."""
    head_seconds: float = 10.0
    """How long the head of a request may take from its first byte on, and how long a connection
    may be open before that byte unless it has had an answer; looked at every second."""
    request_seconds: float = 30.0
    """How long a whole request may take from its first byte on."""


def waitress_settings(limits: Limits) -> dict[str, Any]:
    """Returns waitress' own settings, which the benchmark's other servers use too."""
    return {
        "threads": limits.threads,
        "connection_limit": limits.connections,
        "max_request_body_size": limits.body,
        "max_request_header_size": limits.head,
        # Above the largest body, so that nothing is ever written to a disk (there may be none).
        "inbuf_overflow": 2 * limits.body,
        "asyncore_use_poll": True,  # of those servers' loops; a port has its own
        "clear_untrusted_proxy_headers": False,  # no such header is ever looked at
        "log_socket_errors": False,
        "ident": None,
    }


class Port:
    """Serves one WSGI application on one port, in one loop thread and its own task threads.

    Two ports of a process share nothing, so a port whose threads are all busy does not slow the
    other. All that touches connections happens in the loop thread; the methods here ask it to.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        address: tuple[str, int],
        limits: Limits,
        *,
        refusal: Refusal = refusal_with_result,
    ) -> None:
        """Binds and listens, but answers nothing before `start`. Port 0 takes a free one.

        `refusal` says what requests are told that are too broken for the application.
        """
        listener = open_listener(address)
        self.number: int = listener.getsockname()[1]
        self._watched = Watched()
        self._server = create_server(
            app, map=self._watched, sockets=[listener], **waitress_settings(limits)
        )
        self._server.channel_class = DeferringChannel
        self._pool = DeferredPool(limits.deferred, limits.deferred_seconds)
        self._server.pool = self._pool
        self._server.heads = Heads()
        self._server.intake = Intake(limits.unfinished)
        self._server.last_answers = False
        self._server.refusal = refusal
        self._server.pull_trigger = self._wake
        self._overdue = Overdue(limits.head_seconds, limits.request_seconds)
        self._look_seconds = min(LONGEST_PAUSE, limits.head_seconds / 4)
        self._woken = False
        self._idle_seconds: float | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._loop, name=f"port-{self.number}", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def alive(self) -> bool:
        """Tells whether the loop runs."""
        return self._thread.is_alive()

    def open_connections(self) -> int:
        """Returns how many connections are open, those with waiting requests among them."""
        return len(self._server.active_channels)

    def can_defer(self) -> bool:
        """Tells whether one more reply can be deferred; beyond that, they leave whole and at once.

        Who asks this first, in the thread of its request, and then asks for a delivery, gets it.
        """
        return self._pool.has_room()

    def deferred(self) -> int:
        """Returns how many replies are deferred."""
        return len(self._pool.replies)

    def end_connections(self, idle_seconds: float) -> None:
        """From now on ends each connection with its next answer, or after that long without one."""
        self._server.last_answers = True
        self._server.adj.channel_timeout = idle_seconds
        self._idle_seconds = idle_seconds
        self._server.pull_trigger()

    def stop_accepting(self) -> None:
        """Takes in the connections that have begun, then closes the door."""
        turn_newcomers_away(self._server.socket)
        time.sleep(HANDSHAKE_SECONDS)
        done = threading.Event()

        def close() -> None:
            before = -1
            while before != self.open_connections():
                before = self.open_connections()
                self._server.handle_accept()
            wasyncore.dispatcher.close(self._server)  # the server's own would end the loop too
            done.set()

        self._server.trigger.pull_trigger(close)
        done.wait(timeout=5)

    def cut_off_endless(self) -> None:
        """Ends the replies that are slow or never come, if there is nothing else left to answer."""
        self._server.trigger.pull_trigger(self._cut_off_endless)

    def release_deferred(self, within: float) -> int:
        """Has what is deferred leave now; cuts off what is slow or never comes.

        Returns how many of those replies are still there after so many seconds.
        """
        deadline = time.monotonic() + within
        wanted = set(self._pool.replies.all())
        while left := wanted.intersection(self._pool.replies.all()):
            if time.monotonic() >= deadline:
                return len(left)
            self._server.trigger.pull_trigger(partial(self._release, left))
            time.sleep(_SHORT_PAUSE)
        return 0

    def stop(self) -> None:
        """Ends the loop and the threads, cutting off what is still under way."""
        if self._stopped:
            return
        self._stopped = True
        self._server.pull_trigger()
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=0.2)
        # Only now, since all of the above still use the trigger that this closes.
        wasyncore.close_all(self._watched)
        self._watched.close()
        for task in self._pool.replies.all():
            if self._pool.replies.leave(task):
                task.tell(left=False)

    def _release(self, deferred: Iterable[DeferredTask]) -> None:
        for task in deferred:
            if task.delivery.endless:
                task.channel.cut_off()
            elif self._pool.replies.hurry(task):
                task.come_due()
        self._watched.look_at_all()

    def _cut_off_endless(self) -> None:
        deferred = self._pool.replies.all()
        only = len(deferred) == self.open_connections()
        if only and all(task.delivery.endless for task in deferred):
            for task in deferred:
                task.channel.cut_off()
            self._watched.look_at_all()

    def _wake(self) -> None:
        # Every answer asks for it, most of them only to have the next request waited for.
        connection = CURRENT_REQUEST.connection
        if connection is not None and connection.readable():
            self._watched.again(connection)
        # Once is enough until the loop has looked at the connections again, and it costs a system
        # call here and one there.
        elif not self._woken:
            self._woken = True
            self._server.trigger.pull_trigger()

    def _loop(self) -> None:
        deferred, next_look = self._pool.replies, 0.0
        while not self._stopped:
            pause = self._look_seconds if self._idle_seconds is None else 0.05
            self._watched.wait(deferred.pause(pause))
            if self._idle_seconds is not None:
                # waitress looks only as long as it accepts.
                self._server.maintenance(time.time())
                self._watched.look_at_all()
            if deferred:
                for task in deferred.due(time.monotonic()):
                    task.come_due()
            now = self._watched.waited_from
            if now >= next_look:
                next_look = now + self._look_seconds
                self._pool.drop_hung_up()
                full = len(self._watched) >= self._server.adj.connection_limit
                self._overdue.end(list(self._server.active_channels.values()), now, full=full)
            if self._woken:
                self._woken = False  # before it looks, so that it misses nobody who comes then
                self._watched.look_at_all()
