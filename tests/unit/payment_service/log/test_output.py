"""Descriptors that others have as well."""

import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from payment_service.log.output import Output, put_once


def fill(output: Output) -> None:
    """Writes until nothing more is taken."""
    with suppress(BlockingIOError):
        while True:
            output.put(b"x" * 4096)


def full_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    output = Output(writing)
    fill(output)
    output.close()
    return reading, writing


def test_a_pipe_stays_as_it_is_for_the_others_who_write_to_it() -> None:
    reading, writing = os.pipe()
    output = Output(writing)

    output.put(b"some")

    assert os.get_blocking(writing)
    output.close()
    assert os.read(reading, 9) == b"some"
    os.close(writing)
    assert os.read(reading, 9) == b""
    os.close(reading)


def test_a_pipe_that_cannot_be_opened_again_is_changed_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(path, os.O_WRONLY)
    os.close(reading)  # so that to open it again would have to wait for a reader
    output = Output(writing)

    assert not os.get_blocking(writing)
    with pytest.raises(BrokenPipeError):
        output.put(b"some")

    output.close()
    assert os.get_blocking(writing)
    os.close(writing)


def test_a_socket_stays_as_it_is_for_the_others() -> None:
    reading, writing = socket.socketpair()
    output = Output(writing.fileno())

    fill(output)

    assert os.get_blocking(writing.fileno())
    output.close()
    reading.close()
    writing.close()


def test_a_file_takes_all(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        output = Output(file.fileno())

        assert output.put(b"x" * 1_000_000) == 1_000_000
        assert output.whole
        output.close()


def test_last_words_wait_for_nobody() -> None:
    reading, writing = full_pipe()

    put_once(writing, b"last words")

    os.close(reading)
    put_once(writing, b"last words")
    os.close(writing)
    put_once(writing, b"last words")
