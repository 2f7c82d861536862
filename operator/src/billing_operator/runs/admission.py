"""Decides which billing run may begin: at most one at a time, and none where it could harm.

Antaeus does not guard its pay call: two at a time charge every invoice twice, and a caller that
hangs up does not stop the batch.
"""

from datetime import datetime

from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import BILLING, part_name
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.reasons import WaitReason
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.jobs import Run
from billing_operator.runs.leave import admitted, leave_of
from billing_operator.runs.obstacles import obstacle
from billing_operator.runs.records import remembered
from billing_operator.runs.report import LONGEST_MESSAGE
from billing_operator.spec.stack import Stack


def billing(stack: Stack, observed: ObservedRuns | None, context: AdmissionContext) -> Manifest:
    """What the status is to say of billing; without sight of the runs, what it said before."""
    if observed is None:
        return stack.status.get("billing") or {}
    new = remembered(stack, observed, context)
    new |= _skipped(stack, new, observed, context.now)
    new |= _next(stack, new, observed, context)
    return new | {"waiting": new["waiting"] or _orphan(stack, observed)}


def to_begin(
    status: Manifest, runs: tuple[Run, ...], instance: AntaeusInstance | None
) -> Run | None:
    """The run that a status of billing says is to begin, as long as no other may pay.

    Args:
        instance: the Antaeus that answers now; by another one the run was not admitted.
    """
    record: Manifest = status.get("running") or {}
    if instance is None or AntaeusInstance.of(record) != instance:
        return None
    if any(run.may_pay for run in runs):
        return None
    return next((run for run in runs if run.waiting and run.uid == record["uid"]), None)


def to_skip(status: Manifest, runs: tuple[Run, ...]) -> Run | None:
    """The run that a status of billing says is skipped, as long as it is there and not at work."""
    uid = (status.get("lastSkipped") or {}).get("uid")
    idle = (run for run in runs if run.waiting or (run.stopped and not run.leaving))
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
    if run.leaving or run.uid == (new.get("running") or {}).get("uid"):
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
    if record and (not line or line[0].uid != record["uid"]):
        record = leave_of(record, stack, new, observed, context)
        return {"running": record, "waiting": _waiting(line, *_under_way(record))}
    against = obstacle(stack, new, observed, context)
    if not line or against:
        return {"running": None, "waiting": _waiting(line, *(against or ("", "")))}
    admitted_with = AntaeusInstance.of(record)
    if not record or context.reading is None or admitted_with != context.reading.instance:
        record = admitted(line[0], context)
    return {"running": record, "waiting": _waiting(line[1:], *_under_way(record))}


def _waiting(line: list[Run], reason: str, message: str) -> Manifest | None:
    if not line:
        return None
    return {"job": line[0].name, "reason": reason, "message": message[:LONGEST_MESSAGE]}


def _orphan(stack: Stack, observed: ObservedRuns) -> Manifest | None:
    """A Job that nothing lets begin: anyone may have made it, so it is not removed."""
    if not observed.orphans:
        return None
    name = observed.orphans[0]
    message = (
        f"Job {name} is not of the CronJob {part_name(stack.name, BILLING)} that is there now, so "
        f"it never begins: kubectl delete -n {stack.namespace} job {name}"
    )
    return {"job": name, "reason": WaitReason.NO_CRON_JOB, "message": message}


def _under_way(record: Manifest) -> tuple[WaitReason, str]:
    return WaitReason.RUN_UNDER_WAY, f"run {record['job']} is under way, and there is one at a time"
