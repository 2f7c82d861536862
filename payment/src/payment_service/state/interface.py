"""What is remembered from one charge to the next, whoever keeps it: the one interface to it."""

import sys
from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Protocol

from payment_service.outcome.charges import Charge
from payment_service.state.records import Booking, Filter, Holder, JournalEntry, Totals
from payment_service.state.values import Arrival, Earlier, Hold, Keyed, SavedAnswer, SetFault


class Began(Enum):
    """What became of an idempotency key where no saved answer is to be repeated."""

    FRESH = "fresh"
    """Nobody used it: the charge is to be made now, and then `save` or `forget` to be called."""
    IN_FLIGHT = "in_flight"
    """A call with the same charge is at it."""
    MISMATCH = "mismatch"
    """It belongs to another charge."""


class Scope(StrEnum):
    """Who shares what is remembered now."""

    PROCESS = "process"
    """This process alone, as nobody asked for more."""
    STORE = "store"
    """All replicas with the same store and prefix."""
    LOST = "lost"
    """Nobody: the store cannot be reached."""
    LOCAL = "local"
    """This process alone, until the store that cannot be reached is back."""


class StoreLostError(Exception):
    """The shared store cannot be used now; whether it still did what it was asked is not known.

    Its text names the store and the kind of failure, never the password.
    """


class UnreadableKeyError(Exception):
    """What stands under an idempotency key was written by another version of this service.

    It may be an answer, so nobody knows here whether its charge was made.
    """


class HoldLostError(Exception):
    """A charge was settled too late; nothing was booked."""


class State(Protocol):
    """All that is remembered. Every method may be called by any thread.

    With a shared store, every method but `scope` may raise StoreLostError, within 0.5 s.
    """

    @property
    def scope(self) -> Scope:
        """Who shares it at this moment; costs nothing, so it does not ask the store."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many entries of each kind were left out, since this version cannot read them."""

    def skip(self, kind: str, name: str, why: str) -> None:
        """Counts one of these, once by its name, and logs why it was left out."""

    def arrive(self, charge: Charge, charge_id: str, window_seconds: float | None) -> Arrival:
        """Does `next_attempt` and, with a window, `earlier`: one way to the store for both."""

    def settle(
        self,
        booking: Booking,
        entry: JournalEntry,
        keyed: Keyed | None = None,
        hold: Hold | None = None,
    ) -> bool:
        """Does `book`, `note` and `save` in one step: all of them, or none if one fails.

        So no process can be killed between a charge that counts and the answer for its key.
        Returns what `book` does. Raises HoldLostError if another charge has what this one took:
        it was away for so long that it counts as killed, or its question for so long on its way.
        """

    def next_attempt(self, charge: Charge) -> int:
        """Counts one more attempt at this charge and returns its number, from 1."""

    def hit(self, entry: str) -> int:
        """Counts one more call that a rule or fault matches and returns its number, from 1."""

    def give_back(self, charge: Charge, attempt: int | None, hits: Mapping[str, int]) -> None:
        """Takes back the attempt, and the hits by their entries, of a call that was not taken.

        A number that another call has counted on from stays used: none is given out twice.
        """

    def wait_seconds(self, per_second: float, burst: int) -> float:
        """Takes a permit and returns 0.0, or returns after how many seconds there will be one.

        `per_second` is above 0, and `burst`, from 1 on, is how many may be taken at once.
        """

    def begin(self, key: str, fingerprint: str, charge_id: str = "") -> Began | SavedAnswer:
        """Takes an idempotency key for a charge with this fingerprint, if it is not taken.

        A key that was taken and got no answer is free again after `Kept.in_flight_seconds`.
        Raises UnreadableKeyError.
        """

    def save(
        self, key: str, fingerprint: str, answer: SavedAnswer, *, ttl_seconds: float
    ) -> SavedAnswer:
        """Keeps the answer under its key and returns it; the first one to be saved stays.

        So it returns the first one's where a call outlived its hold on the key and another one
        has answered meanwhile.
        """

    def forget(self, key: str, charge_id: str = "") -> None:
        """Gives a key back that this charge began here and saved no answer under."""

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Earlier | None:
        """Returns the first charge alike that arrived less than `window_seconds` ago.

        If there is none, this one is remembered as the first, in the same step; `book` then says
        how it ended, or `withdraw` that it is not to count. A charge alike that is booked later
        is remembered as the latest: that one is named once the first is too long ago. A first
        that has not ended after `Kept.in_flight_seconds` never will: its process was killed, or
        could not say so. It is taken for none.
        """

    def withdraw(self, charge: Charge, charge_id: str) -> None:
        """Takes back what `earlier` remembered of a charge that turned out not to count.

        One that was booked stays: whoever heard of a failure may not know that.
        """

    def book(self, booking: Booking) -> bool:
        """Enters a counted charge into the ledger and its totals; nothing at all if that fails.

        Tells whether it is a double: accepted, and one alike was accepted before, each in the
        window of the one before it. Of two that were decided at once one is a double.
        """

    def totals(self, after: Holder | None = None, limit: int = sys.maxsize) -> Totals:
        """Returns what was booked by customer and currency, exactly, since the last reset.

        It returns at most `limit` rows, those behind `after`. Each row is of one moment, and not
        all of the same one: charges go on meanwhile.
        """

    def bookings(self, wanted: Filter, limit: int) -> list[Booking]:
        """Returns at most `limit` bookings, the newest first."""

    def note(self, entry: JournalEntry) -> None:
        """Enters a call, refused ones too, into the journal."""

    def journal(self, wanted: Filter, limit: int) -> list[JournalEntry]:
        """Returns at most `limit` calls, the newest first."""

    def count(self, wanted: Filter) -> int:
        """Returns how many calls of the journal are as wanted."""

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        """Sets or replaces a fault by its name and returns it; None if there are too many others.

        The count of the calls that it matches begins anew, as it does when it is dropped.
        After so many seconds it is gone, by the clock of what remembers it; None is never.
        """

    def faults(self) -> tuple[SetFault, ...]:
        """Returns the faults that are set now, by name."""

    def drop_fault(self, name: str) -> bool:
        """Drops a fault; false if there is none of that name."""

    def reset(self) -> str:
        """Forgets everything, the faults too; returns what `last_reset` returns from then on."""

    def forget_own(self) -> None:
        """Forgets what is remembered here alone, where another replica reset the rest."""

    def last_reset(self) -> str:
        """Returns what names the last reset, by whatever replica; empty if none is known."""

    def close(self) -> None:
        """Ends its connections, if it has any. Nothing is asked of it afterwards."""
