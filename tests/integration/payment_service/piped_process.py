"""The service as a process whose log goes into a pipe, as a container runtime has it."""

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

from support.payment.service import ServiceProcess, log_lines


class PipedProcess(ServiceProcess):
    """Nobody reads the pipe beyond the first line until `read_on`; standard error is a file."""

    _pipe: IO[bytes]
    _reader: threading.Thread
    _reading = False

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.read_on()
        self._reader.join()
        self._pipe.close()

    def read_on(self) -> None:
        """Has everything read, from now on, into the file that a process without a pipe has."""
        if not self._reading:
            self._reading = True
            self._reader.start()

    def wait(self, within: float) -> int:
        """Waits for the end, whatever is in the pipe; returns the exit code."""
        return self._process.wait(timeout=within)

    def all_lines(self) -> list[dict[str, Any]]:
        """All that is in the pipe once the process has ended."""
        self.read_on()
        self._reader.join()
        return log_lines(self._folder)

    def _begin(self, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / "errors").open("wb") as errors:
            begun = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=env, bufsize=0
            )
        assert begun.stdout is not None
        self._pipe = begun.stdout
        self._reader = threading.Thread(target=self._read)
        return begun

    def _started(self) -> dict[str, Any]:
        self._first = self._pipe.readline()
        started: dict[str, Any] = json.loads(self._first)
        return started

    def _read(self) -> None:
        with (self._folder / "log").open("wb") as log:
            log.write(self._first)
            while more := self._pipe.read(65536):
                log.write(more)
                log.flush()
