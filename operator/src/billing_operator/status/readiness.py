"""What Ready means: the checks of a stack in the order in which they are made."""

from dataclasses import dataclass
from enum import StrEnum

from billing_operator.errors import Fault, SpecError
from billing_operator.inputs import Token
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import (
    Manifest,
    Ref,
    deployment,
)
from billing_operator.names import (
    ANTAEUS,
    PAYMENT,
    TOKEN_ROTATING,
    part_name,
)
from billing_operator.observed.stack import Observed, Rollout
from billing_operator.observed.troubles import Trouble
from billing_operator.profile.refusal import Refusal
from billing_operator.runs.records import Sight
from billing_operator.spec.stack import Stack
from billing_operator.status.hibernation import asleep, asleep_message
from billing_operator.tokens.status import rotation_message
from billing_operator.tokens.steps import Rotation


class Reason(StrEnum):
    """Reasons of the Ready condition, besides those that a fault brings along."""

    ALL_READY = "AllReady"
    CREATING = "Creating"
    ANTAEUS_STARTING = "AntaeusStarting"
    PAYMENT_ROLLING_OUT = "PaymentRollingOut"
    PROFILE_UPDATING = "ProfileUpdating"
    PROFILE_REFUSED = "ProfileRefused"
    TOKEN_ROTATING = TOKEN_ROTATING
    POD_TROUBLE = "PodTrouble"
    SUSPENDED = "Suspended"
    HIBERNATING = "Hibernating"
    HIBERNATED = "Hibernated"


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a judgement rests on.

    Attributes:
        fault: what kept this pass from its end, if anything did.
        profile_in_effect: whether every ready payment pod answers by the stack's profile.
        reading: None where Antaeus has not been read since the operator started.
        held_back: what waits for the next start of Antaeus, if anything does.
        undone: children that a suspended stack keeps from being as its spec wants them.
        refusal: of the stack's profile by a payment pod; None while none refuses it.
        runs: of billing; None where they can't be seen now.
        rotating: whether the token is being replaced.
    """

    seen: Observed
    token: Token | None
    fault: Fault | None
    profile_in_effect: bool
    reading: Reading | None
    held_back: str | None = None
    undone: frozenset[Ref] = frozenset()
    refusal: Refusal | None = None
    rotation: Rotation | None = None
    runs: Sight | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    reason: str
    message: str
    ready: bool = False
    stalled: bool = False


def verdict(stack: Stack, found: Findings, counted: Manifest | None) -> Verdict:
    if found.fault:
        stalled = isinstance(found.fault, SpecError) or found.fault.condition is not None
        return Verdict(found.fault.reason, found.fault.message, stalled=stalled)
    if found.refusal:
        return Verdict(Reason.PROFILE_REFUSED, str(found.refusal), stalled=True)
    of_parts = _of_part(stack, found, ANTAEUS, Reason.ANTAEUS_STARTING) or _of_part(
        stack, found, PAYMENT, Reason.PAYMENT_ROLLING_OUT
    )
    if of_parts and of_parts.stalled:
        return of_parts
    return (
        _of_suspension(stack, found)
        or _of_rotation(found)
        or of_parts
        or _of_hibernation(stack, found, counted)
        or _of_profile(found)
        or Verdict(Reason.ALL_READY, "Antaeus and payment are ready", ready=True)
    )


def _of_part(stack: Stack, found: Findings, part: str, reason: Reason) -> Verdict | None:
    rollout = found.seen.rollout(stack.name, part)
    if rollout is None:
        return Verdict(Reason.CREATING, f"the deployment of {part} is not there yet")
    if rollout.complete:
        return None
    progress = f"{part}: {rollout.progress}"
    trouble = _trouble(found.seen, part, rollout)
    if trouble is None:
        return Verdict(Reason.HIBERNATING if stack.hibernate else reason, progress)
    return Verdict(Reason.POD_TROUBLE, f"{progress}; {trouble}", stalled=trouble.stuck)


def _trouble(seen: Observed, part: str, rollout: Rollout) -> Trouble | None:
    of_pods = [pod.trouble for pod in seen.of(part) if pod.trouble]
    stuck = (trouble for trouble in of_pods if trouble.stuck)
    return next(stuck, None) or rollout.trouble or next(iter(of_pods), None)


def _of_suspension(stack: Stack, found: Findings) -> Verdict | None:
    if not found.undone:
        return None
    names = ", ".join(sorted(map(str, found.undone)))
    message = f"spec.suspend keeps {names} from being as the spec wants; false has that done"
    of_antaeus = deployment(part_name(stack.name, ANTAEUS))
    if found.seen.antaeus_runs and of_antaeus in found.undone:
        message += ", which may restart Antaeus, and that forgets all payments"
    return Verdict(Reason.SUSPENDED, message, stalled=True)


def _of_hibernation(stack: Stack, found: Findings, counted: Manifest | None) -> Verdict | None:
    if not stack.hibernate:
        return None
    if not asleep(stack, found.seen):
        return Verdict(Reason.HIBERNATING, "the last pods are still to end")
    # It is as the spec wants it. Anything else would be in progress for ever to whoever waits.
    return Verdict(Reason.HIBERNATED, asleep_message(counted), ready=True)


def _of_rotation(found: Findings) -> Verdict | None:
    message = rotation_message(found.rotation)
    return Verdict(Reason.TOKEN_ROTATING, message) if message else None


def _of_profile(found: Findings) -> Verdict | None:
    if found.profile_in_effect:
        return None
    return Verdict(Reason.PROFILE_UPDATING, "payment: not every pod answers by the new profile yet")
