"""Remembers how many invoices each Antaeus had when it was last asked."""

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
    """The last reading of one stack."""

    reading: Reading | None = None


class Readings:
    """The last reading of every stack, by the stack's uid."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def note(self, uid: str, reading: Reading) -> bool:
        """Takes in a reading; true where it says something new."""
        known = self._memories.of(uid, _Known)
        new = known.reading != reading
        known.reading = reading
        return new

    def last(self, uid: str) -> Reading | None:
        """The last reading, if there was one since the operator started."""
        return self._memories.of(uid, _Known).reading
