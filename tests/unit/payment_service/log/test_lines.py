"""How lines are written: whole, in order, by many threads at once, and waiting for no reader."""

import json
import os
import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from billing_dev.eventually import eventually
from payment_service.cashier.losses import LostLines
from payment_service.log.lines import Lines
from support.payment.full_log import LINE, MOST, fill
from support.payment.logged import a_record

WRITERS = 8
COUNT = 100


class Pipe:
    """A pipe whose reader reads only when it is told to."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self._read = b""

    def take(self, most: int = 65536) -> bool:
        """Reads so many bytes at most; tells whether there were any."""
        more = os.read(self.reading, most)
        self._read += more
        return bool(more)

    def read(self, within: float = 0) -> list[dict[str, Any]]:
        """Reads what is there; returns all lines so far, of which none may be torn."""
        while select.select([self.reading], [], [], within)[0] and self.take():
            pass
        lines = self._read.split(b"\n")
        return [json.loads(line) for line in lines[:-1] if line]

    def close(self) -> None:
        for descriptor in (self.reading, self.writing):
            with suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def losses_in(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == "log_lines_lost"]


def test_lines_of_any_length_stay_whole_though_many_threads_write_them() -> None:
    reading, writing = os.pipe()
    lines = Lines(LostLines, writing, most_bytes=1 << 28)
    # More than a pipe holds, so it is written bit by bit as the reader makes room.
    long = "x" * 40 * select.PIPE_BUF
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        for count in range(COUNT):
            lines.event("test", writer=writer, count=count, text=long if writer < 2 else "")

    def read() -> list[str]:
        with os.fdopen(reading, encoding="utf-8") as pipe:
            return pipe.readlines()

    with ThreadPoolExecutor() as reader, ThreadPoolExecutor(WRITERS) as writers:
        everything = reader.submit(read)
        list(writers.map(write, range(WRITERS)))
        assert lines.close(60) is None
        os.close(writing)
        records = [json.loads(line) for line in everything.result()]

    assert {line["text"] for line in records} == {"", long}
    assert lines.lost == 0
    for writer in range(WRITERS):
        counts = [line["count"] for line in records if line["writer"] == writer]
        assert counts == list(range(COUNT))


def test_a_line_is_there_as_soon_as_it_is_written(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)

    lines.write(LINE)

    assert len(pipe.read()) == 1
    assert lines.waiting_bytes == 0
    assert lines.close(0) is None


def test_lines_wait_in_order_for_a_reader_that_is_late(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)
    count = 0
    while lines.waiting_bytes < 50_000:
        lines.event("test", number=count)
        count += 1

    def numbers() -> list[int]:
        return [line["number"] for line in pipe.read()]

    eventually(numbers, lambda seen: len(seen) == count, within=10, every=0.01)
    lines.event("test", number=count)
    assert numbers() == list(range(count + 1))
    assert (lines.lost, lines.waiting_bytes) == (0, 0)
    assert lines.condition() == "written"


def test_what_is_lost_is_told_in_its_place_as_soon_as_there_is_room(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing, most_bytes=MOST)
    count = fill(lines, until_lost=5)
    lines.write(LINE, a_record("1.10"))
    lines.write(LINE, a_record("0.05", outcome="declined"))

    (told,) = eventually(lambda: losses_in(pipe.read()), within=10, every=0.01)
    lines.event("test", number="after")

    assert told["lines"] == 7
    assert told["charges"] == [
        {
            "currency": "USD",
            "accepted": {"count": 1, "amount": "1.1"},
            "declined": {"count": 1, "amount": "0.05"},
        }
    ]
    seen = [line.get("number") for line in pipe.read()]
    assert seen == [*range(count - 5), None, "after"]
    assert lines.lost == 7


def test_of_more_lost_lines_there_is_another_line(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing, most_bytes=MOST)
    fill(lines, until_lost=3)
    eventually(lambda: losses_in(pipe.read()), lambda told: len(told) == 1, within=10, every=0.01)
    fill(lines, until_lost=6)
    told = eventually(
        lambda: losses_in(pipe.read()), lambda told: len(told) == 2, within=10, every=0.01
    )

    assert [each["lines"] for each in told] == [3, 3]
    assert len({each["loss_id"] for each in told}) == 2


def test_while_a_reader_is_slow_lines_are_lost_in_few_stretches(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing, most_bytes=MOST)
    fill(lines)
    for _ in range(2000):
        pipe.take(200)
        lines.write(LINE)
        lines.write(LINE)
        lines.write(LINE)

    seen = eventually(pipe.read, lambda seen: losses_in(seen) != [], within=10, every=0.01)
    told = losses_in(seen)
    assert 2 <= len(told) <= 60


def test_a_line_larger_than_all_the_room_is_lost_and_told(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing, most_bytes=MOST)

    lines.event("test", text="x" * MOST)
    lines.event("test", number=1)

    assert [line["event"] for line in pipe.read()] == ["log_lines_lost", "test"]


def test_a_log_that_nobody_reads_any_more_fails_nobody_and_counts_what_is_lost(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)
    os.close(pipe.reading)

    lines.event("started")
    lines.write(LINE, a_record("7"))

    assert lines.lost == 2
    assert lines.condition() == "failing"
    untold = lines.close(0)
    assert untold is not None
    assert json.loads(untold)["charges"][0]["accepted"] == {"count": 1, "amount": "7"}


def test_what_waits_for_a_reader_that_goes_is_lost(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)
    written = 0
    while lines.waiting_bytes < 2 * len(LINE):
        lines.write(LINE, a_record("1"))
        written += 1
    os.close(pipe.reading)

    eventually(lambda: lines.lost, lambda lost: lost == 2, within=10, every=0.01)


def test_the_end_waits_a_bounded_time_and_says_what_is_lost_by_it(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)
    fill_to = 30_000
    written = 0
    while lines.waiting_bytes < fill_to:
        lines.write(LINE, a_record("0.1"))
        written += 1

    untold = lines.close(0.05)

    assert untold is not None
    assert lines.lost == json.loads(untold)["lines"] > 100
    read = len(pipe.read())
    assert read + lines.lost == written
    accepted = json.loads(untold)["charges"][0]["accepted"]
    assert Decimal(accepted["amount"]) == lines.lost * Decimal("0.1")
    lines.write(LINE)
    assert len(pipe.read()) == read


def test_the_end_comes_at_once_when_the_reader_has_all(pipe: Pipe) -> None:
    lines = Lines(LostLines, pipe.writing)
    while not lines.waiting_bytes:
        lines.write(LINE)
    with ThreadPoolExecutor() as reader:
        read = reader.submit(pipe.read, 1)

        assert lines.close(60) is None

        assert len(read.result()) > 0
