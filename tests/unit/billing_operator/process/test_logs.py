"""One JSON object a line."""

import io
import json
import logging
import sys
from typing import Any

import pytest

from billing_operator.process.logs import JsonFormatter, set_up


def line(**changes: Any) -> dict[str, Any]:
    record = logging.LogRecord("a.b", logging.INFO, "f.py", 1, "said %s", ("this",), None)
    vars(record).update(created=0.25, **changes)
    written: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return written


def test_a_line_tells_when_who_and_what() -> None:
    assert line() == {
        "time": "1970-01-01T00:00:00.250+00:00",
        "level": "info",
        "logger": "a.b",
        "message": "said this",
    }


def test_the_fields_of_a_caller_stand_beside_the_message() -> None:
    assert line(stack="ns/a", count=2, ok=True)["stack"] == "ns/a"
    assert line(count=2)["count"] == 2


def test_whole_objects_stay_out() -> None:
    assert "object" not in line(object={"data": {"token": "secret"}})
    assert "items" not in line(items=["secret"])


def test_the_books_of_a_run_are_an_object_of_the_line() -> None:
    assert line(books={"paid": [{"count": 1}]})["books"] == {"paid": [{"count": 1}]}


def test_an_exception_is_told_in_the_same_line() -> None:
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        error = line(exc_info=sys.exc_info())["error"]

    assert "ValueError: broken" in error


@pytest.mark.usefixtures("loggers")
@pytest.mark.parametrize(("level", "kopfs"), [("debug", "WARNING"), ("error", "ERROR")])
def test_all_logs_go_to_standard_output_kopfs_only_when_they_matter(
    level: str, kopfs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    set_up(level)
    logging.getLogger("billing_operator").error("said", extra={"stack": "a"})

    assert json.loads(out.getvalue())["stack"] == "a"
    assert logging.getLevelName(logging.getLogger("kopf").level) == kopfs
