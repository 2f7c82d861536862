"""What a charge call asks for, and who makes it."""

from typing import NamedTuple

from payment_service.outcome.charges import Charge


class Call(NamedTuple):
    """One charge call under way: who makes it and when it began (`perf_counter`)."""

    authenticated: bool
    request_id: str
    began: float


class Asked(NamedTuple):
    """What a call asks for.

    `attempt` is None if the caller does not count. `key` is its Idempotency-Key. `in_full` is
    whether it wants more than the result.
    """

    charge: Charge
    attempt: int | None = None
    key: str | None = None
    in_full: bool = False
