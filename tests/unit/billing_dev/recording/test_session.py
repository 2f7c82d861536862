"""What is typed into the terminal is run, and what it prints is recorded."""

from pathlib import Path

import pytest

from billing_dev.cluster.errors import ClusterError
from billing_dev.recording.film import film
from billing_dev.recording.session import Session

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def shown(session: Session) -> list[str]:
    last = film(session.cast("")).frames[-1]
    rows = ["".join(span.text for span in row) for row in last.rows]
    return [row for row in rows if row]


def test_commands_and_what_they_print_are_recorded(tmp_path: Path) -> None:
    with Session(tmp_path, {**ENVIRONMENT, "GREETING": "hello"}) as session:
        printed = session.run("echo $GREETING && ls -A")
        session.paste("echo pasted")

    assert "hello" in printed
    assert shown(session) == ["$ echo $GREETING && ls -A", "hello", "$ echo pasted", "pasted", "$"]


def test_a_watch_ends_once_what_it_waits_for_is_there(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a line\n")
    looks = iter([False, True])

    with Session(tmp_path, ENVIRONMENT) as session:
        session.watch("tail -f log", until=lambda: next(looks), within=30)

    assert shown(session) == ["$ tail -f log", "a line", "$"]


def test_what_never_comes_is_told_with_the_command(tmp_path: Path) -> None:
    with (
        Session(tmp_path, ENVIRONMENT) as session,
        pytest.raises(ClusterError, match="cat: nothing came of it within 0 s"),
    ):
        session.watch("cat", until=lambda: False, within=0)


def test_a_command_that_does_not_end_is_told_with_what_it_printed(tmp_path: Path) -> None:
    with (
        Session(tmp_path, ENVIRONMENT) as session,
        pytest.raises(ClusterError, match=r"No prompt came within 0\.1 s"),
    ):
        session.run("cat", within=0.1)


def test_a_marker_is_recorded_where_it_was_set(tmp_path: Path) -> None:
    with Session(tmp_path, ENVIRONMENT) as session:
        session.run("echo one")
        session.mark("look at this")
        session.run("echo two")

    events = session.cast("").events
    where = next(number for number, event in enumerate(events) if event.marker)
    assert events[where].text == "look at this"
    before = "".join(event.text for event in events[:where])
    assert "one" in before
    assert "two" not in before
