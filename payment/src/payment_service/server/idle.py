"""Has the kernel watch the connections of a port, and tells it only what has changed.

waitress' own loop asks every connection each time what it waits for, and so has to be woken after
each answer to ask again. To wake it, and to hand the interpreter from thread to thread for that,
takes as long as the charge; and every connection whose reply is deferred is asked along with it.
"""

import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waitress import wasyncore

LONGEST_PAUSE = 1.0
"""After so many seconds all connections are looked at in any case."""

_TO_READ = select.EPOLLIN | select.EPOLLPRI
_BROKEN = select.EPOLLERR | select.EPOLLHUP
_UNLESS_GONE = suppress(OSError)


class CurrentRequest(threading.local):
    """Whose request this thread answers at present."""

    connection: Any = None


CURRENT_REQUEST = CurrentRequest()


class Watched(dict[int, Any]):
    """The connections by file descriptor, in the way waitress keeps them.

    Whatever happens on one ends its watch, until it is asked again what it waits for. That is so
    once it has dealt with what happened; when the thread that answered its request says `again`;
    and for all of them after `look_at_all`, when one came or went, and every `LONGEST_PAUSE`. Who
    is told of something that it does not wait for, as it may be in between, takes no notice.

    All but `again` is for the thread of the loop alone.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._epoll = select.epoll()
        self._now = now
        self._next_look = 0.0
        self.waited_from = 0.0
        """When the last wait began."""

    def __setitem__(self, number: int, connection: Any) -> None:
        super().__setitem__(number, connection)
        self._epoll.register(number, select.EPOLLONESHOT)
        self.look_at_all()

    def __delitem__(self, number: int) -> None:
        super().__delitem__(number)
        # While it is still open: what another descriptor keeps alive would be watched for ever.
        self._epoll.unregister(number)
        self.look_at_all()

    def look_at_all(self) -> None:
        """Has all be asked what they wait for before the next wait."""
        self._next_look = 0.0

    def wait(self, seconds: float) -> None:
        """Waits until something happens, for so long at most, and has it dealt with."""
        self.waited_from = now = self._now()
        if now >= self._next_look:
            self._next_look = now + LONGEST_PAUSE
            for number, connection in list(self.items()):
                self._watch(number, connection)
        for number, happened in self._epoll.poll(seconds):
            connection = self.get(number)
            wanted = 0 if connection is None else _wanted(connection)
            if wanted:
                wasyncore.readwrite(connection, happened & (wanted | _BROKEN))
                if self.get(number) is connection:
                    self._watch(number, connection)

    def again(self, connection: Any) -> None:
        """Watches for the next request of a connection that has nothing else to do."""
        # The loop may be closing it at this moment. Should its number be another one's by now, that
        # one is told of what it does not wait for.
        number = connection._fileno  # waitress has no other name for it
        if number is not None:
            with _UNLESS_GONE:
                self._epoll.modify(number, _TO_READ | select.EPOLLONESHOT)

    def close(self) -> None:
        """Ends all watches."""
        self._epoll.close()

    def _watch(self, number: int, connection: Any) -> None:
        wanted = _wanted(connection)
        if not wanted:
            return
        # A thread that finds its caller gone, when it tells him to go on, closes it itself.
        with _UNLESS_GONE:
            self._epoll.modify(number, wanted | select.EPOLLONESHOT)


def _wanted(connection: Any) -> int:
    wanted: int = _TO_READ if connection.readable() else 0
    # What accepts connections is never written to.
    if connection.writable() and not connection.accepting:
        wanted |= select.EPOLLOUT
    return wanted
