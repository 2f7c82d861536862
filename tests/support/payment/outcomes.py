"""What tests of a charge's outcome share: entries in short, and what comes from outside."""

from collections.abc import Callable
from datetime import UTC, datetime

from payment_service.outcome.outcome import OutcomeInputs

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCEPT, DECLINE = {"accept": True}, {"decline": {"reason": "InsufficientFunds"}}
BUSY = {"fault": {"status": {"code": 503}}}
LOST = {"fault": {"charged": True, "connection": {"reply": "Empty"}}}


def no_hits(entry: str) -> int:
    raise AssertionError(f"{entry} is not counted")


def no_chance() -> float:
    raise AssertionError("nothing is left to chance")


def inputs(
    chance: Callable[[], float] = no_chance,
    hit: Callable[[str], int] = no_hits,
    now: datetime = NOON,
) -> OutcomeInputs:
    return OutcomeInputs(chance, hit, lambda: now)
