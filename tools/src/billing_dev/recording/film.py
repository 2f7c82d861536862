"""What a recording shows, screen by screen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import pyte
from pyte.screens import Char

from billing_dev.recording.cast import Cast, without_idle

# Two screens that follow closer than this are one to whoever looks.
FRAME_SECONDS = 0.05
# The last screen stays, so that it can be read before everything begins anew.
LAST_SECONDS = 2.0
# So does what is marked.
MARKED_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a row that look the same.

    Attributes:
        colour: as the terminal names it, such as "green"; "default" for plain text.
    """

    text: str
    colour: str = "default"
    bold: bool = False


Row = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One screen.

    Attributes:
        seconds: when it appears.
        rows: from the top, each without the blanks at its end.
        cursor: its column and row; None while it is hidden.
    """

    seconds: float
    rows: tuple[Row, ...]
    cursor: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Film:
    """All screens of a recording, and how long they take together.

    Attributes:
        width: of the terminal, in columns.
        height: of the terminal, in rows.
    """

    width: int
    height: int
    seconds: float
    frames: tuple[Frame, ...]


def film(cast: Cast) -> Film:
    """Plays a recording, with its waits cut to its limit."""
    frames: list[Frame] = []
    for screen in _screens(without_idle(cast)):
        start = screen.seconds
        if frames and start - frames[-1].seconds < FRAME_SECONDS:
            start = frames.pop().seconds
        if not frames or not _looks_alike(frames[-1], screen):
            frames.append(replace(screen, seconds=start))
    end = frames[-1].seconds + LAST_SECONDS
    return Film(cast.width, cast.height, end, tuple(frames))


def _looks_alike(one: Frame, other: Frame) -> bool:
    return (one.rows, one.cursor) == (other.rows, other.cursor)


def _screens(cast: Cast) -> Iterator[Frame]:
    """The screen at the start, and after each event."""
    screen = pyte.Screen(cast.width, cast.height)
    stream = pyte.Stream(screen)
    yield _frame(0.0, screen)
    stood = 0.0
    for event in cast.events:
        if event.marker:
            stood += MARKED_SECONDS
            continue
        stream.feed(event.text)
        yield _frame(event.seconds + stood, screen)


def _frame(seconds: float, screen: pyte.Screen) -> Frame:
    rows = tuple(_row(screen, number) for number in range(screen.lines))
    # It stands beyond the last column until the next character makes a new row.
    column = min(screen.cursor.x, screen.columns - 1)
    cursor = None if screen.cursor.hidden else (column, screen.cursor.y)
    return Frame(seconds, rows, cursor)


def _row(screen: pyte.Screen, number: int) -> Row:
    cells = [screen.buffer[number][column] for column in range(screen.columns)]
    while cells and cells[-1].data.isspace():
        cells.pop()
    spans = groupby(cells, key=_look)
    return tuple(
        Span("".join(cell.data for cell in of_one), colour, bold)
        for (colour, bold), of_one in spans
    )


def _look(cell: Char) -> tuple[str, bool]:
    return (cell.fg, cell.bold)
