"""Remembers everything in this process, so that it ends with it and no other replica knows."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from payment_service.outcome.charges import Alike, Charge
from payment_service.state.answers import Answers
from payment_service.state.counts import Counts
from payment_service.state.duplicates import Duplicates
from payment_service.state.faults import Faults
from payment_service.state.interface import Began, HoldLostError, Scope
from payment_service.state.ledger import Ledger
from payment_service.state.permits import Permits
from payment_service.state.records import Booking, Filter, Holder, JournalEntry, Totals
from payment_service.state.skipped import Skipped
from payment_service.state.slices import in_slices
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


class Memory:
    """A State in this process. Each kind has a lock of its own, held for no more than a look-up."""

    def __init__(self, kept: Kept = Kept(), now: Callable[[], float] = time.monotonic) -> None:  # noqa: B008 - frozen
        """`now` counts seconds, from anywhere."""
        self._kept = kept
        self._now = now
        self._skipped = Skipped()
        self.forget_own()

    @property
    def scope(self) -> Scope:
        return Scope.PROCESS

    @property
    def skipped(self) -> Mapping[str, int]:
        return self._skipped.counts

    def skip(self, kind: str, name: str, why: str) -> None:
        self._skipped.add(kind, name, why)

    def close(self) -> None:
        pass

    def arrive(self, charge: Charge, charge_id: str, window_seconds: float | None) -> Arrival:
        alike = charge.alike
        attempt = self._attempts.next(alike)
        if window_seconds is None:
            return Arrival(attempt, None)
        return Arrival(attempt, self._duplicates.earlier(alike, charge_id, window_seconds))

    def settle(
        self,
        booking: Booking,
        entry: JournalEntry,
        keyed: Keyed | None = None,
        hold: Hold | None = None,
    ) -> bool:
        if hold is not None:
            self._check(hold, booking)
        double = self.book(booking)  # first, since nothing else can fail
        if keyed is not None:
            key, fingerprint, answer, ttl_seconds = keyed
            self.save(key, fingerprint, answer, ttl_seconds=ttl_seconds)
        self._journal.append(entry)  # see `note`
        return double

    def next_attempt(self, charge: Charge) -> int:
        return self._attempts.next(charge.alike)

    def hit(self, entry: str) -> int:
        return self._hits.next(entry)

    def give_back(self, charge: Charge, attempt: int | None, hits: Mapping[str, int]) -> None:
        if attempt is not None:
            self._attempts.give_back(charge.alike, attempt)
        for entry, number in hits.items():
            self._hits.give_back(entry, number)

    def wait_seconds(self, per_second: float, burst: int) -> float:
        return self._permits.wait_seconds(per_second, burst)

    def begin(self, key: str, fingerprint: str, charge_id: str = "") -> Began | SavedAnswer:
        return self._answers.begin(key, fingerprint, charge_id)

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        return self._answers.save(key, fingerprint, answer, ttl_seconds=ttl_seconds)

    def forget(self, key: str, charge_id: str = "") -> None:
        self._answers.forget(key, charge_id)

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Earlier | None:
        return self._duplicates.earlier(charge.alike, charge_id, window_seconds)

    def withdraw(self, charge: Charge, charge_id: str) -> None:
        self._duplicates.withdraw(charge.alike, charge_id)

    def book(self, booking: Booking) -> bool:
        self._ledger.book(booking)  # first, since nothing else can fail
        alike = booking.alike
        charge_id, reason, accepted = booking.charge_id, booking.reason, booking.accepted
        return self._duplicates.booked(alike, charge_id, reason, accepted=accepted)

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        return self._ledger.totals(after, limit)

    def bookings(self, wanted: Filter, limit: int) -> list[Booking]:
        bookings = self._ledger.newest_first(duplicates=wanted.duplicate is True)
        return list(islice(filter(wanted.judge(), bookings), limit))

    def note(self, entry: JournalEntry) -> None:
        # A deque needs no lock: one step of it is never seen half done.
        self._journal.append(entry)

    def journal(self, wanted: Filter, limit: int) -> list[JournalEntry]:
        return list(islice(filter(wanted.judge(), self._newest_calls()), limit))

    def count(self, wanted: Filter) -> int:
        return sum(map(wanted.judge(), self._newest_calls()))

    def _check(self, hold: Hold, booking: Booking) -> None:
        """Raises HoldLostError; see `State.settle`."""
        charge_id = booking.charge_id
        kept = hold.key is None or self._answers.holds(hold.key, charge_id)
        alike = booking.alike
        if not kept or (hold.first and not self._duplicates.is_first(alike, charge_id)):
            raise HoldLostError

    def _newest_calls(self) -> Iterator[JournalEntry]:
        return in_slices(reversed(self._journal.copy()))

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        fault = self._faults.set(name, document, seconds)
        if fault is not None:
            self._hits.forget(fault_calls(name))
        return fault

    def faults(self) -> tuple[SetFault, ...]:
        return self._faults.all()

    def drop_fault(self, name: str) -> bool:
        dropped = self._faults.drop(name)
        if dropped:
            self._hits.forget(fault_calls(name))
        return dropped

    def reset(self) -> str:
        self.forget_own()
        return self.last_reset()

    def last_reset(self) -> str:
        return ""  # nobody else can reset it

    def forget_own(self) -> None:
        kept, now = self._kept, self._now
        self._attempts: Counts[Alike] = Counts(kept.attempts)
        self._hits: Counts[str] = Counts(kept.hits)
        self._permits = Permits(now)
        self._answers = Answers(kept, now)
        self._duplicates = Duplicates(kept.keys, kept.in_flight_seconds, now)
        self._ledger = Ledger(kept.bookings)
        self._journal: deque[JournalEntry] = deque(maxlen=kept.journal)
        self._faults = Faults(kept.faults, now)
