"""Remembers how many invoices each Antaeus had when it was last asked."""

from billing_operator.invoices import Reading


class Readings:
    """The last reading of every stack, by the stack's uid."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    def note(self, uid: str, reading: Reading) -> bool:
        """Takes in a reading; true where it says something new."""
        new = self._readings.get(uid) != reading
        self._readings[uid] = reading
        return new

    def last(self, uid: str) -> Reading | None:
        """The last reading, if there was one since the operator started."""
        return self._readings.get(uid)

    def forget(self, uid: str) -> None:
        """Drops what is known of a stack that has gone."""
        self._readings.pop(uid, None)
