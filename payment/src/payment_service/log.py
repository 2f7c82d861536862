"""Log lines: JSON, one whole line per write, on standard output at once."""

import json
import logging
import os
import select
import threading
import time

from payment_service.text.timestamps import timestamp

_SHORT = select.PIPE_BUF
"""How many bytes a pipe takes in one piece."""

LEVELS = ("debug", "info", "warning", "error")


class Lines:
    """Writes lines to a file descriptor, each with one system call and nothing held back.

    So a line is seen at once, and a process that is killed has lost none. A line that cannot be
    written (the reader is gone) is counted in `lost`; no charge fails for it.

    Lines of up to PIPE_BUF bytes, and hardly any is longer, need no lock to stay whole: the kernel
    takes such a line in one piece. With a lock, every thread would wait for one that has written
    its line but waits for the interpreter, which costs a third of all charges on several CPUs.
    """

    def __init__(self, fd: int = 1) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._short_lines: list[bytes] = []
        """Those being written at the moment."""
        self._long_line = False
        """Whether one is being written, or waits for the short ones to end."""
        self.lost = 0

    def write(self, line: str) -> None:
        """Writes a line that ends with its line feed."""
        data = line.encode("utf-8")
        try:
            if len(data) <= _SHORT:
                self._write_short(data)
            else:
                self._write_long(data)
        except OSError:
            with self._lock:
                self.lost += 1

    def _write_short(self, data: bytes) -> None:
        # First shown, then looked; a long line does the same, so one of the two sees the other.
        self._short_lines.append(data)
        try:
            if not self._long_line:
                self._write_all(data)
                return
        finally:
            self._short_lines.pop()
        with self._lock:
            self._write_all(data)

    def _write_long(self, data: bytes) -> None:
        with self._lock:
            self._long_line = True
            try:
                while self._short_lines:
                    time.sleep(0.001)
                self._write_all(data)
            finally:
                self._long_line = False

    def _write_all(self, rest: bytes) -> None:
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def event(self, event: str, **fields: object) -> None:
        """Writes a line that tells what the service itself did."""
        self.write(json.dumps({"time": timestamp(time.time()), "event": event, **fields}) + "\n")


class LinesHandler(logging.Handler):
    """Brings what libraries log into the same lines."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            fields["traceback"] = logging.Formatter().formatException(record.exc_info)
        self._lines.event("log", message=record.getMessage(), **fields)


def route_library_logs(lines: Lines, level: str) -> None:
    """Sends the standard library's logging to `lines`, from `level` on."""
    logging.basicConfig(handlers=[LinesHandler(lines)], level=level.upper(), force=True)
    # It would warn of every request that waits for a thread, which is what queues are for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
