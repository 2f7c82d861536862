"""A payment service on a bare socket, for answers that no real one gives on demand."""

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, BinaryIO, Self

# Long enough for any machine, short enough to end a test that hangs.
LIMIT_SECONDS = 10


class Then(Enum):
    """What becomes of the connection after what was sent on it."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is done about one request: wait for the gate, send this, and then."""

    send: bytes = b""
    then: Then = Then.KEEP
    gate: threading.Event | None = None


def answer(body: str, *, status: int = 200, **headers: str) -> Reply:
    """Returns a whole answer on a connection that stays open."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body.encode())}\r\n{more}\r\n"
    return Reply(head.encode() + body.encode())


PAID = answer('{"result":"true"}')
DECLINED = answer('{"result":"false"}')
CLOSED = Reply(then=Then.CLOSE)
RESET = Reply(then=Then.RESET)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in, and on the how-manieth connection."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class FakePayment:
    """Answers requests in the order in which they come, by a script; then with `always`."""

    script: deque[Reply] = field(default_factory=deque)
    always: Reply = PAID
    received: list[Received] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _listening: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )

    @classmethod
    @contextmanager
    def running(cls, *script: Reply, **options: Any) -> Iterator[Self]:
        """Runs one for the length of a block."""
        fake = cls(deque(script), **options)
        threading.Thread(target=fake._accept, daemon=True).start()
        try:
            yield fake
        finally:
            for each in (fake._listening, *fake.connections):
                _end(each)

    @property
    def url(self) -> str:
        host, port = self._listening.getsockname()
        return f"http://{host}:{port}"

    def wait_for(self, count: int) -> None:
        """Returns as soon as so many requests have come."""
        with self._changed:
            come = self._changed.wait_for(lambda: len(self.received) >= count, LIMIT_SECONDS)
        assert come, f"{len(self.received)} of {count} requests came"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections.append(connection)
            number = len(self.connections)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        reading = connection.makefile("rb")
        try:
            while received := _read(reading, number):
                reply = self._next(received)
                if reply.gate is not None:
                    reply.gate.wait(LIMIT_SECONDS)
                connection.sendall(reply.send)
                if reply.then is Then.RESET:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if reply.then is not Then.KEEP:
                    break
        except OSError:
            pass  # the other side went away
        finally:
            reading.close()
            connection.close()

    def _next(self, received: Received) -> Reply:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()
            return self.script.popleft() if self.script else self.always


def _read(reading: BinaryIO, number: int) -> Received | None:
    line = reading.readline().decode("latin-1").strip()
    if not line:
        return None
    headers = {}
    while text := reading.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    body = reading.read(int(headers.get("content-length", 0)))
    return Received(number, line, headers, body)


def _end(sock: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
