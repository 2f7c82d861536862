"""Tells a stack that lost its status from a new one, which has none yet."""

from dataclasses import dataclass

from billing_operator.memory import Memories
from billing_operator.names import ANTAEUS
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack


@dataclass(slots=True)
class _Known:
    """Whether this operator made the children of a stack, and whether that has had a status."""

    made_here: bool = False
    had_status: bool = False


class LostStatus:
    """Knows which stacks this operator made."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def note_made(self, stack: Stack) -> None:
        """Takes in that a stack had no children, so that nothing of it can be lost."""
        self._memories.of(stack.uid, _Known).made_here = True

    def is_lost(self, stack: Stack, seen: Observed) -> bool:
        """Whether an Antaeus was at work of which no status tells."""
        known = self._memories.of(stack.uid, _Known)
        known.had_status = known.had_status or bool(stack.status)
        at_work = any(pod.running or pod.restarts for pod in seen.all_of(ANTAEUS))
        is_new = known.made_here and not known.had_status
        return at_work and not (stack.status or is_new)
