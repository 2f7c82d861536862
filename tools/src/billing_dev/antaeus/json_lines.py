"""The log: one JSON object per line, which tests read and match with payment's own lines."""

import json
from threading import Lock
from typing import Protocol, TextIO


class Log(Protocol):
    """Takes one event."""

    def __call__(self, event: str, /, **fields: object) -> None: ...


class JsonLines:
    """Writes events to a stream, each as a whole line at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = Lock()

    def __call__(self, event: str, /, **fields: object) -> None:
        line = json.dumps({"event": event, **fields})
        with self._lock:
            # Flushed at once: on SIGTERM the process ends without a farewell.
            self._stream.write(line + "\n")
            self._stream.flush()
