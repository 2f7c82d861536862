"""The load: sends charges over kept connections for a while, counts the answers.

Run as `python -m bench.payment_load PATTERN SECONDS PORT...`; prints answers a second for each
port, a line each. The servers take turns of a fraction of a second until each has had its time, so
that whatever else the machine does falls on all of them. It parses no HTTP beyond what tells a
whole answer, so that the server and not this is what is measured.
"""

import itertools
import select
import socket
import sys
import time
from collections.abc import Iterator

TOKEN = "bench-token"
TURN_SECONDS = 0.25
PATTERNS = {"1 connection": 1, "16 connections": 16, "Antaeus": 1}


def charges(pattern: str) -> Iterator[bytes]:
    """Returns requests without end: one that repeats, or a batch like that of Antaeus."""
    values = (181.62, 359.52, 42, 77.1, 499.99, 10.05, 250.5, 123.45)
    if pattern != "Antaeus":
        return itertools.repeat(_request(1, "USD", values[0], headers=""))
    headers = "Accept-Encoding: gzip\r\nUser-Agent: unirest-java/3.11\r\nConnection: keep-alive\r\n"
    batch = [
        _request(1 + i % 2, ("USD", "DKK")[i % 2], value, headers=headers)
        for i, value in enumerate(values)
    ]
    return itertools.cycle(batch)


def _request(customer: int, currency: str, value: float, *, headers: str) -> bytes:
    body = f'{{"currency":"{currency}","customer_id":{customer},"value":{value}}}'
    return (
        f"POST / HTTP/1.1\r\nHost: payment:9000\r\n{headers}X-Token: {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def take_answer(connection: socket.socket) -> None:
    """Reads one whole answer, in one piece or two; it must be a decision."""
    answer = connection.recv(4096)
    while answer and not answer.endswith(b"}"):
        more = connection.recv(4096)
        answer = answer + more if more else b""
    if not answer.startswith(b"HTTP/1.1 200") or b'{"result":"' not in answer[-19:]:
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

    def __init__(self, port: int, pattern: str) -> None:
        self._sockets = [
            socket.create_connection(("127.0.0.1", port)) for _ in range(PATTERNS[pattern])
        ]
        for connection in self._sockets:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = charges(pattern)
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


def main(pattern: str, seconds: float, ports: list[int]) -> None:
    targets = [Target(port, pattern) for port in ports]
    for _ in range(max(1, round(seconds / TURN_SECONDS))):
        for target in targets:
            target.take_turn()
    for target in targets:
        print(target.rate())


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), [int(port) for port in sys.argv[3:]])
