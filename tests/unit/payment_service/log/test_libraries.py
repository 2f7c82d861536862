"""What is said elsewhere than in the log."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payment_service.cashier.losses import LostLines
from payment_service.log.libraries import errors_as_lines, route_library_logs
from payment_service.log.lines import Lines


class Log:
    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()]


@contextmanager
def a_log(folder: Path) -> Iterator[Log]:
    """Takes all that is said meanwhile."""
    with _routed_as_before(), (folder / "log").open("wb") as file:
        lines = Lines(LostLines, file.fileno())
        route_library_logs(lines, "info")
        with errors_as_lines(lines):
            yield Log(folder / "log")


@contextmanager
def _routed_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level


def test_what_is_written_to_standard_error_is_a_line(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        print("first\nsecond", file=sys.stderr)

    (line,) = log.lines()
    assert line | {"time": ""} == {
        "time": "",
        "event": "log",
        "level": "error",
        "logger": "stderr",
        "message": "first\nsecond",
    }


def test_a_thread_that_an_error_ends_is_one_line_with_its_traceback(tmp_path: Path) -> None:
    thread = threading.Thread(target=lambda: 1 // 0, name="a-task")
    with a_log(tmp_path) as log:
        thread.start()
        thread.join()

    (line,) = log.lines()
    assert line["message"] == "a-task ended by an error"
    assert "ZeroDivisionError" in line["traceback"]


def test_an_error_that_nobody_can_be_told_of_is_a_line(tmp_path: Path) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ZeroDivisionError

    with a_log(tmp_path) as log:
        Broken()

    (line,) = log.lines()
    assert "Broken.__del__" in line["message"]
    assert "ZeroDivisionError" in line["traceback"]


def test_afterwards_all_is_as_it_was(tmp_path: Path) -> None:
    before = sys.stderr, threading.excepthook, sys.unraisablehook
    with (tmp_path / "log").open("wb") as file, errors_as_lines(Lines(LostLines, file.fileno())):
        assert sys.stderr is not before[0]

    assert (sys.stderr, threading.excepthook, sys.unraisablehook) == before
