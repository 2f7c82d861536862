"""A shop to test how replies leave: an application of the tests' own on a real port."""

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from billing_dev.eventually import eventually
from payment_service.server.delivery import DELIVERY, Delivery
from payment_service.server.port import Limits, Port
from support.payment.service import Caller

BODY = b'{"result":"true"}'
LARGE = bytes(10_000_000)
HOUR = 3600.0


class ArrangedApp:
    """An application: a path is answered as it was arranged, any other one at once."""

    def __init__(self) -> None:
        self._arranged: dict[str, Delivery] = {}
        self.requests: list[str] = []
        self.ends: list[bool] = []
        self.go = threading.Event()

    def arrange(self, path: str, **delivery: Any) -> None:
        self._arranged[path] = Delivery(**{"done": self.ends.append, **delivery})

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.requests.append(path)
        if path == "/stuck":
            self.go.wait(30)
        if path in self._arranged:
            environ[DELIVERY] = self._arranged[path]
        if environ["REQUEST_METHOD"] == "HEAD":
            start_response("202 Accepted", [("Content-Length", "17")])
            return []
        start_response("202 Accepted", [("Content-Type", "text/json")])
        return {"/in-pieces": [BODY[:5], BODY[5:]], "/large": [LARGE]}.get(path, [BODY])


@contextmanager
def serving(app: Callable[..., Any], *, threads: int = 2, **limits: Any) -> Iterator[Port]:
    port = Port(app, ("127.0.0.1", 0), Limits(threads, **limits))
    port.start()
    try:
        yield port
    finally:
        port.stop()


def get(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = (f"{method} {path} HTTP/{version}", "Host: shop", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def everything(caller: Caller) -> bytes:
    """All that comes until the connection ends; b"reset" behind it if that is how."""
    received = b""
    try:
        while data := caller.socket.recv(65536):
            received += data
    except ConnectionResetError:
        return received + b"reset"
    return received


def defer(caller: Caller, port: Port, path: str = "/deferred") -> None:
    """Asks, and waits until one more reply is held."""
    before = port.deferred()
    caller.send(get(path))
    eventually(port.deferred, lambda deferred: deferred > before, within=5, every=0.01)


def reset(caller: Caller) -> None:
    caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    caller.socket.close()
