"""What tests of the profile share: a document with everything in it, and profiles and charges."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from payment_service.outcome.charges import Charge
from payment_service.profile.document import Profile
from payment_service.text.mistakes import MistakesError

_FULL: dict[str, Any] = {
    "successRate": 0.5,
    "seed": 42,
    "declineReason": "Expired",
    "rules": [
        {
            "name": "customer-2",
            "match": {
                "customers": [2],
                "currencies": ["USD", ""],
                "amount": {"min": "10", "max": "20.50"},
                "attempts": {"min": 1, "max": 2},
            },
            "skip": 1,
            "times": 3,
            "rate": 0.9,
            "from": "2026-01-01T00:00:00Z",
            "until": "2026-01-01T06:00:00.5+02:00",
            "decline": {"reason": "InsufficientFunds"},
        },
        {"name": "customer-3", "match": {"customers": [3]}, "accept": True},
        {"name": "lost", "fault": {"charged": True, "connection": {"reply": "Truncated"}}},
    ],
    "faults": [
        {"name": "busy", "rate": 0.1, "fault": {"status": {"code": 503, "retryAfterSeconds": 2}}},
        {"name": "slow", "match": {}, "fault": {"slowBody": {"seconds": 5}}},
    ],
    "latency": {
        "percentiles": {"points": [{"percent": 50, "seconds": 0.1}, {"percent": 99, "seconds": 2}]},
        "capSeconds": 10,
    },
    "limits": {"perSecond": 10, "burst": 20, "concurrent": 4, "retryAfterSeconds": 3},
    "idempotency": {"ttlSeconds": 3600},
    "duplicates": {"mode": "Replay", "windowSeconds": 30},
}


def a_full_document() -> dict[str, Any]:
    """A document with every part in it, for changes."""
    return copy.deepcopy(_FULL)


def a_profile(**members: Any) -> Profile:
    """A profile from the members of its document; every charge is accepted unless they say else."""
    return Profile.from_json(json.dumps({"successRate": 1, **members}).encode())


def charge_of(customer: int = 1, value: str = "181.50", currency: str = "USD") -> Charge:
    """A charge that was read."""
    return Charge(customer, Decimal(value), currency, value)


def mistakes_of(raw: bytes) -> tuple[str, ...]:
    """What is wrong with a JSON document; empty if it is good."""
    try:
        Profile.from_json(raw)
    except MistakesError as error:
        return error.texts
    return ()


def set_at(document: Any, path: str, value: object) -> Any:
    """Puts a value where a path such as `rules.0.name` says; `...` takes the member out."""
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    holder = document
    for step in way:
        holder = holder[step]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return document


def places(node: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every path of a document that `set_at` takes."""
    steps = node.items() if isinstance(node, dict) else enumerate(node)
    for step, member in steps:
        here = (*path, str(step))
        yield ".".join(here)
        if isinstance(member, dict | list):
            yield from places(member, here)
