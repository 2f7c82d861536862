"""Remembers everything in a Redis, for all replicas that name the same store and prefix."""

import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from payment_service.outcome.charges import Charge, canonical
from payment_service.state.interface import Began, Scope
from payment_service.state.records import (
    Booking,
    Filter,
    Holder,
    JournalEntry,
    Sum,
    Total,
    Totals,
)
from payment_service.state.slices import ROWS
from payment_service.state.store import Store
from payment_service.state.stored import (
    answer_document,
    holder_text,
    read_answer,
    read_holder,
    read_record,
    record_document,
)
from payment_service.state.values import (
    Arrival,
    Earlier,
    Kept,
    Keyed,
    SavedAnswer,
    SetFault,
    fault_calls,
)

UNUSED_SECONDS = 30 * 24 * 3600
"""After how long a key of the store is gone that nobody wrote to."""
# In the order of NAMES in shared.lua.
_NAMES = (
    *("numbers", "attempts", "attempts_order", "hits", "hits_order", "answers", "answers_order"),
    *("alike", "alike_order", "totals", "totals_order", "totals_sorted", "bookings"),
    *("duplicates", "journal", "faults"),
)

R = TypeVar("R", Booking, JournalEntry)
Operation = tuple[str | float, ...]


class Shared:
    """A State in a store; each method but the reading ones is one way there and back."""

    def __init__(
        self,
        store: Store,
        prefix: str,
        kept: Kept = Kept(),  # noqa: B008 - frozen
        now: Callable[[], float] | None = None,
    ) -> None:
        """`now` gives the seconds since 1970; without it the store's clock does, for everybody."""
        self._store = store
        # In braces: a Redis cluster keeps together what has the same text in them.
        self._keys = {name: f"{{{prefix}}}:{name}" for name in _NAMES}
        self._kept = kept
        self._now = now
        self._owner = uuid4().hex

    @property
    def scope(self) -> Scope:
        return Scope.LOST if self._store.lost else Scope.STORE

    def close(self) -> None:
        self._store.close()

    def arrive(self, charge: Charge, charge_id: str, window_seconds: float | None) -> Arrival:
        if window_seconds is None:
            return Arrival(self.next_attempt(charge), None)
        earlier = self._earlier(charge, charge_id, window_seconds)
        attempt, earlier_row = self._do(self._attempt(charge), earlier)
        return Arrival(attempt, _read_earlier(earlier_row))

    def settle(self, booking: Booking, entry: JournalEntry, keyed: Keyed | None = None) -> None:
        saving = () if keyed is None else (self._save(keyed),)
        # The booking first, since nothing else can fail: a script undoes nothing.
        self._do(self._book(booking), *saving, self._note(entry))

    def next_attempt(self, charge: Charge) -> int:
        [attempt] = self._do(self._attempt(charge))
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

    def begin(self, key: str, fingerprint: str) -> Began | SavedAnswer:
        seconds, keys = self._kept.in_flight_seconds, self._kept.keys
        [row] = self._do(("begin", key, fingerprint, self._owner, seconds, keys))
        return read_answer(row[1]) if row[0] == b"saved" else Began(row[0].decode())

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        [kept] = self._do(self._save(Keyed(key, fingerprint, answer, ttl_seconds)))
        return read_answer(kept)

    def forget(self, key: str) -> None:
        self._do(("forget", key, self._owner))

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Earlier | None:
        [row] = self._do(self._earlier(charge, charge_id, window_seconds))
        return _read_earlier(row)

    def withdraw(self, charge: Charge, charge_id: str) -> None:
        self._do(("withdraw", charge.fingerprint, charge_id))

    def book(self, booking: Booking) -> None:
        self._do(self._book(booking))

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        rows: dict[Holder, Total] = {}
        while True:
            size = min(ROWS, limit - len(rows))
            behind = "" if after is None else holder_text(*after)
            [(forgotten, *page)] = self._do(("totals", behind, size))
            rows.update(map(_read_total, page))
            if len(page) < size or len(rows) >= limit:
                return Totals(rows, int(forgotten))
            after = next(reversed(rows))

    def bookings(self, wanted: Filter, limit: int) -> list[Booking]:
        if wanted.duplicate:
            bookings = self._newest_first(Booking, "duplicates", self._oldest_booking())
        else:
            bookings = self._newest_first(Booking, "bookings")
        return list(islice(filter(wanted.judge(), bookings), limit))

    def note(self, entry: JournalEntry) -> None:
        self._do(self._note(entry))

    def journal(self, wanted: Filter, limit: int) -> list[JournalEntry]:
        calls = self._newest_first(JournalEntry, "journal")
        return list(islice(filter(wanted.judge(), calls), limit))

    def count(self, wanted: Filter) -> int:
        return sum(map(wanted.judge(), self._newest_first(JournalEntry, "journal")))

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        life = "" if seconds is None else seconds
        calls, kept = fault_calls(name), self._kept.faults
        [row] = self._do(("set_fault", name, document, life, calls, kept))
        return None if row is None else _read_fault(row)

    def faults(self) -> tuple[SetFault, ...]:
        [rows] = self._do(("faults",))
        return tuple(sorted(map(_read_fault, rows), key=lambda fault: fault.name))

    def drop_fault(self, name: str) -> bool:
        [dropped] = self._do(("drop_fault", name, fault_calls(name)))
        return bool(dropped)

    def reset(self) -> None:
        self._do(("reset",))

    def _attempt(self, charge: Charge) -> Operation:
        return ("attempt", charge.fingerprint, self._kept.attempts)

    def _earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Operation:
        kept = self._kept
        seconds = kept.in_flight_seconds
        return ("earlier", charge.fingerprint, charge_id, window_seconds, seconds, kept.keys)

    def _save(self, keyed: Keyed) -> Operation:
        key, fingerprint, answer, ttl_seconds = keyed
        document = answer_document(answer)
        return ("save", key, fingerprint, document, ttl_seconds, self._kept.keys)

    def _book(self, booking: Booking) -> Operation:
        return (
            "book",
            *(booking.fingerprint, booking.charge_id, booking.outcome, booking.reason or ""),
            *(
                holder_text(booking.customer_id, booking.currency),
                canonical(booking.amount),
                record_document(booking),
            ),
            *(booking.duplicate_of or "", self._kept.keys, self._kept.bookings),
        )

    def _note(self, entry: JournalEntry) -> Operation:
        return ("note", record_document(entry), self._kept.journal)

    def _do(self, *operations: Operation) -> Any:
        """Has the script do these, in one step for everybody; returns what came of each."""
        words: list[str | float] = ["" if self._now is None else self._now(), UNUSED_SECONDS]
        for name, *arguments in operations:
            words += (name, len(arguments), *arguments)
        return self._store.run_script([*self._keys.values()], [*map(_bytes, words)])

    def _newest_first(self, kind: type[R], name: str, end: str = "-") -> Iterator[R]:
        """Returns the records of a stream, down to the one with the id `end`."""
        stream, last = self._keys[name], "+"
        while page := self._page(stream, last, end):
            for _, row in page:
                yield read_record(kind, row[b"d"])
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


def _read_earlier(row: Any) -> Earlier | None:
    if row is None:
        return None
    charge_id, outcome, reason, seconds_ago = row
    accepted = outcome == b"accepted" if outcome else None
    return Earlier(charge_id.decode(), accepted, float(seconds_ago), reason.decode() or None)


def _read_total(row: Any) -> tuple[Holder, Total]:
    holder, accepted, accepted_sum, declined, declined_sum = row
    total = Total(
        accepted=Sum(int(accepted), Decimal(accepted_sum.decode())),
        declined=Sum(int(declined), Decimal(declined_sum.decode())),
    )
    return read_holder(holder), total


def _read_fault(row: Any) -> SetFault:
    name, document, expires = (part.decode() for part in row)
    return SetFault(name, document, float(expires) if expires else None)
