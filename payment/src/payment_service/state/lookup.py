"""Looks up the addresses of a name within seconds, since the system's resolver may take minutes."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

Resolve = Callable[..., list[Any]]

_FRESH = 1.0
"""For how many seconds an answer that came too late is of use."""


class _Task:
    """One question to the resolver."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.missed = False
        """Whether somebody gave up on it."""
        self.ended = 0.0
        self.addresses: list[str] = []
        self.error: Exception | None = None


class Lookup:
    """Asks the resolver, once at a time and no more: a thread that it holds up cannot be ended."""

    def __init__(self, name: str, port: int, resolve: Resolve = socket.getaddrinfo) -> None:
        self._name = name
        self._port = port
        self._resolve = resolve
        self._task: _Task | None = None
        self._lock = threading.Lock()

    def addresses(self, seconds: float) -> list[str]:
        """Returns the addresses of the name, at least one.

        Raises TimeoutError after so many seconds, OSError where the name has none, and ValueError
        where it is no name. What comes later than that is for the next one who asks.
        """
        if _is_address(self._name):
            return [self._name]
        task = self._present_task()
        if not task.done.wait(seconds):
            task.missed = True
            raise TimeoutError
        error = task.error
        if error is not None:
            # Another one for each: with what a traceback holds, a connection would never be freed.
            raise type(error)(*error.args)
        return task.addresses

    def _present_task(self) -> _Task:
        with self._lock:
            task = self._task
            if task is not None and not task.done.is_set():
                return task
            self._task = None
            if task is not None and task.missed and time.monotonic() - task.ended < _FRESH:
                return task
            task = _Task()
            thread = threading.Thread(
                target=self._ask, args=(task,), name="store-lookup", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # there may be no more threads
                raise OSError("no thread to look the name up") from None
            self._task = task
            return task

    def _ask(self, task: _Task) -> None:
        try:
            rows = self._resolve(self._name, self._port, type=socket.SOCK_STREAM)
            task.addresses = [row[4][0] for row in rows]
            if not rows:
                task.error = OSError("no address")
        except (OSError, ValueError) as error:
            task.error = error.with_traceback(None)
        finally:
            task.ended = time.monotonic()
            task.done.set()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
