"""Who of a port's connections is told what, and who is left in peace."""

import socket
from collections.abc import Callable, Iterator

import pytest

from payment_service.server.idle import LONGEST_PAUSE, Watched
from support.cases import cases

HI = b"hi"
SOON = 0.05


Connect = Callable[[], "Line"]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Line:
    """A connection that says what it waits for, and counts how often it was asked."""

    accepting = False

    def __init__(self, watched: Watched) -> None:
        self.socket, self.other = socket.socketpair()
        self.socket.settimeout(0)
        self._fileno: int | None = self.socket.fileno()
        self._watched = watched
        self.busy = self.full = False
        self.questions = 0
        self.heard: list[bytes] = []
        self.flushed: list[bytes] = []
        watched[self.socket.fileno()] = self

    def readable(self) -> bool:
        self.questions += 1
        return not self.busy

    def writable(self) -> bool:
        return self.full

    def handle_read_event(self) -> None:
        self.heard.append(self.socket.recv(100))

    def handle_write_event(self) -> None:
        self.flushed.append(HI)
        self.full = False

    def handle_close(self) -> None:
        del self._watched[self.socket.fileno()]
        self._fileno = None
        self.socket.close()

    def hang_up(self) -> None:
        self.other.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(clock: Clock) -> Iterator[Watched]:
    one = Watched(clock)
    yield one
    one.close()


@pytest.fixture
def connect(watched: Watched) -> Iterator[Connect]:
    made: list[Line] = []

    def one_more() -> Line:
        made.append(Line(watched))
        return made[-1]

    yield one_more
    for line in made:
        line.socket.close()
        line.other.close()


def test_what_comes_is_heard_each_time(watched: Watched, connect: Connect) -> None:
    line = connect()
    for count in range(1, 4):
        line.other.send(HI)
        watched.wait(SOON)
        assert line.heard == [HI] * count


def test_who_has_nothing_new_is_not_asked(watched: Watched, connect: Connect) -> None:
    quiet, line = [connect() for _ in range(20)], connect()
    watched.wait(0)
    before = [one.questions for one in quiet]
    for _ in range(10):
        line.other.send(HI)
        watched.wait(SOON)
    assert line.heard == [HI] * 10
    assert [one.questions for one in quiet] == before


@pytest.mark.parametrize(
    "way", cases("because of {0}", ["time", "a word", "one who comes", "one who goes"])
)
def test_all_are_asked_again_for(
    way: str, watched: Watched, connect: Connect, clock: Clock
) -> None:
    line, other = connect(), connect()
    watched.wait(0)
    line.full = True
    watched.wait(0)
    assert line.flushed == []
    match way:
        case "time":
            clock.now += LONGEST_PAUSE
        case "a word":
            watched.look_at_all()
        case "one who comes":
            connect()
        case _:
            other.handle_close()
    watched.wait(SOON)
    assert line.flushed == [HI]


def test_who_is_busy_hears_nothing_until_it_is_watched_again(
    watched: Watched, connect: Connect
) -> None:
    line = connect()
    line.busy = True
    watched.wait(0)
    line.other.send(HI)
    watched.wait(0)
    line.busy = False
    watched.wait(0)
    assert line.heard == []
    watched.again(line)
    watched.wait(SOON)
    assert line.heard == [HI]


def test_who_is_busy_is_not_even_asked(watched: Watched, connect: Connect) -> None:
    line = connect()
    watched.wait(0)
    line.busy = True
    line.other.send(HI)
    watched.wait(0)
    before = line.questions
    watched.wait(0)
    assert (line.heard, line.questions) == ([], before)


def test_who_is_watched_too_early_hears_nothing_and_loses_nothing(
    watched: Watched, connect: Connect
) -> None:
    line = connect()
    line.busy = True
    watched.again(line)
    line.other.send(HI)
    watched.wait(0)
    watched.wait(0)
    assert line.heard == []
    line.busy = False
    watched.again(line)
    watched.wait(SOON)
    assert line.heard == [HI]


def test_of_a_caller_that_hangs_up_a_busy_one_hears_later(
    watched: Watched, connect: Connect
) -> None:
    line = connect()
    line.busy = True
    watched.wait(0)
    line.hang_up()
    watched.wait(0)
    assert len(watched) == 1
    line.busy = False
    watched.again(line)
    watched.wait(SOON)
    assert line.heard == [b""]
    assert len(watched) == 0


def test_who_is_gone_is_watched_no_longer(watched: Watched, connect: Connect) -> None:
    line = connect()
    watched.wait(0)
    kept_open = line.socket.dup()
    number = line.socket.fileno()
    line.handle_close()
    heir = connect()
    assert heir.socket.fileno() == number
    line.other.send(HI)
    watched.wait(0)
    assert (line.heard, heir.heard) == ([], [])
    watched.again(line)
    kept_open.close()


def test_who_is_gone_can_be_asked_for_at_that_very_moment(
    watched: Watched, connect: Connect
) -> None:
    line = connect()
    number = line._fileno
    line.handle_close()
    watched.again(line)
    line._fileno = number  # as read just before
    watched.again(line)
    assert len(watched) == 0


def test_who_is_closed_by_another_at_that_very_moment_does_no_harm(
    watched: Watched, connect: Connect
) -> None:
    line, other = connect(), connect()
    line.socket.close()
    other.other.send(HI)
    watched.wait(SOON)
    assert other.heard == [HI]
