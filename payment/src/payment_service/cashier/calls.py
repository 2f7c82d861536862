"""What a charge call asks for, and who makes it."""

from typing import NamedTuple

from payment_service.outcome.charges import Charge


class Call(NamedTuple):
    """One charge call in flight."""

    authenticated: bool
    """Whether its caller sent a valid token."""
    request_id: str
    began: float
    """When it came, by `perf_counter`."""


class ChargeRequest(NamedTuple):
    """What a call asks for."""

    charge: Charge
    attempt: int | None = None
    """Which attempt at this charge it is; None if the caller does not count."""
    key: str | None = None
    """Its Idempotency-Key."""
    in_full: bool = False
    """Whether the caller wants more than the result."""
