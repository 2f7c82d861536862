"""A file descriptor that takes bytes at once or not at all, so that nobody waits for its reader."""

import os
import select
import socket
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial


class Output:
    """Writes to a descriptor that others may have as well, such as standard output.

    That a write must not wait is no matter of the descriptor but of what stands behind it, which a
    shell's other programs share: they would fail. So a pipe or a terminal is opened once more,
    for this process alone; only where that is forbidden, what is shared is changed, until `close`.
    Regular files are written as ever: a disk has no reader.
    """

    put: Callable[[bytes], int]
    """Returns how many bytes were taken; raises BlockingIOError if none can be now, or OSError."""
    whole: bool
    """Whether up to PIPE_BUF bytes are taken in one piece or not at all, whoever else writes."""

    def __init__(self, fd: int) -> None:
        mode = os.fstat(fd).st_mode
        pipe = stat.S_ISFIFO(mode)
        self.whole = pipe or not (stat.S_ISSOCK(mode) or os.isatty(fd))
        self._fd = fd
        self._own: int | None = None
        self._socket: socket.socket | None = None
        self._changed = False
        if stat.S_ISSOCK(mode):
            self._socket = socket.socket(fileno=os.dup(fd))
            self.put = partial(_send, self._socket)
            return
        if pipe or not self.whole:
            self._own = _opened_again(fd)
        if pipe and self._own is None and os.get_blocking(fd):
            os.set_blocking(fd, False)
            self._changed = True
        self._fd = fd if self._own is None else self._own
        self.put = partial(os.write, self._fd)

    def wait(self, seconds: float) -> None:
        """Waits until it may take something, or `put` would say why not; or for so long."""
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        poll.poll(seconds * 1000)

    def close(self) -> None:
        """Leaves the descriptor as it was; nothing may be put any more."""
        if self._socket is not None:
            self._socket.close()
        if self._own is not None:
            os.close(self._own)
        if self._changed:
            os.set_blocking(self._fd, True)


def put_once(fd: int, data: bytes) -> None:
    """Writes what is taken at once, if anything is."""
    with suppress(OSError), closing(Output(fd)) as output:
        output.put(data)


def _send(target: socket.socket, data: bytes) -> int:
    return target.send(data, socket.MSG_DONTWAIT)


def _opened_again(fd: int) -> int | None:
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        return os.open(f"/proc/self/fd/{fd}", flags)
    except OSError:
        return None
