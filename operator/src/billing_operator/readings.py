"""Remembers how many invoices each Antaeus had when it was last asked."""

from billing_operator.status import Counts


class Readings:
    """The last counts of every stack, by the stack's uid."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}

    def note(self, uid: str, counts: Counts) -> bool:
        """Takes in a reading; true where it says something new."""
        new = self._counts.get(uid) != counts
        self._counts[uid] = counts
        return new

    def last(self, uid: str) -> Counts | None:
        """The last reading, if there was one since the operator started."""
        return self._counts.get(uid)

    def forget(self, uid: str) -> None:
        """Drops what is known of a stack that has gone."""
        self._counts.pop(uid, None)
