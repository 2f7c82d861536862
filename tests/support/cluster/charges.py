"""What Antaeus and payment each say they did, as charges that can be compared one by one."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]

# How each of the two calls what became of a charge.
_PAID = {"paid": True, "accepted": True, "declined": False}


@dataclass(frozen=True, slots=True, order=True)
class Charge:
    """A charge that was answered; a customer's amounts all differ, so it names one invoice."""

    customer_id: int
    value: float
    paid: bool


def lines(log: str, event: str) -> list[Line]:
    """The lines about one kind of event, in a log of payment or of Antaeus' stand-in."""
    found = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [line for line in found if line.get("event") == event]


def answered(charges: Iterable[Line]) -> Counter[Charge]:
    """The charges among these lines that got a decision, each with how often."""
    outcomes = ((line, line.get("result") or line.get("outcome")) for line in charges)
    return Counter(
        Charge(line["customer_id"], line["value"], _PAID[outcome])
        for line, outcome in outcomes
        if outcome in _PAID
    )
