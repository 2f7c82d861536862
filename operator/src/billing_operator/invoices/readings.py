"""Remembers how many invoices each Antaeus had when it was last asked."""

from collections.abc import Callable
from dataclasses import dataclass

from billing_operator.apps.answers import Counts
from billing_operator.books.ledger import Snapshot
from billing_operator.memory import Memories
from billing_operator.observed.stack import AntaeusInstance


@dataclass(frozen=True, slots=True)
class Reading:
    """What Antaeus answered.

    Attributes:
        instance: which Antaeus answered; another one has forgotten what this one knew.
        accepted: what payment had accepted just before; None where one of its processes did not
            tell.
    """

    counts: Counts
    instance: AntaeusInstance
    accepted: Snapshot | None = None


@dataclass(slots=True)
class _Known:
    """The last reading of one stack, and when one last said something new."""

    reading: Reading | None = None
    changed: float | None = None


class Readings:
    """The last reading of every stack, by the stack's uid."""

    def __init__(
        self, memories: Memories, clock: Callable[[], float], *, unchanged_seconds: float
    ) -> None:
        """Takes for still what has been the same for so many seconds."""
        self._clock = clock
        self._unchanged_seconds = unchanged_seconds
        self._memories = memories

    def note(self, uid: str, reading: Reading) -> bool:
        """Takes in a reading; true where it says something new."""
        known = self._memories.of(uid, _Known)
        new = known.reading != reading
        known.reading = reading
        if new:
            known.changed = self._clock()
        return new

    def recently_changed(self, uid: str) -> bool:
        """Whether somebody seems to be paying; so it seems, too, right after a first reading."""
        changed = self._memories.of(uid, _Known).changed
        return changed is not None and self._clock() - changed < self._unchanged_seconds

    def last(self, uid: str) -> Reading | None:
        """The last reading, if there was one since the operator started."""
        return self._memories.of(uid, _Known).reading
