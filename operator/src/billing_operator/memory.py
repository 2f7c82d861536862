"""What the operator remembers of each stack, held together so that all of it is dropped at once.

A feature declares its part as a dataclass that only that feature reads. So it can't leave anything
behind of a stack that has gone, however many features there are.
"""

from collections.abc import Collection, Iterator
from typing import TypeVar

PartT = TypeVar("PartT")


class Memories:
    """What is remembered of stacks, by their uid; nothing of it outlives the operator."""

    def __init__(self) -> None:
        self._stacks: dict[str, dict[type, object]] = {}

    def of(self, uid: str, part: type[PartT]) -> PartT:
        """What a feature remembers of a stack: the one part of this type, empty at first."""
        parts = self._stacks.setdefault(uid, {})
        known = parts.get(part)
        if not isinstance(known, part):
            known = parts[part] = part()
        return known

    def each(self, part: type[PartT]) -> Iterator[PartT]:
        """What a feature remembers, of one stack after the other."""
        for parts in self._stacks.values():
            known = parts.get(part)
            if isinstance(known, part):
                yield known

    def drop(self, uid: str) -> None:
        """Drops all that is remembered of a stack that has gone."""
        self._stacks.pop(uid, None)

    def keep_only(self, uids: Collection[str]) -> None:
        """Drops every other stack: a pass that was under way may have outlived its own."""
        self._stacks = {uid: parts for uid, parts in self._stacks.items() if uid in uids}
