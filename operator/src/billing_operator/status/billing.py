"""Judges billing: what a run depends on, as a pass found it, and what conditions say of it."""

from datetime import datetime, timedelta

from billing_operator.books.comparison import mismatch_message
from billing_operator.books.ledger import Ledger
from billing_operator.kinds import CRON_JOB, Manifest, Ref, applied_entry
from billing_operator.names import ANTAEUS, BILLING, MANAGER, part_name
from billing_operator.observed.stack import AntaeusInstance, Observed
from billing_operator.reasons import ConditionType, Reason
from billing_operator.runs.allowed import Allowed, billing_allowed
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.refusals import refused_message
from billing_operator.runs.report import Outcome
from billing_operator.spec.stack import Stack
from billing_operator.status.conditions import Row
from billing_operator.status.readiness import Findings, verdict

# In so short a time no Antaeus was made, has charged, and was replaced.
_AT_ONCE = timedelta(seconds=5)


def admission_context(
    stack: Stack,
    findings: Findings,
    counted: Manifest | None,
    ledger: Ledger | None,
    now: datetime,
) -> AdmissionContext:
    """What a run depends on besides itself."""
    judged = verdict(stack, findings, counted)
    well = judged.ready and judged.reason == Reason.ALL_READY
    return AdmissionContext(
        reading=findings.reading,
        instance=findings.seen.antaeus_instance,
        unready="" if well else f"{judged.reason}: {judged.message}",
        reset=bool((counted or {}).get("reset")),
        rotating=findings.rotation is not None and findings.rotation.under_way,
        now=now,
        takes_charges=bool(findings.seen.payment_answers),
        antaeus_pods=findings.seen.all_of(ANTAEUS),
        ledger=ledger,
        status_lost=findings.status_lost,
        unread=findings.unread,
        first_antaeus=_is_first(stack, findings.seen),
        schedule_applied=_schedule_applied(stack, findings.seen),
    )


def _is_first(stack: Stack, seen: Observed) -> bool:
    """Whether the Antaeus of now was made with the stack and has run since, or keeps all."""
    if stack.antaeus.persistence is not None:
        return True
    instance = seen.antaeus_instance
    pod = next((pod for pod in seen.of(ANTAEUS) if instance and pod.uid == instance.pod_uid), None)
    if pod is None or pod.restarts or not (pod.made and stack.made):
        return False
    return datetime.fromisoformat(pod.made) - datetime.fromisoformat(stack.made) <= _AT_ONCE


def _schedule_applied(stack: Stack, seen: Observed) -> datetime | None:
    """When the CronJob was last written, if it has the schedule of the spec."""
    live = seen.children.get(Ref(CRON_JOB.name, part_name(stack.name, BILLING)))
    wanted = stack.billing.schedule, stack.billing.time_zone
    if live is None or (live["spec"].get("schedule"), live["spec"].get("timeZone")) != wanted:
        return None
    written = (applied_entry(live, MANAGER) or {}).get("time")
    return datetime.fromisoformat(written) if written else None


def conditions_of_billing(
    stack: Stack,
    runs: Manifest,
    observed: ObservedRuns | None,
    context: AdmissionContext,
    counted: Manifest | None,
) -> list[Row]:
    """Whether a pay call may be made, and whether the last run charged what became paid."""
    allowed = billing_allowed(stack, runs, observed, context)
    last: Manifest = runs.get("lastRun") or {}
    return [_allowed(allowed), _of_the_books(last), _of_refusals(runs, counted)]


def _allowed(judged: Allowed) -> Row:
    reason = judged.reason or Reason.AS_EXPECTED
    return Row(ConditionType.BILLING_ALLOWED, judged.status, reason, judged.message)


def _of_the_books(last: Manifest) -> Row:
    """Whether the last run charged what became paid by it."""
    kind, books, name = ConditionType.LEDGER_MISMATCH, last.get("books") or {}, last.get("job")
    if message := mismatch_message(books):
        return Row(kind, "True", Reason.LEDGER_MISMATCH, f"run {name}: {message}")
    if why := books.get("unknownBecause"):
        return Row(kind, "Unknown", Reason.BOOKS_UNKNOWN, f"run {name}: {why}")
    if last.get("booksBefore"):
        message = f"run {name}: what was charged is still to be compared with what is paid"
        return Row(kind, "Unknown", Reason.BOOKS_UNKNOWN, message)
    if last and not books and last["outcome"] != Outcome.NOT_SENT:
        message = f"run {name}: payment did not tell what it had accepted before"
        return Row(kind, "Unknown", Reason.BOOKS_UNKNOWN, message)
    return Row(kind, "False", Reason.AS_EXPECTED, "the last run charged what became paid by it")


def _of_refusals(runs: Manifest, counted: Manifest | None) -> Row:
    """Whether payment refused charges of the last run, which no other run would mend."""
    kind, last = ConditionType.CHARGES_REFUSED, runs.get("lastRun") or {}
    refused = last.get("refused")
    if last and refused is None:
        message = f"payment did not tell what it refused in run {last['job']}; the next run tells"
        return Row(kind, "Unknown", Reason.REFUSALS_UNKNOWN, message)
    if refused and not _paid_since(last, counted):
        message = f"run {last['job']}: {refused_message(refused)}"
        return Row(kind, "True", Reason.CHARGES_REFUSED, message)
    return Row(kind, "False", Reason.AS_EXPECTED, "no charge of the last run was refused since")


def _paid_since(last: Manifest, counted: Manifest | None) -> bool:
    """Whether charges were accepted after a run, as by a direct pay call."""
    known, instance = counted or {}, AntaeusInstance.of(last)
    same = instance is not None and instance == AntaeusInstance.of(known)
    return same and last.get("paidAfter") is not None and known["paid"] > last["paidAfter"]
