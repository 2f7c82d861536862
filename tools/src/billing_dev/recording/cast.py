"""Recorded terminal sessions in asciinema's text format, version 2: a header, a line an event."""

import json
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

_VERSION = 2
_PRINTED, _MARKED = "o", "m"
_LARGEST_SIDE = 500
_MOST_EVENTS = 20_000
# Of all that a session prints.
_MOST_TEXT = 2_000_000


class CastError(ValueError):
    """The text is no recording that can be played; the message names the line."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the terminal printed at one moment, or a marker.

    Attributes:
        seconds: since the recording began.
        marker: whether the text is the name of what is to be read now, and nothing was printed.
    """

    seconds: float
    text: str
    marker: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """A recording.

    Attributes:
        width: of the terminal, in columns.
        height: of the terminal, in rows.
        idle_limit: the longest wait that a player shows, in seconds; None where it shows all.
    """

    width: int
    height: int
    title: str
    idle_limit: float | None
    events: tuple[Event, ...]


def written(cast: Cast) -> str:
    """The recording as asciinema writes it, and plays it. Times have a resolution of 1 ms."""
    header = {
        "version": _VERSION,
        "width": cast.width,
        "height": cast.height,
        "title": cast.title,
        "env": {"SHELL": "bash", "TERM": "xterm-256color"},
    }
    if cast.idle_limit is not None:
        header["idle_time_limit"] = cast.idle_limit
    lines = [
        [round(event.seconds, 3), _MARKED if event.marker else _PRINTED, event.text]
        for event in cast.events
    ]
    return "".join(f"{json.dumps(line)}\n" for line in [header, *lines])


def read(text: str) -> Cast:
    """Reads a recording; raises CastError where it is none, or larger than any of ours would be."""
    head, *lines = text.rstrip("\n").split("\n")
    header = _header(head)
    if len(lines) > _MOST_EVENTS or len(text) > _MOST_TEXT:
        raise CastError(f"more than {_MOST_EVENTS} events, or {_MOST_TEXT} characters")
    events = tuple(_event(number, line) for number, line in enumerate(lines, start=2))
    for number, (before, after) in enumerate(pairwise(events), start=3):
        if after.seconds < before.seconds:
            raise CastError(f"line {number}: earlier than the line before")
    return Cast(
        width=_side(header, "width"),
        height=_side(header, "height"),
        title=str(header.get("title", "")),
        idle_limit=_idle_limit(header),
        events=events,
    )


def without_idle(cast: Cast) -> Cast:
    """The recording as it is played: no wait is longer than its limit, nor is the first one."""
    if cast.idle_limit is None:
        return cast
    played, at, before = [], 0.0, 0.0
    for event in cast.events:
        at += min(event.seconds - before, cast.idle_limit)
        before = event.seconds
        played.append(replace(event, seconds=at))
    return replace(cast, events=tuple(played))


def _header(line: str) -> dict[str, Any]:
    header = _json(1, line)
    if not isinstance(header, dict) or header.get("version") != _VERSION:
        raise CastError(f"line 1: no header of version {_VERSION}")
    return header


def _side(header: dict[str, Any], name: str) -> int:
    value = header.get(name)
    if type(value) is not int or not 1 <= value <= _LARGEST_SIDE:
        raise CastError(f"line 1: {name} is no whole number from 1 to {_LARGEST_SIDE}")
    return value


def _idle_limit(header: dict[str, Any]) -> float | None:
    value = header.get("idle_time_limit")
    if value is None:
        return None
    if not _is_time(value) or value == 0:
        raise CastError("line 1: idle_time_limit is no number of seconds")
    return float(value)


def _event(number: int, line: str) -> Event:
    match _json(number, line):
        case [seconds, "o" | "m" as kind, str(text)] if _is_time(seconds):
            return Event(float(seconds), text, marker=kind == _MARKED)
    raise CastError(f"line {number}: not [seconds, {_PRINTED!r} or {_MARKED!r}, text]")


def _is_time(value: object) -> bool:
    return type(value) in (int, float) and 0 <= float(str(value)) < math.inf


def _json(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as wrong:
        raise CastError(f"line {number}: no JSON") from wrong
