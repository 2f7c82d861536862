"""One port before several processes of a service, as a Kubernetes Service is before its pods."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Balancer:
    """Passes each connection on to one of the ports that answer, in turn; bytes are not looked at.

    Which end a connection has, closed or reset, it has on both sides.
    """

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)
        self._turn = count()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._ended = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        """Begins to accept."""
        self._accepting.start()

    def stop(self) -> None:
        """Accepts nobody any more."""
        self._ended = True
        # close alone leaves a thread in accept
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()

    def _accept(self) -> None:
        while not self._ended:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        service = self._connect()
        if service is None:
            _reset(caller)
            return
        back = threading.Thread(target=_pass_on, args=(service, caller), daemon=True)
        back.start()
        _pass_on(caller, service)
        back.join()
        caller.close()
        service.close()

    def _connect(self) -> socket.socket | None:
        ports, first = list(self.ports), next(self._turn)
        for offset in range(len(ports)):
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", ports[(first + offset) % len(ports)]))
        return None


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        _reset(target)
        _reset(source)
        return
    # As long as one side sends nothing more, what the other sends is still passed on.
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        # The other thread may be in recv, which close alone does not end.
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def balanced(*ports: int) -> Iterator[Balancer]:
    """Balances for the length of a block."""
    balancer = Balancer(*ports)
    balancer.start()
    try:
        yield balancer
    finally:
        balancer.stop()
