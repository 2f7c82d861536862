"""Decides which billing run may begin: at most one at a time, and none where it could harm.

Antaeus does not guard its pay call: two at a time charge every invoice twice, and a caller that
hangs up does not stop the batch.
"""

from datetime import datetime

from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import ACKNOWLEDGE_RUN
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.reasons import ConditionType, WaitReason
from billing_operator.runs.jobs import Run, RunPod
from billing_operator.runs.records import AdmissionContext, ObservedRuns, remembered
from billing_operator.spec.stack import Stack

_MOST_OF_A_MESSAGE = 1000


def billing(stack: Stack, observed: ObservedRuns | None, context: AdmissionContext) -> Manifest:
    """What the status is to say of billing; without sight of the runs, what it said before."""
    if observed is None:
        return stack.status.get("billing") or {}
    new = remembered(stack, observed, context)
    new |= _skipped(stack, new, observed, context.now)
    return new | _next(stack, new, observed, context)


def to_begin(
    status: Manifest, runs: tuple[Run, ...], instance: AntaeusInstance | None
) -> Run | None:
    """The run that a status of billing says is to begin, as long as none is at work.

    Args:
        instance: the Antaeus that answers now; by another one the run was not admitted.
    """
    record: Manifest = status.get("running") or {}
    if instance is None or AntaeusInstance.of(record) != instance:
        return None
    if any(run.under_way for run in runs):
        return None
    return next((run for run in runs if run.waiting and run.uid == record["uid"]), None)


def to_allow(
    status: Manifest, runs: tuple[Run, ...], instance: AntaeusInstance | None
) -> RunPod | None:
    """The pod of the run that a status of billing says is under way, if it may pay now.

    It is the first that this run had, without leave so far, and no other run's pod has any.

    Args:
        instance: the Antaeus that answers now; by another one the run was not admitted.
    """
    record: Manifest = status.get("running") or {}
    if instance is None or AntaeusInstance.of(record) != instance:
        return None
    at_work = [run for run in runs if run.under_way]
    if any(run.pod and run.pod.may_pay for run in at_work):
        return None
    pods = (run.pod for run in at_work if run.uid == record["uid"])
    return next((pod for pod in pods if pod and pod.uid == record.get("podUID")), None)


def to_skip(status: Manifest, runs: tuple[Run, ...]) -> Run | None:
    """The run that a status of billing says is skipped, as long as it is there and not at work."""
    uid = (status.get("lastSkipped") or {}).get("uid")
    idle = (run for run in runs if run.waiting or run.stopped)
    return next((run for run in idle if run.uid == uid), None)


def _skipped(stack: Stack, new: Manifest, observed: ObservedRuns, now: datetime) -> Manifest:
    """The oldest run that is not to begin any more, if there is one; one at a time."""
    if stack.suspend or to_skip(new, observed.runs):
        return {}
    for run in observed.runs:
        if why := _why_skipped(stack, new, run, now):
            skipped = {"job": run.name, "uid": run.uid, "time": timestamp(now), "message": why}
            return {"lastSkipped": skipped}
    return {}


def _why_skipped(stack: Stack, new: Manifest, run: Run, now: datetime) -> str:
    if run.uid == (new.get("running") or {}).get("uid"):
        return ""
    if run.stopped:
        return "it was suspended after it had begun, and to go on would be another pay call"
    if not run.waiting:
        return ""
    since = (new.get("schedule") or {}).get("effectiveTime")
    if run.scheduled and since is None:
        return "the schedule by which it was made was removed"
    if run.scheduled and since and run.scheduled < datetime.fromisoformat(since):
        return "its time was before the schedule was set"
    most = stack.billing.starting_seconds
    if (now - run.created).total_seconds() >= most:
        return f"it could not begin within {most} s (spec.billing.startingDeadlineSeconds)"
    return ""


def _next(
    stack: Stack, new: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> Manifest:
    """Lets the oldest run that waits begin, or says why it can't."""
    record: Manifest = new.get("running") or {}
    waiting = (run for run in observed.runs if run.waiting)
    line = [
        run for run in waiting if stack.suspend or not _why_skipped(stack, new, run, context.now)
    ]
    # One that was let begin and has not yet is the first, and thought over once more.
    line.sort(key=lambda run: run.uid != record.get("uid"))
    obstacle = _obstacle(stack, new, observed, context)
    if record and (not line or line[0].uid != record["uid"]):
        by_hand = _begun_by_hand(record, observed)
        if by_hand and not obstacle:
            record = record | _admitted(by_hand, context)
        return {"running": record, "waiting": _waiting(line, *_under_way(record))}
    if not line or obstacle:
        return {"running": None, "waiting": _waiting(line, *(obstacle or ("", "")))}
    admitted_with = AntaeusInstance.of(record)
    if not record or context.reading is None or admitted_with != context.reading.instance:
        record = _admitted(line[0], context)
    return {"running": record, "waiting": _waiting(line[1:], *_under_way(record))}


def _begun_by_hand(record: Manifest, observed: ObservedRuns) -> Run | None:
    """The run under way, if a person let it begin, says that it is to pay, and it may not yet."""
    if record.get("antaeusInstance"):
        return None
    runs = (run for run in observed.runs if run.uid == record["uid"])
    return next((run for run in runs if run.by_hand and run.under_way), None)


def _admitted(run: Run, context: AdmissionContext) -> Manifest:
    record: Manifest = {"job": run.name, "uid": run.uid, "admissionTime": timestamp(context.now)}
    if context.reading:
        counts = context.reading.counts
        record |= {"antaeusInstance": context.reading.instance.as_status()}
        record |= {"paid": counts.paid, "pending": counts.pending}
    return record


def _waiting(line: list[Run], reason: str, message: str) -> Manifest | None:
    if not line:
        return None
    return {"job": line[0].name, "reason": reason, "message": message[:_MOST_OF_A_MESSAGE]}


def _under_way(record: Manifest) -> tuple[WaitReason, str]:
    return WaitReason.RUN_UNDER_WAY, f"run {record['job']} is under way, and there is one at a time"


def _obstacle(
    stack: Stack, new: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> tuple[WaitReason, str] | None:
    """Why no run may begin now, and what to do about it; the first that holds."""
    chosen = _of_a_person(stack, context)
    if chosen:
        return chosen
    if unresolved := new["unresolvedRun"]:
        cause = (
            f"nobody saw the end of run {unresolved['job']}, and Antaeus may still go on with it"
        )
        return WaitReason.UNRESOLVED_RUN, _until_over(stack, unresolved, observed, context, cause)
    if unmanaged := new["unmanagedRun"]:
        cause = "Antaeus charges without a run, since somebody called pay directly"
        over = _until_over(stack, unmanaged, observed, context, cause)
        return WaitReason.UNMANAGED_PAY_CALL, over
    if not context.takes_charges:
        message = "no payment pod takes charges; spec.payment.replicas says how many are wanted"
        return WaitReason.NO_PAYMENT_POD, message
    if context.unready:
        return WaitReason.NOT_READY, f"the stack is not ready: {context.unready}"
    if context.reading is None or context.reading.instance != context.instance:
        return WaitReason.INVOICES_UNKNOWN, "Antaeus has not told its invoices yet"
    return None


def _of_a_person(stack: Stack, context: AdmissionContext) -> tuple[WaitReason, str] | None:
    """What a person has chosen, or must decide."""
    if stack.suspend:
        return WaitReason.SUSPENDED, "spec.suspend is true: it may begin once that is false"
    if stack.hibernate:
        return WaitReason.HIBERNATED, "spec.hibernate is true: it may begin once that is false"
    if context.rotating:
        return WaitReason.TOKEN_ROTATING, "the token is being replaced: it may begin after that"
    if context.reset:
        return (
            WaitReason.INVOICES_RESET,
            "Antaeus has forgotten payments, and a run would charge them again: deal with that, "
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
    unknown_because = observed.activity.unknown_because if observed.activity else ""
    unless = f", which can't be told now, since {unknown_because}" if unknown_because else ""
    return (
        f"{cause}. It may begin once nothing has moved for {observed.quiet_seconds:g} s{unless}, "
        "or Antaeus has started anew. Who knows the batch to be over may say so: kubectl annotate "
        f"--overwrite -n {stack.namespace} bst {stack.name} "
        f"{ACKNOWLEDGE_RUN}={record.get('uid') or record['time']}"
    )
