"""Tells whether a pay call could be made now, by whomever, without charging anybody twice."""

from typing import Literal, NamedTuple

from billing_operator.kinds import Manifest
from billing_operator.reasons import WaitReason
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.obstacles import Obstacle, obstacle
from billing_operator.spec.stack import Stack

# What only more knowledge can decide.
_UNKNOWN = (
    WaitReason.INVOICES_UNKNOWN,
    WaitReason.ACTIVITY_UNKNOWN,
    WaitReason.RUNS_UNKNOWN,
)
_YES = "a pay call now charges nobody twice, as far as is known"


class Allowed(NamedTuple):
    """Whether it could, why in a word, and in words with the remedy."""

    status: Literal["True", "False", "Unknown"]
    reason: WaitReason | None
    message: str


def billing_allowed(
    stack: Stack, billing: Manifest, observed: ObservedRuns | None, context: AdmissionContext
) -> Allowed:
    """Judges by what the status says of billing, and by what speaks against any run."""
    against = _against(stack, billing, observed, context)
    if against is None:
        return Allowed("True", None, _YES)
    reason, message = against
    return Allowed("Unknown" if reason in _UNKNOWN else "False", reason, message)


def _against(
    stack: Stack, billing: Manifest, observed: ObservedRuns | None, context: AdmissionContext
) -> Obstacle | None:
    if observed is None:
        return WaitReason.RUNS_UNKNOWN, "the Jobs of billing can't be read"
    if against := obstacle(stack, billing, observed, context, at_rest=True):
        return against
    if record := billing.get("running"):
        return WaitReason.RUN_UNDER_WAY, f"run {record['job']} is under way: wait for its end"
    return None
