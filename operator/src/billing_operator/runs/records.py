"""What a status remembers of billing runs: the one under way, and batches whose end nobody saw.

Jobs and pods may be deleted by anyone at any time, and the status is the operator's own. So what
safety rests on is written there before a Job is let begin, and only what has been seen to end is
taken out again.
"""

from datetime import datetime

from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest, timestamp
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.runs.books import is_still, with_books
from billing_operator.runs.context import AdmissionContext, ObservedRuns, payments_are_kept
from billing_operator.runs.direct_calls import unmanaged_run
from billing_operator.runs.jobs import Run
from billing_operator.runs.refusals import refused_since
from billing_operator.runs.report import LONGEST_MESSAGE, Outcome
from billing_operator.runs.result import is_resolved, last_run
from billing_operator.spec.stack import Stack


def remembered(stack: Stack, observed: ObservedRuns, context: AdmissionContext) -> Manifest:
    """What is known of runs and of batches now, by what was known before."""
    old: Manifest = stack.status.get("billing") or {}
    new = {
        name: old.get(name)
        for name in ("lastRun", "lastSuccessfulTime", "lastSkipped", "unresolvedRun", "history")
    }
    new["schedule"] = _schedule(stack, old, context)
    new |= _of_the_run(old, observed, context)
    new["unresolvedRun"] = _unless_over(stack, new["unresolvedRun"], observed, context)
    past = old.get("unknownPast") or (
        {"time": timestamp(context.now)} if context.status_lost else None
    )
    new["unknownPast"] = _unless_known(stack, past, observed, context)
    # Whether all is still was asked before this pass saw the end of a run.
    known = (old.get("lastRun") or {}).get("uid") == (new["lastRun"] or {}).get("uid")
    reading = context.reading if known and is_still(observed.activity) else None
    new |= with_books(new, reading, context.ledger, context.now)
    unmanaged = old.get("unmanagedRun") or unmanaged_run(stack, old, new, observed, context)
    new["unmanagedRun"] = _unless_over(stack, unmanaged, observed, context)
    return new


def _of_the_run(old: Manifest, observed: ObservedRuns, context: AdmissionContext) -> Manifest:
    """Goes on with the run that was under way, ends it, or finds one that a person let begin."""
    record: Manifest | None = old.get("running")
    ended: Manifest = {}
    now = context.now
    # Any other has no leave to pay, and ends by itself.
    at_work = [run for run in observed.runs if run.under_way and (run.by_hand or run.may_pay)]
    if record:
        run = next((run for run in observed.runs if run.uid == record["uid"]), None)
        if run and not run.begun:
            # Of a Job that was never at work there is nothing to end.
            if not run.leaving and not at_work:
                return {"running": record}
        elif why := _why_ended(run, record):
            ended = _ended(_entry(record, run, why, observed, now), record, context)
        elif run:
            return {"running": _at_work(record, run, observed, now)}
    last = ended.get("lastRun") or old.get("lastRun") or {}
    stopped = [run for run in observed.runs if run.stopped]
    # One that has ended is over for good, though its Job may go on.
    others = (run for run in (*at_work, *stopped) if run.uid != last.get("uid"))
    for run in others:
        begun: Manifest = {"job": run.name, "uid": run.uid}
        if run.may_pay and context.instance:
            # By whom it was given leave the operator does not know, but it pays with this one.
            begun["antaeusInstance"] = context.instance.as_status()
        return ended | {"running": _at_work(begun, run, observed, now)}
    return ended


def _entry(
    record: Manifest, run: Run | None, why: str, observed: ObservedRuns, now: datetime
) -> Manifest:
    """What is written down of a run that has ended, by its pod's words, which may have gone."""
    report = run.report_of(record.get("podUID")) if run else None
    report = report or observed.reports.get(str(record.get("podUID")))
    if run and run.started:
        record = {"startTime": run.started} | record
    return last_run(record, report, why, now, refused_since(record, observed.activity))


def _why_ended(run: Run | None, record: Manifest) -> str:
    if run is None:
        return (
            "its Job was deleted before its report was read, as ttlSecondsAfterFinished does it at "
            "once where it is 0"
        )
    if run.stopped:
        return "its Job was suspended in the middle"
    if run.pod and record.get("podUID") not in (None, run.pod.uid):
        return "its Job has another pod by now"
    return run.ended or ("its container has ended" if run.over else "")


def _at_work(record: Manifest, run: Run, observed: ObservedRuns, now: datetime) -> Manifest:
    at = record.get("startTime") or run.started or timestamp(now)
    # The first one for ever: a Job that is suspended and resumed has another, and the batch of the
    # first goes on.
    pod = record.get("podUID") or (run.pod.uid if run.pod else None)
    # Somebody else may have given it leave.
    leave = record.get("leaveTime") or (timestamp(now) if run.may_pay else None)
    stuck = run.stuck or observed.refused.get(run.uid)
    message = stuck[:LONGEST_MESSAGE] if stuck else None
    more = {"message": message, "podUID": pod, "leaveTime": leave}
    return record | {"startTime": at} | more


def _ended(entry: Manifest, record: Manifest, context: AdmissionContext) -> Manifest:
    new: Manifest = {"lastRun": entry}
    if entry["outcome"] == Outcome.SUCCEEDED:
        new["lastSuccessfulTime"] = entry["completionTime"]
    if not is_resolved(entry):
        # Where another Antaeus answers by now, the call may have come to that one.
        known = AntaeusInstance.of(record)
        with_this = known is not None and known == context.instance
        new["unresolvedRun"] = {
            "job": entry["job"],
            "uid": entry["uid"],
            "time": entry["completionTime"],
            "antaeusInstance": entry["antaeusInstance"] if with_this else None,
            "podUID": record.get("podUID"),
        }
    return new


def _unless_over(
    stack: Stack, record: Manifest | None, observed: ObservedRuns, context: AdmissionContext
) -> Manifest | None:
    """A batch that may go on: until its Antaeus has gone, all is still, or a person says so.

    That its Antaeus has gone counts once another one has told its invoices: what was forgotten is
    judged by that reading, and by the record.
    """
    acknowledged = stack.acknowledged_run
    if record is None or (acknowledged and acknowledged in (record["time"], record.get("uid"))):
        return None
    # It may still be about to call.
    if any(pod.uid == record.get("podUID") for pod in observed.with_leave):
        return record
    began_in = AntaeusInstance.of(record)
    if began_in and _is_of_another(context.reading, began_in):
        return record if context.host_of(began_in) else None
    if observed.activity is None or observed.activity.unknown_because:
        return record
    since = (context.now - datetime.fromisoformat(record["time"])).total_seconds()
    still = min(since, observed.activity.unchanged_seconds)
    return None if still >= observed.quiet_seconds else record


def _unless_known(
    stack: Stack, past: Manifest | None, observed: ObservedRuns, context: AdmissionContext
) -> Manifest | None:
    """What happened before a status was lost: until all is still and all that was paid is there."""
    if past is None or payments_are_kept(context):
        return _unless_over(stack, past, observed, context)
    return None if stack.acknowledged_run == past["time"] else past


def _is_of_another(reading: Reading | None, instance: AntaeusInstance) -> bool:
    return reading is not None and reading.instance != instance


def _schedule(stack: Stack, old: Manifest, context: AdmissionContext) -> Manifest | None:
    """What is scheduled since when: a CronJob makes up for times before it had its schedule.

    It may make a run of it before this is written down for the first time.
    """
    wanted = stack.billing
    if wanted.schedule is None:
        return None
    text = " ".join(filter(None, (wanted.schedule, wanted.time_zone)))
    known: Manifest = old.get("schedule") or {}
    return (
        known
        if known.get("expression") == text
        else {
            "expression": text,
            "effectiveTime": timestamp(context.schedule_applied or context.now),
        }
    )
