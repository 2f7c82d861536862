"""What Ready means: READINESS, a chain of checks of which the first that holds says it.

A fault comes first, since without it the pass would have seen more. What only a person can mend
comes before what passes by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from billing_operator.children.admission import Admission
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
    part_name,
)
from billing_operator.observed.stack import Observed, Rollout
from billing_operator.observed.troubles import PodProblem
from billing_operator.profile.refusal import Refusal
from billing_operator.reasons import Reason
from billing_operator.runs.context import ObservedRuns
from billing_operator.spec.stack import Stack
from billing_operator.status.hibernation import asleep, asleep_message
from billing_operator.tokens.status import rotation_message
from billing_operator.tokens.steps import Rotation


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a judgement rests on.

    Attributes:
        fault: what kept this pass from its end, or what it found at its end, if anything.
        status_lost: whether the stack has no status, beside an Antaeus that has been at work.
        incomplete: whether the pass ended at the fault; what comes after that is unknown.
        profile_in_effect: whether every ready payment pod answers by the stack's profile.
        reading: None where Antaeus has not been read since the operator started.
        unread: what kept the last reading from being whole, in words.
        pending_update: what waits for the next start of Antaeus, if anything does.
        held: what waits for a batch that Antaeus may be charging, in words, if anything does.
        pending_changes: children that a suspended stack keeps from being as its spec wants them.
        refusal: of the stack's profile by a payment pod; None while none refuses it.
        runs: of billing; None where they can't be seen now.
        rotation: of the token; None while no token is known.
        admission: what it makes of the children; None where the pass did not come to ask.
    """

    seen: Observed
    token: Token | None
    fault: Fault | None
    profile_in_effect: bool
    reading: Reading | None
    pending_update: str | None = None
    held: str | None = None
    pending_changes: frozenset[Ref] = frozenset()
    refusal: Refusal | None = None
    rotation: Rotation | None = None
    runs: ObservedRuns | None = None
    admission: Admission | None = None
    incomplete: bool = False
    status_lost: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Ready, Reconciling and Stalled say.

    Attributes:
        stalled: whether only a person can mend it.
    """

    reason: Reason
    message: str
    ready: bool = False
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class ReadinessContext:
    """What a check looks at.

    Attributes:
        counted: the invoices of the new status, if anything is known of them.
    """

    stack: Stack
    findings: Findings
    counted: Manifest | None


Check = Callable[[ReadinessContext], Verdict | None]


def verdict(stack: Stack, findings: Findings, counted: Manifest | None) -> Verdict:
    """What the first check that holds says; where none holds, that all is ready."""
    context = ReadinessContext(stack, findings, counted)
    held = (check(context) for check in READINESS)
    return next(filter(None, held), None) or _all_ready(context)


def fault(context: ReadinessContext) -> Verdict | None:
    """A fault ended the reconcile."""
    kept = context.findings.fault
    if kept is None:
        return None
    stalled = isinstance(kept, SpecError) or kept.condition is not None
    return Verdict(kept.reason, kept.message, stalled=stalled)


def refused_profile(context: ReadinessContext) -> Verdict | None:
    """A payment pod refuses the profile of the spec."""
    refusal = context.findings.refusal
    return Verdict(Reason.PROFILE_REFUSED, str(refusal), stalled=True) if refusal else None


def stuck_part(context: ReadinessContext) -> Verdict | None:
    """A service has a problem that only a person can solve."""
    part = rolling_out(context)
    return part if part and part.stalled else None


def suspended(context: ReadinessContext) -> Verdict | None:
    """spec.suspend keeps a change of the spec from being made."""
    pending_changes, seen = context.findings.pending_changes, context.findings.seen
    if not pending_changes:
        return None
    names = ", ".join(sorted(map(str, pending_changes)))
    message = f"spec.suspend keeps {names} from being as the spec wants; false has that done"
    of_antaeus = deployment(part_name(context.stack.name, ANTAEUS))
    keeps = context.stack.antaeus.persistence
    if seen.antaeus_runs and of_antaeus in pending_changes and not keeps:
        message += ", which may restart Antaeus, and that forgets all payments"
    return Verdict(Reason.SUSPENDED, message, stalled=True)


def rotating(context: ReadinessContext) -> Verdict | None:
    """A token rotation is in progress."""
    message = rotation_message(context.findings.rotation)
    return Verdict(Reason.TOKEN_ROTATING, message) if message else None


def rolling_out(context: ReadinessContext) -> Verdict | None:
    """A service is not rolled out yet. Antaeus is judged first."""
    of_antaeus = _of_part(context, ANTAEUS, Reason.ANTAEUS_STARTING)
    return of_antaeus or _of_part(context, PAYMENT, Reason.PAYMENT_ROLLING_OUT)


def unseen(context: ReadinessContext) -> Verdict | None:
    """A pod that runs is not in sight, so what it does is not known."""
    message = context.findings.seen.unseen_pods(context.stack.name)
    if not message:
        return None
    selector = f"kubectl get pods -n {context.stack.namespace} --show-labels"
    why = f"{message}: find out who changes labels or owners of pods: {selector}"
    return Verdict(Reason.PODS_UNSEEN, why, stalled=True)


def hibernating(context: ReadinessContext) -> Verdict | None:
    """spec.hibernate is true. Once no pod is left the stack is ready, as its spec wants it."""
    if not context.stack.hibernate:
        return None
    if not asleep(context.stack, context.findings.seen):
        message = context.findings.held or "the last pods are still to end"
        return Verdict(Reason.HIBERNATING, message)
    # Anything else would be in progress for ever to whoever waits.
    return Verdict(Reason.HIBERNATED, asleep_message(context.stack, context.counted), ready=True)


def held(context: ReadinessContext) -> Verdict | None:
    """A change of Antaeus waits for a batch that it would cut off."""
    message = context.findings.held
    return Verdict(Reason.UPDATE_HELD, f"antaeus: {message}") if message else None


def profile(context: ReadinessContext) -> Verdict | None:
    """A ready payment pod does not report the profile of the spec yet."""
    if context.findings.profile_in_effect:
        return None
    return Verdict(Reason.PROFILE_UPDATING, "payment: not every pod answers by the new profile yet")


READINESS: Final[tuple[Check, ...]] = (
    fault,
    refused_profile,
    stuck_part,
    suspended,
    rotating,
    rolling_out,
    unseen,
    hibernating,
    held,
    profile,
)


def _all_ready(context: ReadinessContext) -> Verdict:
    of_payment = context.findings.seen.rollout(context.stack.name, PAYMENT)
    message = "Antaeus and payment are ready"
    if of_payment and not of_payment.wanted:
        message = "Antaeus is ready; payment is to have no pods, so no charge is taken"
    return Verdict(Reason.ALL_READY, message, ready=True)


def _of_part(context: ReadinessContext, part: str, reason: Reason) -> Verdict | None:
    stack, seen = context.stack, context.findings.seen
    rollout = seen.rollout(stack.name, part)
    if rollout is None:
        return Verdict(Reason.CREATING, f"the deployment of {part} is not there yet")
    if rollout.complete:
        return None
    progress = f"{part}: {rollout.progress}"
    trouble = _trouble(seen, part, rollout)
    if trouble is None:
        return Verdict(Reason.HIBERNATING if stack.hibernate else reason, progress)
    return Verdict(Reason.PODS_UNHEALTHY, f"{progress}; {trouble}", stalled=trouble.needs_action)


def _trouble(seen: Observed, part: str, rollout: Rollout) -> PodProblem | None:
    of_pods = [pod.trouble for pod in seen.of(part) if pod.trouble]
    needs_action = (trouble for trouble in of_pods if trouble.needs_action)
    return next(needs_action, None) or rollout.trouble or next(iter(of_pods), None)
