"""Decides which pod may pay: the first of the run under way, if nothing speaks against it now.

A Job begins a while before its pod can pay, and all may be otherwise by then. So all is looked at
once more, and what was decided is written down before the pod hears of it.
"""

from datetime import datetime, timedelta

from billing_operator.books.comparison import Moment
from billing_operator.kinds import Manifest, timestamp
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.jobs import Run, RunPod
from billing_operator.runs.obstacles import obstacle
from billing_operator.runs.refusals import Refusals
from billing_operator.runs.report import LONGEST_MESSAGE
from billing_operator.spec.stack import Stack

_LONGEST_FOR_THE_BOOKS = timedelta(seconds=60)
_MAY_RESTART = (
    "its pod has another restartPolicy than Never, so that it might pay twice: exempt the pods of "
    "billing runs from the mutating policy or webhook that changes it"
)


def admitted(run: Run, context: AdmissionContext) -> Manifest:
    """The record of a run, with the Antaeus that is to pay and what is paid there by now."""
    record: Manifest = {"job": run.name, "uid": run.uid, "admissionTime": timestamp(context.now)}
    if context.reading:
        counts = context.reading.counts
        record |= {"antaeusInstance": context.reading.instance.as_status()}
        record |= {"paid": counts.paid, "pending": counts.pending}
        # Of one moment, or not at all.
        ledger = context.ledger if context.reading.accepted is not None else None
        record["booksBefore"] = ledger and Moment.at(ledger, counts.paid_sums).as_status()
    return record


def leave_of(
    record: Manifest,
    stack: Stack,
    new: Manifest,
    observed: ObservedRuns,
    context: AdmissionContext,
) -> Manifest:
    """The record of the run under way, with leave to pay or with what speaks against it.

    A Job that the operator has not let begin gets none, unless a person says that it is to. As long
    as the pod has not been told, all is thought over in each pass.
    """
    run = next((run for run in observed.runs if run.uid == record["uid"]), None)
    if run is None or not run.under_way or run.may_pay:
        return record | {"leaveMessage": None}
    if not record.get("admissionTime") and not run.by_hand:
        return record
    if run.pod is None or not run.pod.running:
        return record
    if run.pod.may_restart:
        return record | {"leaveMessage": _MAY_RESTART}
    if against := obstacle(stack, new, observed, context):
        return record | {"leaveMessage": against[1][:LONGEST_MESSAGE]}
    if context.reading and context.reading.accepted is None and _is_early(record, context):
        why = context.unread or "payment does not tell what it accepted"
        return record | {"leaveMessage": f"its books would not be known: {why}"[:LONGEST_MESSAGE]}
    now = timestamp(context.now)
    times = {"admissionTime": record.get("admissionTime", now)}
    times["leaveTime"] = record.get("leaveTime") or now
    refusals = Refusals.at_the_time_of(observed.activity)
    before = {"refusedBefore": refusals.as_status() if refusals else None}
    return record | admitted(run, context) | times | before | {"leaveMessage": None}


def _is_early(record: Manifest, context: AdmissionContext) -> bool:
    """Whether its pod is still to wait for what only its books need, such as a pod that rolls."""
    since = record.get("startTime")
    return since is not None and (
        context.now - datetime.fromisoformat(since) < _LONGEST_FOR_THE_BOOKS
    )


def to_allow(
    status: Manifest,
    runs: tuple[Run, ...],
    with_leave: tuple[RunPod, ...],
    instance: AntaeusInstance | None,
) -> RunPod | None:
    """The pod that has leave by a status of billing, and is still to be told.

    Args:
        with_leave: the pods that have been told; beside one of them, no other is.
        instance: the Antaeus that answers now; with another one nothing was decided.
    """
    record: Manifest = status.get("running") or {}
    if not record.get("leaveTime") or record.get("leaveMessage") or with_leave:
        return None
    if instance is None or AntaeusInstance.of(record) != instance:
        return None
    pods = (run.pod for run in runs if run.under_way and run.uid == record["uid"])
    return next((pod for pod in pods if pod and pod.running and pod.uid == record["podUID"]), None)
