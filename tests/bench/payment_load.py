"""The load: sends charges over kept connections for a while, counts the answers.

Run as `python -m bench.payment_load PORT PATTERN SECONDS`; prints answers a second. It parses no
HTTP beyond what tells a whole answer, so that the server and not this is what is measured.
"""

import itertools
import select
import socket
import sys
import time
from collections.abc import Iterator

TOKEN = "bench-token"
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
    return count


def main(port: int, pattern: str, seconds: float) -> float:
    """Returns answers a second."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(PATTERNS[pattern])]
    for connection in sockets:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    requests = charges(pattern)
    began = time.perf_counter()
    if len(sockets) == 1:
        count = one_after_another(sockets[0], requests, began + seconds)
    else:
        count = side_by_side({s.fileno(): s for s in sockets}, requests, began + seconds)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    print(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
