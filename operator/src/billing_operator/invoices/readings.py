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


DOUBT_SECONDS = 2.0
"""For so long the status of a pod may still name the start of a container before."""
LOOK_SECONDS = 0.25
"""In so short a time the pods have been looked at live."""


@dataclass(slots=True)
class _Known:
    """The last reading of one stack, and since when there are doubts about whose answers are.

    Attributes:
        fault: what kept the last reading from being whole, in words.
    """

    reading: Reading | None = None
    doubted_since: float | None = None
    fault: str = ""


class Readings:
    """The last reading of every stack, by the stack's uid."""

    def __init__(self, memories: Memories, *, clock: Callable[[], float]) -> None:
        self._memories = memories
        self._clock = clock

    def note(self, uid: str, reading: Reading) -> bool:
        """Takes in a reading; true where it says something new."""
        known = self._memories.of(uid, _Known)
        new = known.reading != reading
        known.reading, known.doubted_since = reading, None
        return new

    def doubt(self, uid: str, seconds: float) -> bool:
        """Takes in that it is doubtful whose an answer is; false once that has lasted so long."""
        known, now = self._memories.of(uid, _Known), self._clock()
        if known.doubted_since is None:
            known.doubted_since = now
        return now - known.doubted_since < seconds

    def last(self, uid: str) -> Reading | None:
        """The last reading, if there was one since the operator started."""
        return self._memories.of(uid, _Known).reading

    def note_fault(self, uid: str, text: str) -> None:
        """Takes in what kept a reading from being whole; empty where nothing did."""
        self._memories.of(uid, _Known).fault = text

    def fault(self, uid: str) -> str:
        """What kept the last reading from being whole, in words."""
        return self._memories.of(uid, _Known).fault
