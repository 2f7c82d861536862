"""Reads plain files that others write, and waits neither for what is none nor for ever."""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from payment_service.text.mistakes import MistakesError

LARGEST_FILE = 1048576
"""In bytes; as much as a ConfigMap or a Secret can hold."""

T = TypeVar("T")


def read_file(path: Path) -> bytes | None:
    """Returns a file's content, None if there is no such file; raises MistakesError.

    A FIFO, a device or a directory is refused and never waited for. A file system that does not
    answer is: who must not wait calls this in a thread of its own.
    """
    try:
        # Before it is opened: to open some devices is to use them.
        _check_plain(path, path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _check_plain(path, os.fstat(descriptor))
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise MistakesError([f"{path}: cannot be read: {why}"]) from None
    if len(content) > LARGEST_FILE:
        raise MistakesError([f"{path}: longer than {LARGEST_FILE} bytes"])
    return content


def read_required_file(path: Path) -> bytes:
    """Returns a file's content; raises MistakesError, also if there is no such file."""
    content = read_file(path)
    if content is None:
        raise MistakesError([f"{path}: no such file"])
    return content


class Impatient(Generic[T]):
    """Calls what may hang in a file system, and waits for it for a bounded time only.

    A file system that does not answer keeps a thread for ever; it is none that anybody needs.
    While one call hangs, no other is begun.
    """

    def __init__(self, what: str, call: Callable[[], T], seconds: float) -> None:
        """`what` names what is called."""
        self._what = what
        self._call = call
        self._seconds = seconds
        self._hung: threading.Thread | None = None

    def __call__(self) -> T:
        """Returns or raises what the call does; raises MistakesError where it takes too long."""
        results: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                results.append(self._call())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                errors.append(error)

        thread = threading.Thread(target=run, name=self._what, daemon=True)
        if self._hung is None or not self._hung.is_alive():
            thread.start()
            thread.join(self._seconds)
        if results:
            return results[0]
        if errors:
            raise errors[0]
        if thread.is_alive():
            self._hung = thread
        raise MistakesError([f"{self._what}: no answer within {self._seconds:g} s"])


def _check_plain(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise MistakesError([f"{path}: is not a plain file"])
