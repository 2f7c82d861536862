"""Log lines: JSON, whole, on standard output at once, or as soon as its reader takes them."""

import json
import select
import threading
import time
from collections.abc import Callable, Mapping

from payment_service.log.backlog import Backlog, Losses, Progress
from payment_service.log.output import Output
from payment_service.text.timestamps import timestamp

_SHORT = select.PIPE_BUF
"""How many bytes a pipe takes in one piece."""
_MOST_PAUSES = 1000
MOST_BYTES = 1048576
"""How many bytes of lines wait for the reader at most; beyond them, lines are lost."""
STUCK_SECONDS = 1.0
"""After which a log whose reader takes nothing is called stuck."""
LOST = "log_lines_lost"
"""The event of a line that tells of lost ones."""


class Lines:
    """Writes lines to a file descriptor, each with one system call and nothing held back.

    So a line is seen at once, and a process that is killed has lost none. Nobody waits for the
    reader, though: while it takes nothing, lines wait in a `Backlog`, which a thread of its own
    writes. A line that cannot be written or kept is counted in `lost`; a later line tells what
    is known of it, and no charge fails for it.

    Lines of up to PIPE_BUF bytes, and hardly any is longer, need no lock to stay whole: the kernel
    takes such a line in one piece. With a lock, every thread would wait for one that has written
    its line but waits for the interpreter, which costs a third of all charges on several CPUs.
    """

    def __init__(
        self, losses: Callable[[], Losses], fd: int = 1, *, most_bytes: int = MOST_BYTES
    ) -> None:
        """`losses` makes empty ones, which are handed what `write` is told of a line."""
        self._output = Output(fd)
        self._put = self._output.put
        self._changed = threading.Condition()
        """Guards all but the writing of short lines, and is told whenever the backlog has moved."""
        self._backlog = Backlog(self._put, losses, _line_of, most_bytes)
        self._direct = self._output.whole
        """Whether lines may be written without the lock: none waits, and of none is to be told."""
        self._short_lines: list[bytes] = []
        """Those being written without it at the moment."""
        self._stuck = False
        """Whether it is the thread's turn to write."""
        self._moving = False
        """Whether whoever has the lock is in the middle of something."""
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def lost(self) -> int:
        """How many lines were lost so far."""
        return self._backlog.lost

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait for the reader."""
        return self._backlog.bytes

    def stuck_seconds(self) -> float:
        """Returns for how long lines have waited of which the reader has taken nothing."""
        return self._backlog.stuck_seconds()

    def condition(self) -> str:
        """Returns `written`, `stuck` (the reader takes nothing), or `failing` (nobody can)."""
        if self._backlog.failing:
            return "failing"
        return "stuck" if self.stuck_seconds() >= STUCK_SECONDS else "written"

    def write(self, line: str, about: object = None) -> None:
        """Writes a line that ends with its line feed; `about` is for the losses."""
        data = line.encode("utf-8")
        size = len(data)
        written = self._write_directly(data) if size <= _SHORT else 0
        if written != size:
            self._write_behind(data[written:], about, begun=written > 0)

    def event(self, event: str, **fields: object) -> None:
        """Writes a line that tells what the service itself did."""
        self.write(_event(event, fields))

    def close(self, seconds: float) -> str | None:
        """Ends the writing, and waits that long for a reader that is late.

        Returns the line that should have told of lost ones and could not be written, if any.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            self._leave_direct()
            while self._stuck and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            self._closed = True
            self._backlog.give_up()
            self._changed.notify_all()
            self._output.close()
            untold = self._backlog.untold
            return _line_of(untold) if untold.lines else None

    def _write_directly(self, data: bytes) -> int:
        """Returns how much was written."""
        # First shown, then looked; who is to write with the lock does the same, so one of the two
        # sees the other.
        self._short_lines.append(data)
        try:
            return self._put(data) if self._direct else 0
        except OSError:
            # Whoever has the lock tries it again, and sees what is wrong.
            return 0
        finally:
            self._short_lines.pop()

    def _write_behind(self, data: bytes, about: object, *, begun: bool) -> None:
        with self._changed:
            # In the middle of it, a finalizer may want to write: in the same thread, at any place.
            if self._closed or self._moving:
                self._backlog.lose(about)
                return
            self._leave_direct()
            self._moving = True
            try:
                self._backlog.keep(data, about, begun=begun)
                if not self._stuck:
                    self._advance()
            finally:
                self._moving = False

    def _leave_direct(self) -> None:
        if self._direct:
            self._direct = False
            # Bounded, for one of them may be this thread's own, which a finalizer interrupts.
            for _ in range(_MOST_PAUSES):
                if not self._short_lines:
                    break
                time.sleep(0.001)

    def _advance(self) -> None:
        progress = self._backlog.advance()
        self._stuck = progress is Progress.STUCK
        if progress is Progress.DONE:
            self._direct = self._output.whole
        if self._stuck and self._thread is None:
            self._begin_draining()
        self._changed.notify_all()

    def _begin_draining(self) -> None:
        thread = threading.Thread(target=self._drain, name="log", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # There may be no more threads. Then whoever writes the next line tries it.
            self._stuck = False
        else:
            self._thread = thread

    def _drain(self) -> None:
        """Writes what waits as soon as it is taken."""
        while self._waits_until_stuck():
            self._output.wait(1.0)
            with self._changed:
                if not self._closed:
                    self._moving = True
                    try:
                        self._advance()
                    finally:
                        self._moving = False

    def _waits_until_stuck(self) -> bool:
        """Returns once something waits for the reader; false if it never will again."""
        with self._changed:
            self._changed.wait_for(lambda: self._stuck or self._closed)
            return not self._closed


def _line_of(losses: Losses) -> str:
    return _event(LOST, losses.fields())


def _event(event: str, fields: Mapping[str, object]) -> str:
    return json.dumps({"time": timestamp(time.time()), "event": event, **fields}) + "\n"
