"""Remembers how many invoices each Antaeus had when it was last asked."""

from collections.abc import Callable
from dataclasses import dataclass

from billing_operator.apps.answers import Counts


@dataclass(frozen=True, slots=True)
class Reading:
    """What Antaeus answered.

    Attributes:
        life: which life of Antaeus answered; another one has forgotten what this one knew.
    """

    counts: Counts
    life: str


class Readings:
    """The last reading of every stack, by the stack's uid."""

    def __init__(self, clock: Callable[[], float], *, still_seconds: float) -> None:
        """Takes for still what has been the same for so many seconds."""
        self._clock = clock
        self._still_seconds = still_seconds
        self._readings: dict[str, Reading] = {}
        self._changed: dict[str, float] = {}

    def note(self, uid: str, reading: Reading) -> bool:
        """Takes in a reading; true where it says something new."""
        new = self._readings.get(uid) != reading
        self._readings[uid] = reading
        if new:
            self._changed[uid] = self._clock()
        return new

    def moving(self, uid: str) -> bool:
        """Whether somebody seems to be paying; so it seems, too, right after a first reading."""
        changed = self._changed.get(uid)
        return changed is not None and self._clock() - changed < self._still_seconds

    def last(self, uid: str) -> Reading | None:
        """The last reading, if there was one since the operator started."""
        return self._readings.get(uid)

    def forget(self, uid: str) -> None:
        """Drops what is known of a stack that has gone."""
        self._readings.pop(uid, None)
        self._changed.pop(uid, None)
