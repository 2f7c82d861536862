"""Keeps a connection for a moment after its last answer, so that its client can read that one.

To close a connection whose input is unread resets it, and the client may never see the answer.
"""

import socket
import time
from typing import Any

from waitress import wasyncore

LINGER_SECONDS = 2.0


class Lingering(wasyncore.dispatcher):  # type: ignore[misc]  # waitress has no types
    """What is left of a connection after its last answer: drops input, for a moment."""

    def __init__(self, connection: socket.socket, connections: dict[int, Any]) -> None:
        self._until = time.monotonic() + LINGER_SECONDS
        super().__init__(connection, connections)
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def readable(self) -> bool:
        if time.monotonic() >= self._until:
            self.close()
            return False
        return True

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        self.recv(65536)  # closes at the end of input

    def handle_close(self) -> None:
        self.close()
