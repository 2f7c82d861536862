"""A bash in which the commands of one page run one after the other, as a reader types them."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from billing_dev.eventually import eventually

# It gets a command, runs it in itself, and says how it ended. What it starts does not get the
# socket, so a background job of a page can't hold it open.
_LOOP = """
while IFS= read -r -d '' command <&{0}; do
  eval "$command" {0}>&- </dev/null
  echo "$?" >&{0}
done
"""
_ENDED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run.

    Attributes:
        code: None where it was not over in time.
        printed: on both its outputs, in the order in which it came.
    """

    command: str
    code: int | None
    printed: str


class Session:
    """One bash: what a command sets, the next one sees; the first that fails ends it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], record: Path) -> None:
        """Starts in that folder; all that is printed goes to the file `record`."""
        ours, its = socket.socketpair()
        self._socket = ours
        self._record = record
        self._seen = 0
        with its, record.open("wb") as printed:
            self._bash = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", _LOOP.format(its.fileno())],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                pass_fds=[its.fileno()],
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._socket.close()
        # Its background jobs are in its group, and outlive it.
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGTERM)
        try:
            eventually(self._is_gone, within=_ENDED_SECONDS)
        except AssertionError:
            os.killpg(self._bash.pid, signal.SIGKILL)
            raise

    def run(self, command: str, *, within: float) -> Ran:
        """Runs a command, which may have several lines, for so many seconds at most."""
        self._socket.settimeout(within)
        self._socket.sendall(command.encode() + b"\0")
        return Ran(command, self._code(), self._printed())

    def printed(self) -> str:
        """All that was printed until now, by background jobs too."""
        return self._record.read_text(errors="replace")

    def _is_gone(self) -> bool:
        """Whether it and all that it started have ended."""
        self._bash.poll()
        try:
            os.killpg(self._bash.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def _code(self) -> int | None:
        try:
            said = self._socket.recv(16)
        except TimeoutError:
            return None
        # Nothing: the command has ended the shell.
        return int(said) if said else self._bash.wait(_ENDED_SECONDS)

    def _printed(self) -> str:
        with self._record.open("rb") as record:
            record.seek(self._seen)
            new = record.read()
        self._seen += len(new)
        return new.decode(errors="replace")
