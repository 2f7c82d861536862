"""Writes down what was judged, so that the same judgement is the same text."""

from datetime import datetime

from billing_operator.kinds import Manifest, timestamp
from billing_operator.reasons import ConditionType, Reason


def condition(
    row: tuple[ConditionType, bool, Reason, str],
    old: Manifest | None,
    generation: int,
    now: datetime,
) -> Manifest:
    """A condition from its type, whether it holds, reason and message; its time moves with that."""
    kind, holds, reason, message = row
    status = "True" if holds else "False"
    same = old is not None and old["status"] == status
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message[:2048],
        "observedGeneration": generation,
        "lastTransitionTime": old["lastTransitionTime"] if old and same else timestamp(now),
    }


def pruned(status: Manifest) -> Manifest:
    """Without what is not known, so that it compares equal to what the server stores."""
    kept = {name: pruned(of) if isinstance(of, dict) else of for name, of in status.items()}
    return {name: of for name, of in kept.items() if of is not None and of != {}}
