"""What speaks against a pay call at this moment, and what to do about it."""

from billing_operator.kinds import Manifest
from billing_operator.names import ACKNOWLEDGE_RUN
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.reasons import ConditionType, WaitReason
from billing_operator.runs.context import AdmissionContext, ObservedRuns, payments_are_kept
from billing_operator.runs.jobs import RunPod
from billing_operator.spec.stack import Stack

Obstacle = tuple[WaitReason, str]
"""Why, in a word, and in words with the remedy."""


def obstacle(
    stack: Stack,
    new: Manifest,
    observed: ObservedRuns,
    context: AdmissionContext,
    *,
    at_rest: bool = False,
) -> Obstacle | None:
    """Why nothing may pay now, and what to do about it; the first that holds.

    Args:
        at_rest: whether the last reading says enough of who charges, as where no run asks.
    """
    return (
        _of_a_person(stack)
        # A rotation waits for a person to say of it, so it is told first.
        or _of_the_past(stack, new, observed, context)
        or _of_a_loss(context)
        or _of_another_batch(stack, new, observed, context)
        or _of_the_stack(context)
        or _of_the_invoices(context)
        or _of_the_charges(observed, context, at_rest=at_rest)
        or _of_the_books(new)
    )


def _of_the_past(
    stack: Stack, new: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> Obstacle | None:
    past = new.get("unknownPast")
    known = past and _until_known(stack, past, observed, context)
    return (WaitReason.STATUS_LOST, known) if known else None


def _of_another_batch(
    stack: Stack, new: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> Obstacle | None:
    if unresolved := new.get("unresolvedRun"):
        cause = (
            f"nobody saw the end of run {unresolved['job']}, and Antaeus may still go on with it"
        )
        own = (pod for pod in observed.with_leave if pod.uid == unresolved.get("podUID"))
        over = (
            _until_it_ends(stack, pod)
            if (pod := next(own, None))
            else _until_over(stack, unresolved, observed, context, cause)
        )
        return WaitReason.UNRESOLVED_RUN, over
    if unmanaged := new.get("unmanagedRun"):
        cause = "Antaeus charges without a run, since somebody called pay directly"
        over = _until_over(stack, unmanaged, observed, context, cause)
        return WaitReason.UNMANAGED_PAY_CALL, over
    if pod := _another_with_leave(new, observed):
        return WaitReason.RUN_UNDER_WAY, _until_it_ends(stack, pod)
    return None


def _of_the_books(new: Manifest) -> Obstacle | None:
    """Another run would come into the books of the last one."""
    last: Manifest = new.get("lastRun") or {}
    if not last.get("booksBefore"):
        return None
    return WaitReason.RUN_UNDER_WAY, f"the books of run {last['job']} are still to be made"


def _until_it_ends(stack: Stack, pod: RunPod) -> str:
    return (
        f"pod {pod.name} of an earlier run has leave to pay, and has not ended. If it is known not "
        f"to run any more, as with its node: kubectl delete --force -n {stack.namespace} pod "
        f"{pod.name}"
    )


def _of_the_stack(context: AdmissionContext) -> Obstacle | None:
    if context.unready:
        return WaitReason.NOT_READY, f"the stack is not ready: {context.unready}"
    if not context.takes_charges:
        message = "no payment pod takes charges: set spec.payment.replicas to 1 or more"
        return WaitReason.NO_PAYMENT_POD, message
    return None


def _of_the_invoices(context: AdmissionContext) -> Obstacle | None:
    if context.reading is None or context.reading.instance != context.instance:
        ready = [pod.name for pod in context.antaeus_pods if pod.ready and not pod.leaving]
        why = f": {context.unread}" if context.unread else " yet"
        if len(ready) > 1:
            why = f": {' and '.join(ready)} answer, and one is to"
        return WaitReason.INVOICES_UNKNOWN, f"the invoices of this Antaeus are not known{why}"
    return None


def _of_the_charges(
    observed: ObservedRuns, context: AdmissionContext, *, at_rest: bool
) -> Obstacle | None:
    activity, reading = observed.activity, context.reading
    unknown = "nobody was asked" if activity is None else activity.unknown_because
    if at_rest and activity is None:
        known = reading is not None and reading.accepted is not None
        silent = context.unread or "payment's pods do not tell what they accepted"
        unknown = "" if known else silent
    if unknown:
        message = f"whether somebody charges can't be told, since {unknown}"
        return WaitReason.ACTIVITY_UNKNOWN, message
    return None


def _another_with_leave(new: Manifest, observed: ObservedRuns) -> RunPod | None:
    own = (new.get("running") or {}).get("podUID")
    return next((pod for pod in observed.with_leave if pod.uid != own), None)


def _of_a_person(stack: Stack) -> Obstacle | None:
    """What a person has chosen."""
    if stack.suspend:
        return WaitReason.SUSPENDED, "spec.suspend is true: no run begins until it is false"
    if stack.hibernate:
        return WaitReason.HIBERNATED, "spec.hibernate is true: no run begins until it is false"
    return None


def _of_a_loss(context: AdmissionContext) -> Obstacle | None:
    """What a person must decide, now or once the token is replaced, which restarts Antaeus."""
    if context.rotating:
        return (
            WaitReason.TOKEN_ROTATING,
            "the token is being replaced: no run begins before that is done",
        )
    if context.reset:
        return (
            WaitReason.INVOICES_RESET,
            "Antaeus has forgotten payments, and a pay call charges them again: deal with that, "
            f"then acknowledge it as condition {ConditionType.INVOICES_RESET} says",
        )
    return None


def _until_over(
    stack: Stack,
    record: Manifest,
    observed: ObservedRuns,
    context: AdmissionContext,
    cause: str,
) -> str:
    """How a batch whose end nobody saw comes to be over, by itself or by a person."""
    began_in = AntaeusInstance.of(record)
    host = context.host_of(began_in) if began_in else None
    if host and host.leaving:
        cause = f"{cause} (its pod {host.name} on node {host.node} is still to end)"
    # Where nobody knows by which Antaeus it is, no restart ends it.
    restarted = (
        ", or another Antaeus has told its invoices and the pod of this one has gone"
        if began_in
        else "; a restart of Antaeus does not end it"
    )
    unknown_because = observed.activity.unknown_because if observed.activity else ""
    unless = f", which can't be told now, since {unknown_because}" if unknown_because else ""
    return (
        f"{cause}. It is over once nothing has moved for {observed.quiet_seconds:g} s{unless}"
        f"{restarted}. Who knows it to be over may say so: "
        f"{_acknowledgement(stack, record)}"
    )


def _until_known(
    stack: Stack, past: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> str:
    """How a stack that lost its status comes to be trusted."""
    unknown_because = observed.activity.unknown_because if observed.activity else ""
    unless = f", which can't be told now, since {unknown_because}" if unknown_because else ""
    until = f"This ends once nothing has moved for {observed.quiet_seconds:g} s{unless}"
    if context.instance is None:
        until = "No Antaeus answers now"
    elif not context.first_antaeus:
        until = "Antaeus has been started anew since the stack was made, and may have forgotten any"
    elif not payments_are_kept(context):
        until = (
            f"Payment accepted {context.charges} charges and fewer invoices are paid, so Antaeus "
            "has forgotten some"
        )
    return (
        "the status of the stack was lost, and with it what is known of runs and of payments that "
        f"Antaeus forgot. {until}. Who knows that nobody charges and what is paid may say so: "
        f"{_acknowledgement(stack, past)}"
    )


def _acknowledgement(stack: Stack, record: Manifest) -> str:
    return (
        f"kubectl annotate --overwrite -n {stack.namespace} bst {stack.name} "
        f"{ACKNOWLEDGE_RUN}={record.get('uid') or record['time']}"
    )
