"""What payment accepted is kept over all its processes, and nothing of it counts twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from billing_operator.apps.sums import Sum, Sums
from billing_operator.books.ledger import (
    Count,
    Ledger,
    Process,
    Snapshot,
    accepted_between,
    advanced,
    new_doubles,
)
from billing_operator.kinds import Manifest

FIRST, SECOND = Process("a", 0), Process("b", 0)


def euros(charges: int) -> Sums:
    return {"EUR": Sum(charges, Decimal(charges) / 10)} if charges else {}


def at(*, ended: dict[Process, int] | None = None, **alive: int) -> Snapshot:
    """A moment at which processes with these pods have accepted so many charges of 0.1."""
    told = {Process(uid, 0): Count(euros(charges), last=False) for uid, charges in alive.items()}
    left = {process: Count(euros(many), last=True) for process, many in (ended or {}).items()}
    return Snapshot(told | left, paid=0)


def after(*moments: Snapshot | None) -> Ledger | None:
    ledger: Ledger | None = None
    for moment in moments:
        ledger = advanced(ledger, moment)
        # Between two of them, a status keeps it.
        ledger = Ledger.of(ledger.as_status()) if ledger else None
    return ledger


def accepted(before: Ledger | None, now: Ledger | None) -> Sums | None:
    return accepted_between(before, now)


def test_what_each_tells_more_is_added() -> None:
    first = after(at(a=3, b=1))

    assert accepted(None, first) == euros(4)
    assert accepted(first, advanced(first, at(a=5, b=1))) == euros(2)


def test_where_nobody_told_all_is_as_it_was() -> None:
    first = after(at(a=3))

    assert advanced(first, None) == first
    assert advanced(None, None) is None


def test_the_last_count_of_a_process_that_ended_counts_once() -> None:
    first = after(at(a=3))
    moments = (at(ended={FIRST: 7}, b=1), at(ended={FIRST: 7}, b=2), at(b=2))

    assert accepted(first, after(at(a=3), *moments)) == euros(4 + 2)


def test_a_process_that_came_and_ended_between_two_moments_counts() -> None:
    first = after(at(a=3))

    assert accepted(first, after(at(a=3), at(ended={SECOND: 2}, a=3))) == euros(2)


def test_of_a_process_that_ended_unseen_nothing_is_certain() -> None:
    first = after(at(a=3))
    later = advanced(first, at(b=1))

    assert accepted(first, later) is None
    assert accepted(later, advanced(later, at(b=2))) == euros(1)


def test_of_a_process_that_takes_back_nothing_is_certain() -> None:
    first = after(at(a=3))

    assert accepted(first, advanced(first, at(a=2))) is None


def test_sums_are_exact() -> None:
    moments = [at(a=charges) for charges in range(50)]

    assert accepted(None, after(*moments)) == {"EUR": Sum(49, Decimal("4.9"))}


def test_what_somebody_else_wrote_is_none() -> None:
    written = after(at(a=3))
    assert written is not None
    sound = written.as_status()

    for name, value in (
        ("currencies", [{"currency": "EUR", "count": "3", "amount": "1"}]),
        ("currencies", [{"currency": "EUR", "count": 3, "amount": "NaN"}]),
        ("currencies", None),
        ("unseenProcesses", "none"),
        ("paidInvoices", None),
        ("processes", [{"podUID": 1, "restartCount": 0, "currencies": []}]),
    ):
        assert Ledger.of(sound | {name: value}) is None, (name, value)
    assert Ledger.of(sound) == written


@given(some.lists(some.sampled_from(["charge", "look", "restart", "die"]), max_size=40))
def test_whatever_happens_all_that_was_accepted_is_known_or_known_not_to_be(
    events: list[str],
) -> None:
    """Two processes; each end of one is seen, but for `die`."""
    ended: dict[Process, int] = {}
    ledger, counts, total, unseen, made = None, {"a": 0}, 0, 0, 1
    seen = False
    for event in events:
        uid = next(iter(counts))
        if event == "charge":
            counts[uid] += 1
            total += 1
        elif event == "look":
            ledger, seen = advanced(ledger, at(ended=ended, **counts)), True
        else:
            made += 1
            charges = counts.pop(uid)
            if event == "restart":
                ended[Process(uid, 0)] = charges
            else:
                unseen += seen
                total -= charges
            counts[f"new-{made}"] = 0
            seen = seen and event == "restart"
    ledger = advanced(ledger, at(ended=ended, **counts))

    assert ledger is not None
    if ledger.unseen == 0:
        assert accepted(None, ledger) == euros(total)


def test_the_last_count_of_a_process_that_had_gone_unseen_counts_once_as_well() -> None:
    """A watch tells of its end later than a list has it gone."""
    first = after(at(a=3))
    gone = after(at(a=3), at(), at())
    found = after(at(a=3), at(), at(ended={Process("a", 0): 5}))
    assert first
    assert gone
    assert found

    assert (gone.total, gone.unseen) == (euros(3), 1)
    assert accepted(first, gone) is None
    assert (found.total, found.unseen) == (euros(5), 0)
    assert accepted(first, found) == euros(2)


def with_doubles(pod: str, doubles: int, *, last: bool = False) -> Snapshot:
    return Snapshot({Process(pod, 0): Count(euros(9), last, doubles)}, paid=0)


def status_of(ledger: Ledger | None) -> Manifest:
    return {"payment": {"accepted": ledger and ledger.as_status()}}


def test_double_charges_are_counted_over_all_processes_and_once() -> None:
    first = after(with_doubles("a", 2))
    later = after(with_doubles("a", 2), with_doubles("a", 3, last=True), with_doubles("b", 4))

    assert (first and first.doubles, later and later.doubles) == (2, 7)
    assert new_doubles({}, status_of(first)) == 2
    assert new_doubles(status_of(first), status_of(later)) == 5
    assert new_doubles(status_of(later), status_of(later)) == 0
    # A status that was lost begins anew.
    assert new_doubles(status_of(later), {}) == 0
