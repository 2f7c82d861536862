"""Lines on whatever standard output may be besides a pipe of a container runtime."""

import json
import os
import select
import socket
import termios
from contextlib import suppress
from pathlib import Path
from typing import Any

from billing_dev.eventually import eventually
from payment_service.cashier.losses import LostLines
from payment_service.log.lines import Lines
from support.payment.full_log import LINE, MOST, fill
from support.payment.logged import a_record


def test_a_fifo_that_is_read_again_is_told_what_was_lost_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(path, os.O_WRONLY)
    lines = Lines(LostLines, writing)
    os.close(reading)
    lines.write(LINE, a_record("2.50"))

    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as again:  # noqa: PTH123 - not to wait
        lines.event("test")
        events = [json.loads(line) for line in again]

    assert [line["event"] for line in events] == ["test", "log_lines_lost"]
    assert events[1]["charges"][0]["accepted"]["amount"] == "2.5"
    assert lines.close(0) is None
    os.close(writing)


def test_a_stream_socket_that_is_stuck_holds_up_nobody_either() -> None:
    reading, writing = socket.socketpair()
    lines = Lines(LostLines, writing.fileno(), most_bytes=MOST)
    count = fill(lines)
    received = b""

    def numbers() -> list[Any]:
        nonlocal received
        with suppress(BlockingIOError):
            while more := reading.recv(65536, socket.MSG_DONTWAIT):
                received += more
        return [json.loads(line).get("number") for line in received.splitlines()]

    seen = eventually(numbers, lambda seen: seen[-1:] == [None], within=10, every=0.01)
    assert seen == [*range(count - 1), None]
    assert lines.close(0) is None
    reading.close()
    writing.close()


def test_a_terminal_that_somebody_has_stopped_holds_up_nobody_either() -> None:
    keyboard, terminal = os.openpty()
    termios.tcflow(terminal, termios.TCOOFF)
    lines = Lines(LostLines, terminal, most_bytes=MOST)

    fill(lines)

    termios.tcflow(terminal, termios.TCOON)
    received = b""

    def told() -> bool:
        nonlocal received
        while select.select([keyboard], [], [], 0)[0]:
            received += os.read(keyboard, 65536)
        return b"log_lines_lost" in received

    eventually(told, within=10, every=0.01)
    assert lines.close(1) is None
    for descriptor in (keyboard, terminal):
        os.close(descriptor)


def test_a_disk_that_is_full_fails_nobody_and_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        lines = Lines(LostLines, full.fileno())

        for _ in range(3):
            lines.write(LINE, a_record("1"))

        assert (lines.lost, lines.waiting_bytes, lines.condition()) == (3, 0, "failing")
        untold = lines.close(0)
    assert untold is not None
    assert json.loads(untold)["charges"][0]["accepted"] == {"count": 3, "amount": "3"}
