"""The load: sends charges over kept connections for a while, counts the answers.

`payment` starts it with `PATTERN SECONDS PORT[:KIND]...` behind it; it prints answers a second for
each port, a line each. No charge is like another, but for the kind `alike`; `keys` sends an
Idempotency-Key with each; `in-full` asks for more than the result.

The servers take turns of a fraction of a second until each has had its time, so that whatever else
the machine does falls on all of them. It parses no HTTP beyond what tells a whole answer, so that
the server and not this is what is measured.
"""

import itertools
import random
import select
import socket
import sys
import time
from collections.abc import Iterator

TOKEN = "bench-token"
TURN_SECONDS = 0.25
_HEAD = (
    b"POST / HTTP/1.1\r\nHost: payment:9000\r\n%s%sX-Token: "
    + TOKEN.encode()
    + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
PATTERNS = {"1 connection": 1, "16 connections": 16, "Antaeus": 1}


def charges(pattern: str, kind: str = "") -> Iterator[bytes]:
    """Returns requests without end, those of one customer or of a batch like Antaeus'."""
    headers = b"Prefer: return=representation\r\n" if kind == "in-full" else b""
    customers = [(b"1", b"USD")]
    if pattern == "Antaeus":
        headers += b"Accept-Encoding: gzip\r\nUser-Agent: unirest-java/3.11\r\n"
        headers += b"Connection: keep-alive\r\n"
        customers.append((b"2", b"DKK"))
    # Of so many that no run of a minute meets one again, and all of one length.
    cents = itertools.count(random.randrange(10_000_000, 90_000_000))
    for cent, (customer, currency) in zip(cents, itertools.cycle(customers), strict=False):
        value = b"181000.62" if kind == "alike" else b"%d.%02d" % divmod(cent, 100)
        body = b'{"currency":"%s","customer_id":%s,"value":%s}' % (currency, customer, value)
        key = b"Idempotency-Key: %d\r\n" % cent if kind == "keys" else b""
        yield _HEAD % (headers, key, len(body)) + body


def take_answer(connection: socket.socket) -> None:
    """Reads one whole answer, in one piece or two; it must be a decision."""
    answer = connection.recv(4096)
    while answer and not answer.endswith(b"}"):
        more = connection.recv(4096)
        answer = answer + more if more else b""
    if not answer.startswith(b"HTTP/1.1 200") or b'{"result":"' not in answer:
        raise SystemExit(f"not what a charge is answered with: {answer!r}")


def one_after_another(connection: socket.socket, requests: Iterator[bytes], until: float) -> int:
    """Sends, waits, sends again, over one connection; returns how many were answered."""
    count = 0
    for request in requests:
        connection.send(request)
        take_answer(connection)
        count += 1
        if not count % 16 and time.perf_counter() > until:
            break
    return count


def side_by_side(
    connections: dict[int, socket.socket], requests: Iterator[bytes], until: float
) -> int:
    """Keeps one charge under way on each connection; returns how many were answered."""
    poll = select.epoll()
    for number, connection in connections.items():
        poll.register(number, select.EPOLLIN)
        connection.send(next(requests))
    count = 0
    while time.perf_counter() < until:
        for number, _ in poll.poll():
            connection = connections[number]
            take_answer(connection)
            connection.send(next(requests))
            count += 1
    for connection in connections.values():
        take_answer(connection)
    return count + len(connections)


class Target:
    """One server: its connections, and what it has answered in its turns so far."""

    def __init__(self, address: str, pattern: str) -> None:
        port, _, kind = address.partition(":")
        self._sockets = [
            socket.create_connection(("127.0.0.1", int(port))) for _ in range(PATTERNS[pattern])
        ]
        for connection in self._sockets:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = charges(pattern, kind)
        self._answers = 0
        self._seconds = 0.0

    def take_turn(self) -> None:
        """Charges for one turn, and leaves nothing under way."""
        began = time.perf_counter()
        until = began + TURN_SECONDS
        if len(self._sockets) == 1:
            self._answers += one_after_another(self._sockets[0], self._requests, until)
        else:
            connections = {connection.fileno(): connection for connection in self._sockets}
            self._answers += side_by_side(connections, self._requests, until)
        self._seconds += time.perf_counter() - began

    def rate(self) -> float:
        """Returns answers a second."""
        return self._answers / self._seconds


def main(pattern: str, seconds: float, addresses: list[str]) -> None:
    targets = [Target(address, pattern) for address in addresses]
    for _ in range(max(1, round(seconds / TURN_SECONDS))):
        for target in targets:
            target.take_turn()
    for target in targets:
        print(target.rate())


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
