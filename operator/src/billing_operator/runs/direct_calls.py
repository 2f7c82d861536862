"""Signs of a pay call that is no run: somebody called Antaeus directly."""

from billing_operator.books.ledger import Ledger
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest, timestamp
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.report import Outcome
from billing_operator.spec.stack import Stack


def unmanaged_run(
    stack: Stack, old: Manifest, new: Manifest, observed: ObservedRuns, context: AdmissionContext
) -> Manifest | None:
    """A pay call that is no run, if there are signs of one."""
    reading = context.reading
    may_charge = _may_charge(new, observed) or (
        _may_charge(old, observed) and not _sent_nothing(old, new)
    )
    if reading is None or may_charge:
        return None
    known = _explained(stack, new, reading)
    charging = observed.activity is not None and observed.activity.charging
    before = Ledger.of_stack(stack)
    if known is None or not (charging or reading.counts.paid > known):
        return None
    of_whom = reading.instance
    if charging and of_whom != context.instance and not context.host_of(of_whom):
        # What is charged now, an Antaeus charges that has not been read yet.
        of_whom = context.instance or of_whom
    record = {"time": timestamp(context.now), "antaeusInstance": of_whom.as_status()}
    return record | {"paid": known, "countsBefore": before and before.counts()}


def _is_open(billing: Manifest) -> bool:
    """Whether charges of the last run may still come into the ledger."""
    last = billing.get("lastRun") or {}
    return bool(last) and "books" not in last and last.get("outcome") != Outcome.NOT_SENT


def _may_charge(status: Manifest, observed: ObservedRuns) -> bool:
    """Whether a run may be charging; one without leave to pay is not, nor one not told of it."""
    if status.get("unresolvedRun") or status.get("unknownPast"):
        return True
    record: Manifest = status.get("running") or {}
    run = next((run for run in observed.runs if run.uid == record.get("uid")), None)
    untold = run is not None and run.under_way and run.pod is not None and not run.pod.may_pay
    return bool(record.get("leaveTime")) and not untold


def _sent_nothing(old: Manifest, new: Manifest) -> bool:
    """Whether the run that was under way has ended by now, and has said that it never called."""
    last = new.get("lastRun") or {}
    same = last.get("uid") == (old.get("running") or {}).get("uid")
    return same and last.get("outcome") == Outcome.NOT_SENT


def _explained(stack: Stack, new: Manifest, reading: Reading) -> int | None:
    """So many invoices are known to be paid by this Antaeus, if anything is known of it."""
    before, last = stack.status.get("invoices") or {}, new["lastRun"] or {}
    of_now = AntaeusInstance.of(before) == reading.instance
    of_last = AntaeusInstance.of(last) == reading.instance
    # One that keeps its invoices has those of the Antaeus before as well.
    counts = (
        before.get("paid") if of_now else None,
        last.get("paidAfter") if of_last or (of_now and _is_open(new)) else None,
    )
    return max((paid for paid in counts if paid is not None), default=None)
