"""Writes down what was judged, so that the same judgement is the same text."""

from datetime import datetime
from typing import Literal, NamedTuple

from billing_operator.kinds import Manifest, timestamp
from billing_operator.reasons import ConditionType, Reason, WaitReason

Status = Literal["True", "False", "Unknown"]


class Row(NamedTuple):
    """What was judged of one condition; its time follows from the condition of before."""

    type: ConditionType
    status: Status
    reason: Reason | WaitReason
    message: str


def condition(row: Row, old: Manifest | None, generation: int, now: datetime) -> Manifest:
    """A condition as a status has it; its time moves when its status does."""
    same = old is not None and old["status"] == row.status
    return {
        "type": row.type,
        "status": row.status,
        "reason": row.reason,
        "message": row.message[:2048],
        "observedGeneration": generation,
        "lastTransitionTime": old["lastTransitionTime"] if old and same else timestamp(now),
    }


def pruned(status: Manifest) -> Manifest:
    """Without what is not known, so that it compares equal to what the server stores."""
    kept = {name: pruned(of) if isinstance(of, dict) else of for name, of in status.items()}
    return {name: of for name, of in kept.items() if of is not None and of != {}}
