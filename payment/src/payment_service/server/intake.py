"""Bounds how much is held of requests that have not come whole, and how much is read ahead."""

import threading
from collections.abc import Callable
from typing import Any


class Intake:
    """Bytes by connection. Most requests come whole and are never counted.

    One that did not counts until it is answered.
    """

    def __init__(self, most: int) -> None:
        """`most` is in bytes, for all connections of a port together."""
        self._most = most
        self._held: dict[object, int] = {}
        self._total = 0
        self._lock = threading.Lock()

    def hold(self, connection: object, size: int) -> bool:
        """Counts so many bytes of a connection now; false if that is too much for the port."""
        with self._lock:
            self._total += size - self._held.pop(connection, 0)
            if size:
                self._held[connection] = size
            return self._total <= self._most

    def holders(self) -> dict[Any, int]:
        """Returns the connections that hold something, and how many bytes each."""
        with self._lock:
            return self._held.copy()

    def release(self, connection: object) -> None:
        """Counts nothing of a connection any more."""
        if connection in self._held:
            with self._lock:
                self._total -= self._held.pop(connection, 0)


class Behind:
    """Takes the place of waitress' parser for what comes behind a request: keeps it unread.

    Of each request that is read, thousands of bytes are kept, and hundreds of them fit into what
    is received at once.
    """

    completed = True
    empty = True
    expect_continue = False
    headers_finished = True

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep

    def received(self, data: bytes) -> int:
        self._keep(data)
        return len(data)
