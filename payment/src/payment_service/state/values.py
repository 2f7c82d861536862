"""The small values that a state takes and gives, and how much it keeps."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept of each kind; what was used longest ago is forgotten first.

    With a shared store they hold for all replicas together.
    """

    attempts: int = 30_000
    """Charges whose attempts are counted."""
    hits: int = 10_000
    """Rules and faults whose calls are counted."""
    keys: int = 30_000
    """Idempotency keys, and charges to which a later one may be alike."""
    bookings: int = 30_000
    """Bookings, and rows of totals."""
    journal: int = 10_000
    """Calls."""
    faults: int = 100
    """Faults that are set at the same time; one more is refused."""
    in_flight_seconds: float = 30.0
    """How long a call may be undecided: its key is free then, and it is no duplicate's first."""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An HTTP answer as it is repeated for its idempotency key."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Keyed(NamedTuple):
    """An answer to keep for the idempotency key of a charge with this fingerprint."""

    key: str
    fingerprint: str
    answer: SavedAnswer
    ttl_seconds: float


class Hold(NamedTuple):
    """What a charge took when it began, and must still have when it is settled."""

    key: str | None
    """Its idempotency key; None if it has none."""
    first: bool
    """Whether it is the first of the charges alike, so that no other may be by now."""


class Earlier(NamedTuple):
    """A charge that came before one alike."""

    charge_id: str
    accepted: bool | None
    """None as long as it is not booked."""
    seconds_ago: float
    reason: str | None = None
    """Why it was declined, if it was."""


class Arrival(NamedTuple):
    """What is remembered of a charge when it arrives."""

    attempt: int
    earlier: Earlier | None


@dataclass(frozen=True, slots=True)
class SetFault:
    """A fault that was set while running."""

    name: str
    document: str
    """Its entry of the profile, as JSON."""
    deadline: float | None
    """When it is gone, by the clock that counts this process's seconds; None for never."""

    def lives(self, now: float) -> bool:
        """Whether it is still set, `now` being by the same clock."""
        return self.deadline is None or self.deadline > now


def fault_calls(name: str) -> str:
    """Returns what the calls that a fault matches are counted by (`State.hit`)."""
    return f"fault {name}"
