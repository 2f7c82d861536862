"""What libraries log, and what Python itself says of failures, as lines of the log."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

from payment_service.log.lines import Lines

LEVELS = ("debug", "info", "warning", "error")

_log = logging.getLogger(__name__)


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


class _Errors(io.TextIOBase):
    """Stands for standard error, whose reader may be as stuck as that of the log."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def write(self, text: str) -> int:
        if text.strip():
            message = text.rstrip("\n")
            self._lines.event("log", message=message, level="error", logger="stderr")
        return len(text)


def route_library_logs(lines: Lines, level: str) -> None:
    """Sends the standard library's logging to `lines`, from `level` on."""
    logging.basicConfig(handlers=[LinesHandler(lines)], level=level.upper(), force=True)
    # It would warn of every request that waits for a thread, which is what queues are for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


@contextmanager
def errors_as_lines(lines: Lines) -> Iterator[None]:
    """Sends what is written to standard error to `lines` meanwhile, tracebacks as one line each."""
    of_threads, unraisable = threading.excepthook, sys.unraisablehook
    threading.excepthook = _tell_of_thread
    sys.unraisablehook = _tell_of_unraisable
    try:
        with redirect_stderr(_Errors(lines)):
            yield
    finally:
        threading.excepthook, sys.unraisablehook = of_threads, unraisable


def _tell_of_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        name = "a thread" if failure.thread is None else failure.thread.name
        _log.error("%s ended by an error", name, exc_info=failure.exc_value)


def _tell_of_unraisable(failure: "sys.UnraisableHookArgs") -> None:
    _log.error("%s %r", failure.err_msg or "ignored in", failure.object, exc_info=failure.exc_value)
