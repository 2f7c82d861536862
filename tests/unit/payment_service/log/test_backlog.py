"""Lines that wait, where what takes them fails in the middle of one."""

from collections.abc import Iterable

from payment_service.cashier.losses import LostLines
from payment_service.log.backlog import Backlog, Progress

FULL = OSError("no space left")
STUCK = BlockingIOError()


class Taker:
    """Takes so many bytes at a time, or raises; in the end, all."""

    def __init__(self, script: Iterable[int | OSError]) -> None:
        self._script = iter(script)
        self.taken = b""

    def __call__(self, data: bytes) -> int:
        step = next(self._script, len(data))
        if isinstance(step, OSError):
            raise step
        self.taken += data[:step]
        return min(step, len(data))


def a_backlog(taker: Taker) -> Backlog:
    return Backlog(taker, LostLines, lambda losses: f"{losses.lines} lost\n", 1000)


def test_what_was_taken_in_part_goes_on_where_it_stopped() -> None:
    taker = Taker([2, STUCK])
    backlog = a_backlog(taker)
    backlog.keep(b"first\n", None)
    assert backlog.advance() is Progress.STUCK
    backlog.keep(b"second\n", None)

    assert backlog.advance() is Progress.DONE

    assert taker.taken == b"first\nsecond\n"
    assert (backlog.bytes, backlog.lost) == (0, 0)


def test_after_half_a_line_the_next_one_is_a_line_of_its_own() -> None:
    taker = Taker([2, FULL])
    backlog = a_backlog(taker)
    backlog.keep(b"first\n", None)
    assert backlog.advance() is Progress.FAILED

    backlog.keep(b"second\n", None)
    assert backlog.advance() is Progress.DONE

    assert taker.taken == b"fi\nsecond\n1 lost\n"


def test_a_line_that_was_begun_elsewhere_is_half_a_line_too() -> None:
    taker = Taker([FULL])
    backlog = a_backlog(taker)
    backlog.keep(b"rst\n", None, begun=True)
    assert backlog.advance() is Progress.FAILED

    backlog.keep(b"second\n", None)
    backlog.advance()

    assert taker.taken == b"\nsecond\n1 lost\n"


def test_losses_whose_line_is_lost_are_told_by_the_next_one() -> None:
    taker = Taker([FULL, 7, FULL, 6])
    backlog = a_backlog(taker)
    backlog.keep(b"first\n", None)
    backlog.advance()
    backlog.keep(b"second\n", None)
    assert backlog.advance() is Progress.FAILED
    assert (backlog.untold.lines, backlog.lost) == (1, 1)

    backlog.keep(b"third\n", None)
    assert backlog.advance() is Progress.DONE

    assert taker.taken == b"second\nthird\n1 lost\n"
    assert backlog.untold.lines == 0
