"""Goes on in this process alone while the shared store is lost, for who prefers that to 503."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from payment_service.outcome.charges import Charge
from payment_service.state.interface import Began, Scope, State, StoreLostError
from payment_service.state.records import Booking, Filter, Holder, JournalEntry, Totals
from payment_service.state.values import Arrival, Earlier, Hold, Keyed, SavedAnswer, SetFault

T = TypeVar("T")


class LocalWhenLost:
    """A State that asks the shared one and, where that is lost, one of this process.

    What the process remembered meanwhile is not brought to the store when it is back. The faults
    that were set in the store go on until they expire, or are dropped here.
    """

    def __init__(
        self, shared: State, local: State, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`now` counts seconds by the clock of the faults' deadlines."""
        self._shared = shared
        self._local = local
        self._now = now
        self._last_faults: tuple[SetFault, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope.LOCAL if self._shared.scope is Scope.LOST else self._shared.scope

    @property
    def skipped(self) -> Mapping[str, int]:
        return self._shared.skipped

    def skip(self, kind: str, name: str, why: str) -> None:
        self._shared.skip(kind, name, why)

    def close(self) -> None:
        self._shared.close()
        self._local.close()

    def arrive(self, charge: Charge, charge_id: str, window_seconds: float | None) -> Arrival:
        return self._ask(lambda state: state.arrive(charge, charge_id, window_seconds))

    def settle(
        self,
        booking: Booking,
        entry: JournalEntry,
        keyed: Keyed | None = None,
        hold: Hold | None = None,
    ) -> bool:
        try:
            return self._shared.settle(booking, entry, keyed, hold)
        except StoreLostError:
            # Without the hold, for nothing of what began there is held here.
            return self._local.settle(booking, entry, keyed)

    def next_attempt(self, charge: Charge) -> int:
        return self._ask(lambda state: state.next_attempt(charge))

    def hit(self, entry: str) -> int:
        return self._ask(lambda state: state.hit(entry))

    def give_back(self, charge: Charge, attempt: int | None, hits: Mapping[str, int]) -> None:
        self._ask(lambda state: state.give_back(charge, attempt, hits))

    def wait_seconds(self, per_second: float, burst: int) -> float:
        return self._ask(lambda state: state.wait_seconds(per_second, burst))

    def begin(self, key: str, fingerprint: str, charge_id: str = "") -> Began | SavedAnswer:
        return self._ask(lambda state: state.begin(key, fingerprint, charge_id))

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        return self._ask(
            lambda state: state.save(key, fingerprint, answer, ttl_seconds=ttl_seconds)
        )

    def forget(self, key: str, charge_id: str = "") -> None:
        self._ask(lambda state: state.forget(key, charge_id))

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Earlier | None:
        return self._ask(lambda state: state.earlier(charge, charge_id, window_seconds))

    def withdraw(self, charge: Charge, charge_id: str) -> None:
        self._ask(lambda state: state.withdraw(charge, charge_id))

    def book(self, booking: Booking) -> bool:
        return self._ask(lambda state: state.book(booking))

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        return self._ask(lambda state: state.totals(after, limit))

    def bookings(self, wanted: Filter, limit: int) -> list[Booking]:
        return self._ask(lambda state: state.bookings(wanted, limit))

    def note(self, entry: JournalEntry) -> None:
        self._ask(lambda state: state.note(entry))

    def journal(self, wanted: Filter, limit: int) -> list[JournalEntry]:
        return self._ask(lambda state: state.journal(wanted, limit))

    def count(self, wanted: Filter) -> int:
        return self._ask(lambda state: state.count(wanted))

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        return self._ask(lambda state: state.set_fault(name, document, seconds))

    def faults(self) -> tuple[SetFault, ...]:
        try:
            self._last_faults = self._shared.faults()
        except StoreLostError:
            own = {fault.name: fault for fault in self._local.faults()}
            now = self._now()
            both = {fault.name: fault for fault in self._last_faults if fault.lives(now)} | own
            return tuple(fault for _, fault in sorted(both.items()))
        return self._last_faults

    def drop_fault(self, name: str) -> bool:
        try:
            return self._shared.drop_fault(name)
        except StoreLostError:
            others = tuple(fault for fault in self._last_faults if fault.name != name)
            was_there, self._last_faults = others != self._last_faults, others
            return self._local.drop_fault(name) or was_there

    def forget_own(self) -> None:
        self._last_faults = ()
        self._local.reset()

    def last_reset(self) -> str:
        return self._shared.last_reset()  # what is remembered here, nobody else can reset

    def reset(self) -> str:
        self.forget_own()
        return self._ask(lambda state: state.reset())

    def _ask(self, question: Callable[[State], T]) -> T:
        try:
            return question(self._shared)
        except StoreLostError:
            return question(self._local)
