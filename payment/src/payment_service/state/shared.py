"""Remembers everything in a Redis, for all replicas that name the same store and prefix."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from payment_service.outcome.charges import Charge
from payment_service.state.faults import Deadlines
from payment_service.state.interface import Began, HoldLostError, Scope, UnreadableKeyError
from payment_service.state.operations import Operation, Operations
from payment_service.state.records import (
    Booking,
    Filter,
    Holder,
    JournalEntry,
    Total,
    Totals,
)
from payment_service.state.skipped import Skipped
from payment_service.state.slices import ROWS
from payment_service.state.store import Store
from payment_service.state.stored import (
    UnreadableError,
    holder_text,
    read_answer,
    read_earlier,
    read_fault,
    read_record,
    read_total,
)
from payment_service.state.values import (
    Arrival,
    Earlier,
    Hold,
    Kept,
    Keyed,
    SavedAnswer,
    SetFault,
    fault_calls,
)

UNUSED_SECONDS = 30 * 24 * 3600
"""After how long a key of the store is gone that nobody wrote to."""
# In the order of NAMES in entries.lua.
_NAMES = (
    *("numbers", "attempts", "attempts_order", "hits", "hits_order", "answers", "answers_order"),
    *("alike", "alike_order", "totals", "totals_order", "totals_sorted", "bookings"),
    *("duplicates", "journal", "faults"),
)

R = TypeVar("R", Booking, JournalEntry)
T = TypeVar("T")


class Shared:
    """A State in a store; each method but the reading ones is one way there and back."""

    def __init__(
        self,
        store: Store,
        prefix: str,
        kept: Kept = Kept(),  # noqa: B008 - frozen
        now: Callable[[], float] | None = None,
        here: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` gives the seconds since 1970; without it the store's clock does, for everybody.

        `here` counts the seconds of this process, from anywhere.
        """
        self._store = store
        # In braces: a Redis cluster keeps together what has the same text in them.
        self._keys = {name: f"{{{prefix}}}:{name}" for name in _NAMES}
        self._kept = kept
        self._now = now
        self._owner = uuid4().hex
        self._ask_to = Operations(kept, self._owner)
        self._deadlines = Deadlines(here)
        self._skipped = Skipped()

    @property
    def scope(self) -> Scope:
        return Scope.LOST if self._store.lost else Scope.STORE

    @property
    def skipped(self) -> Mapping[str, int]:
        return self._skipped.counts

    def skip(self, kind: str, name: str, why: str) -> None:
        self._skipped.add(kind, name, why)

    def close(self) -> None:
        self._store.close()

    def arrive(self, charge: Charge, charge_id: str, window_seconds: float | None) -> Arrival:
        if window_seconds is None:
            return Arrival(self.next_attempt(charge), None)
        earlier = self._ask_to.earlier(charge, charge_id, window_seconds)
        attempt, earlier_row = self._do(self._ask_to.attempt(charge), earlier)
        return Arrival(attempt, self._read_earlier(earlier_row, charge))

    def settle(
        self,
        booking: Booking,
        entry: JournalEntry,
        keyed: Keyed | None = None,
        hold: Hold | None = None,
    ) -> bool:
        first = () if hold is None else (self._ask_to.check(hold, booking),)
        saving = () if keyed is None else (self._ask_to.save(keyed),)
        # The booking next, since nothing else can fail: a script undoes nothing.
        results = self._do(*first, self._ask_to.book(booking), *saving, self._ask_to.note(entry))
        if results[0] == b"hold lost":
            raise HoldLostError
        return bool(results[len(first)])

    def next_attempt(self, charge: Charge) -> int:
        [attempt] = self._do(self._ask_to.attempt(charge))
        return int(attempt)

    def hit(self, entry: str) -> int:
        [hits] = self._do(("hit", entry, self._kept.hits))
        return int(hits)

    def give_back(self, charge: Charge, attempt: int | None, hits: Mapping[str, int]) -> None:
        operations: list[Operation] = [
            ("give_back", "hits", entry, number) for entry, number in hits.items()
        ]
        if attempt is not None:
            operations.append(("give_back", "attempts", charge.fingerprint, attempt))
        self._do(*operations)

    def wait_seconds(self, per_second: float, burst: int) -> float:
        [wait] = self._do(("permit", per_second, burst))
        return float(wait)

    def begin(self, key: str, fingerprint: str, charge_id: str = "") -> Began | SavedAnswer:
        seconds, keys = self._kept.in_flight_seconds, self._kept.keys
        [row] = self._do(("begin", key, fingerprint, self._owner + charge_id, seconds, keys))
        if row[0] == b"unreadable":
            raise UnreadableKeyError
        return self._read_answer(row[1], key) if row[0] == b"saved" else Began(row[0].decode())

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        [kept] = self._do(self._ask_to.save(Keyed(key, fingerprint, answer, ttl_seconds)))
        return self._read_answer(kept, key)

    def forget(self, key: str, charge_id: str = "") -> None:
        self._do(("forget", key, self._owner + charge_id))

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Earlier | None:
        [row] = self._do(self._ask_to.earlier(charge, charge_id, window_seconds))
        return self._read_earlier(row, charge)

    def withdraw(self, charge: Charge, charge_id: str) -> None:
        self._do(("withdraw", charge.fingerprint, charge_id))

    def book(self, booking: Booking) -> bool:
        [double] = self._do(self._ask_to.book(booking))
        return bool(double)

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        rows: dict[Holder, Total] = {}
        behind, unreadable = "" if after is None else holder_text(*after), 0
        while True:
            size = min(ROWS, limit - len(rows))
            [(forgotten, missing, last, *page)] = self._do(("totals", behind, size))
            behind = last.decode("utf-8", "surrogatepass")
            readable = dict(self._readable("totals", page, read_total))
            unreadable += int(missing) + len(page) - len(readable)
            rows.update(readable)
            if not behind or len(rows) >= limit:
                return Totals(rows, int(forgotten) + unreadable)

    def bookings(self, wanted: Filter, limit: int) -> list[Booking]:
        if wanted.duplicate:
            bookings = self._newest_first(Booking, "duplicates", self._oldest_booking())
        else:
            bookings = self._newest_first(Booking, "bookings")
        return list(islice(filter(wanted.judge(), bookings), limit))

    def note(self, entry: JournalEntry) -> None:
        self._do(self._ask_to.note(entry))

    def journal(self, wanted: Filter, limit: int) -> list[JournalEntry]:
        calls = self._newest_first(JournalEntry, "journal")
        return list(islice(filter(wanted.judge(), calls), limit))

    def count(self, wanted: Filter) -> int:
        return sum(map(wanted.judge(), self._newest_first(JournalEntry, "journal")))

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        life = "" if seconds is None else seconds
        setting, calls, kept = uuid4().hex, fault_calls(name), self._kept.faults
        [row] = self._do(("set_fault", name, document, life, setting, calls, kept))
        return None if row is None else self._deadlines.fault(name, document, seconds, setting)

    def faults(self) -> tuple[SetFault, ...]:
        [rows] = self._do(("faults",))
        return self._deadlines.living(self._readable("faults", rows, read_fault))

    def drop_fault(self, name: str) -> bool:
        [dropped] = self._do(("drop_fault", name, fault_calls(name)))
        return bool(dropped)

    def reset(self) -> str:
        name = uuid4().hex
        self._do(("reset", name))
        return name

    def forget_own(self) -> None:
        pass  # there is nothing

    def last_reset(self) -> str:
        [name] = self._do(("last_reset",))
        return _printable(name)

    def _do(self, *operations: Operation) -> Any:
        """Has the script do these, in one step for everybody; returns what came of each."""
        words: list[str | float] = ["" if self._now is None else self._now(), UNUSED_SECONDS]
        if self._store.lost:
            # Else a charge would find out after it has been written to some of the keys.
            words += ("check_keys", 0)
        for name, *arguments in operations:
            words += (name, len(arguments), *arguments)
        results = self._store.run_script([*self._keys.values()], [*map(_bytes, words)])
        if len(results) > len(operations):
            for kind, field in results.pop():
                self._skipped.add(kind.decode(), _printable(field))
        return results

    def _readable(self, kind: str, rows: Any, read: Callable[[Any], T]) -> Iterator[T]:
        """Reads rows, each of which begins with its name, and leaves out what cannot be read."""
        for row in rows:
            try:
                yield read(row)
            except UnreadableError:
                self._skipped.add(kind, _printable(row[0]))

    def _read_answer(self, document: bytes, key: str) -> SavedAnswer:
        try:
            return read_answer(document)
        except UnreadableError:
            self._skipped.add("answers", key)
            raise UnreadableKeyError from None

    def _read_earlier(self, row: Any, charge: Charge) -> Earlier | None:
        if row is None:
            return None
        try:
            return read_earlier(row)
        except UnreadableError:
            self._skipped.add("alike", charge.fingerprint)
            return None

    def _newest_first(self, kind: type[R], name: str, end: str = "-") -> Iterator[R]:
        """Returns the records of a stream, down to the one with the id `end`."""
        stream, last = self._keys[name], "+"
        while page := self._page(stream, last, end):
            yield from self._readable(name, page, partial(_read_row, kind))
            # An opening bracket leaves out the one itself.
            last = f"({page[-1][0].decode()}"

    def _oldest_booking(self) -> str:
        stream = self._keys["bookings"]
        oldest: Any = self._store.ask(lambda redis: redis.xrange(stream, count=1))
        return oldest[0][0].decode() if oldest else "+"

    def _page(self, stream: str, last: str, end: str) -> Any:
        return self._store.ask(lambda redis: redis.xrevrange(stream, last, end, ROWS))


def _bytes(word: str | float) -> bytes:
    # A currency may be any text that JSON can say, also half of a pair of surrogates.
    return (word if isinstance(word, str) else repr(word)).encode("utf-8", "surrogatepass")


def _printable(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _read_row(kind: type[R], row: tuple[bytes, dict[bytes, bytes] | None]) -> R:
    return read_record(kind, (row[1] or {}).get(b"d", b""))
