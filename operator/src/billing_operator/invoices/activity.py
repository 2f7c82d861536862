"""Tells for how long nobody has charged: by Antaeus' invoices, and by what payment's pods count.

A batch that goes on shows in one of them sooner or later: a paid invoice changes the counts, and a
charge that is declined is one more call that payment has taken.
"""

from collections.abc import Callable
from dataclasses import dataclass

from billing_operator.apps.answers import Calls
from billing_operator.invoices.readings import Reading
from billing_operator.memory import Memories


@dataclass(frozen=True, slots=True)
class Sample:
    """Antaeus and payment at one moment.

    Attributes:
        reading: None where Antaeus did not answer.
        calls: of each pod that takes charges, by what tells one start of it from another; none
            where payment has no pod at all, and None where one of them does not tell.
    """

    reading: Reading | None
    calls: tuple[tuple[str, Calls], ...] | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What the samples of a stack say together.

    Attributes:
        charging: whether payment is in the middle of a charge now.
        unchanged_seconds: for how long nothing has moved.
        unknown_because: why that can't be told, in words; empty where it can.
        calls: those of the last sample.
    """

    charging: bool
    unchanged_seconds: float
    unknown_because: str
    calls: tuple[tuple[str, Calls], ...] | None = None


@dataclass(slots=True)
class _Known:
    """The last sample of one stack, and since when all samples have been alike."""

    last: Sample | None = None
    since: float = 0.0


class ActivityTracker:
    """Compares each sample of a stack with the one before, by the stack's uid."""

    def __init__(self, memories: Memories, *, clock: Callable[[], float]) -> None:
        self._memories = memories
        self._clock = clock

    def note(self, uid: str, sample: Sample) -> Activity:
        """Takes in a sample; what has moved, or can't be told, begins the time anew."""
        charging = any(calls.held for _, calls in sample.calls or ())
        unknown_because = _unknown_because(sample)
        now, known = self._clock(), self._memories.of(uid, _Known)
        if unknown_because or charging or known.last != sample:
            known.since = now
        known.last = sample
        return Activity(charging, now - known.since, unknown_because, sample.calls)


def _unknown_because(sample: Sample) -> str:
    if sample.reading is None:
        return "Antaeus does not tell its invoices"
    return "payment's pods do not tell what they count" if sample.calls is None else ""
