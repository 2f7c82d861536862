"""A recording is written as asciinema reads it, and read with bounds."""

import json

import pytest

from billing_dev.recording.cast import Cast, CastError, Event, read, without_idle, written

HEADER = {"version": 2, "width": 80, "height": 24}


def a_cast(*seconds: float, limit: float | None = 1.0) -> Cast:
    events = tuple(Event(at, f"{at:g}\r\n") for at in seconds)
    return Cast(80, 24, "a title", limit, events)


def test_what_is_written_is_read_again() -> None:
    cast = Cast(80, 24, "a title", 0.5, (Event(0.25, "\x1b[1m$ "), Event(1.5, "look", marker=True)))

    assert read(written(cast)) == cast


def test_the_header_and_the_events_are_as_asciinema_has_them() -> None:
    header, *events = map(json.loads, written(a_cast(0.12345)).splitlines())

    assert header == {
        **HEADER,
        "title": "a title",
        "env": {"SHELL": "bash", "TERM": "xterm-256color"},
        "idle_time_limit": 1.0,
    }
    assert events == [[0.123, "o", "0.12345\r\n"]]


def test_waits_are_cut_to_the_limit_and_no_further() -> None:
    played = without_idle(a_cast(5, 5.5, 65.5, 66.5))

    assert [event.seconds for event in played.events] == [1, 1.5, 2.5, 3.5]


def test_without_a_limit_every_wait_is_played() -> None:
    cast = a_cast(5, 65, limit=None)

    assert without_idle(read(written(cast))) == cast


def lines(*events: object, **header: object) -> str:
    return "\n".join(map(json.dumps, [{**HEADER, **header}, *events]))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "line 1: no JSON", id="there is nothing in it"),
        pytest.param("[]", "line 1: no header", id="the first line is no object"),
        pytest.param(lines(version=3), "line 1: no header", id="it is of another version"),
        pytest.param(lines(width=0), "line 1: width", id="no column is wide enough"),
        pytest.param(lines(width=10**6), "line 1: width", id="the terminal is endless"),
        pytest.param(lines(height="24"), "line 1: height", id="the height is a text"),
        pytest.param(lines(height=True), "line 1: height", id="the height is a truth"),
        pytest.param(lines(idle_time_limit=0), "idle_time_limit", id="no wait is allowed at all"),
        pytest.param(lines([0, "o"]), "line 2: not", id="an event has no text"),
        pytest.param(lines([0, "r", "80x24"]), "line 2: not", id="the terminal changes its size"),
        pytest.param(lines(["0", "o", ""]), "line 2: not", id="a time is a text"),
        pytest.param(lines([-1, "o", ""]), "line 2: not", id="a time is before the start"),
        pytest.param(lines([float("nan"), "o", ""]), "line 2: not", id="a time is no number"),
        pytest.param(lines([float("inf"), "o", ""]), "line 2: not", id="a time never comes"),
        pytest.param(
            lines([1, "o", ""], [2, "o", ""], [1, "o", ""]), "line 4: earlier", id="time runs back"
        ),
        pytest.param(lines() + "\n{", "line 2: no JSON", id="a line is cut off"),
        pytest.param(lines(*[[0, "o", ""]] * 20_001), "more than 20000 events", id="it has no end"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(CastError, match=why):
        read(text)
