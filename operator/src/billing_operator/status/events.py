"""Decides which Events a change of status is worth: one per transition, none for repetition."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing_operator.books.ledger import Ledger, new_doubles
from billing_operator.kinds import Manifest, conditions_of
from billing_operator.reasons import ConditionType, EventReason, WaitReason
from billing_operator.runs.report import Outcome

_USUAL_CONDITIONS = (ConditionType.READY, ConditionType.SUSPENDED, ConditionType.HIBERNATED)
_ENDED = {
    Outcome.SUCCEEDED: EventReason.BILLING_RUN_SUCCEEDED,
    Outcome.DECLINED: EventReason.BILLING_RUN_DECLINED,
    Outcome.REFUSED: EventReason.BILLING_RUN_REFUSED,
    Outcome.INCOMPLETE: EventReason.BILLING_RUN_INCOMPLETE,
    Outcome.NOT_SENT: EventReason.BILLING_RUN_NOT_SENT,
    Outcome.UNKNOWN: EventReason.BILLING_RUN_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class StackEvent:
    """An Event to be made.

    Attributes:
        type: Normal or Warning, as the Event API has them.
    """

    type: str
    reason: str
    message: str


def events_for_change(before: Manifest, after: Manifest) -> list[StackEvent]:
    """What is new between two statuses of a stack."""
    old, new = conditions_of(before), conditions_of(after)
    events = []
    for kind, condition in new.items():
        earlier = old.get(kind, {"status": "False", "reason": ""})
        if kind == ConditionType.READY:
            flipped = (earlier["status"], earlier["reason"]) != (
                condition["status"],
                condition["reason"],
            )
        else:
            # Each restart of Antaeus forgets payments of its own, and each run has its books.
            again = kind in (ConditionType.INVOICES_RESET, ConditionType.LEDGER_MISMATCH)
            again = again and condition["message"] != earlier.get("message")
            flipped = condition["status"] == "True" and (again or earlier["status"] != "True")
        # These only say what other conditions and the Events of runs say.
        if flipped and kind not in (ConditionType.RECONCILING, ConditionType.BILLING_ALLOWED):
            events.append(_event_of(kind, condition))
    rotated = (after.get("token") or {}).get("lastRotationTime")
    if rotated and rotated != (before.get("token") or {}).get("lastRotationTime"):
        message = "the new token is the only one now; Antaeus was restarted for it, if it ran"
        events.append(StackEvent("Normal", EventReason.TOKEN_ROTATED, message))
    return _without_repetition(events)


def _event_of(kind: str, condition: Manifest) -> StackEvent:
    type_ = "Normal" if kind in _USUAL_CONDITIONS else "Warning"
    return StackEvent(type_, condition["reason"], condition["message"])


def _without_repetition(events: list[StackEvent]) -> list[StackEvent]:
    """A fault shows in several conditions; its loudest Event is enough."""
    loudest: dict[tuple[str, str], StackEvent] = {}
    for one in events:
        at = (one.reason, one.message)
        if at not in loudest or one.type == "Warning":
            loudest[at] = one
    return list(loudest.values())


# Whose charges have all been answered, whatever the answers were.
_USUAL = (Outcome.SUCCEEDED, Outcome.DECLINED)


def run_events_for_change(before: Manifest, after: Manifest) -> list[StackEvent]:
    """What is new of billing between two statuses of a stack."""
    old, new = before.get("billing") or {}, after.get("billing") or {}
    events = (
        *_ended(old, new),
        *_begun(old, new),
        *_waiting(old, new),
        *_unmanaged(old, new, after),
        *_lost(old, new),
        *_double_charges(before, after),
    )
    return list(events)


def _begun(old: Manifest, new: Manifest) -> Iterator[StackEvent]:
    record, before = new.get("running") or {}, old.get("running") or {}
    if record and record.get("uid") != before.get("uid"):
        counts = ""
        if "paid" in record:
            counts = f": {record['paid']} invoices paid and {record['pending']} pending before"
        yield StackEvent(
            "Normal", EventReason.BILLING_RUN_STARTED, f"run {record['job']} begins{counts}"
        )
    stuck, same = record.get("message"), record.get("uid") == before.get("uid")
    # Kubernetes' words change while its cause stays, as from ErrImagePull to ImagePullBackOff.
    if stuck and not (same and before.get("message")):
        message = f"run {record['job']} does not start: {stuck}, or delete the Job"
        yield StackEvent("Warning", EventReason.BILLING_RUN_STUCK, message)


def _ended(old: Manifest, new: Manifest) -> Iterator[StackEvent]:
    last, skipped = new.get("lastRun") or {}, new.get("lastSkipped") or {}
    if last and last["uid"] != (old.get("lastRun") or {}).get("uid"):
        kind = "Normal" if last["outcome"] in _USUAL else "Warning"
        message = f"run {last['job']}: {last['message']}"
        yield StackEvent(kind, _ENDED[last["outcome"]], message)
    if skipped and skipped["uid"] != (old.get("lastSkipped") or {}).get("uid"):
        message = f"run {skipped['job']} was skipped: {skipped['message']}"
        yield StackEvent("Warning", EventReason.BILLING_RUN_SKIPPED, message)
    unresolved = old.get("unresolvedRun")
    if unresolved and not new.get("unresolvedRun"):
        message = f"the batch of run {unresolved['job']} has come to an end: another run may begin"
        yield StackEvent("Normal", EventReason.BILLING_RUN_RESOLVED, message)


def _waiting(old: Manifest, new: Manifest) -> Iterator[StackEvent]:
    """Only where it waits for a person; all else passes by itself, and the status has it."""
    wait, before = new.get("waiting") or {}, old.get("waiting") or {}
    is_new = (wait.get("job"), wait.get("reason")) != (before.get("job"), before.get("reason"))
    if wait.get("reason") == WaitReason.INVOICES_RESET and is_new:
        message = f"run {wait['job']} waits: {wait['message']}"
        yield StackEvent("Warning", EventReason.BILLING_RUN_BLOCKED, message)


def _unmanaged(old: Manifest, new: Manifest, after: Manifest) -> Iterator[StackEvent]:
    unmanaged, before = new.get("unmanagedRun"), old.get("unmanagedRun")
    paid = (after.get("invoices") or {}).get("paid")
    if unmanaged and not before:
        message = (
            "charges were made without a run: somebody called pay directly. "
            f"{unmanaged['paid']} invoices were paid before, {paid} are now"
        )
        # Where nothing is scheduled, it is how people pay.
        yield StackEvent(
            "Warning" if new.get("schedule") else "Normal", EventReason.UNMANAGED_PAY_CALL, message
        )
    if before and not unmanaged:
        message = f"a direct pay call has come to an end: {before['paid']} paid before, {paid} now"
        more = _booked_otherwise(before, after)
        kind = "Warning" if more else "Normal"
        yield StackEvent(kind, EventReason.UNMANAGED_PAY_CALL, message + more)


def _booked_otherwise(call: Manifest, after: Manifest) -> str:
    """Where a direct call charged otherwise than invoices became paid, as far as is known."""
    known, invoices = call.get("countsBefore"), after.get("invoices") or {}
    ledger = Ledger.of((after.get("payment") or {}).get("accepted"))
    if not known or ledger is None or ledger.unseen != known["unseenProcesses"]:
        return ""
    # Another Antaeus has forgotten what is paid, of which InvoicesReset tells.
    if call.get("antaeusInstance") != invoices.get("antaeusInstance"):
        return ""
    now = ledger.counts()
    accepted, paid = now["accepted"] - known["accepted"], now["paid"] - known["paid"]
    if accepted == paid:
        return ""
    return f". Payment accepted {accepted} charges, and {paid} invoices became paid: compare them"


def _lost(old: Manifest, new: Manifest) -> Iterator[StackEvent]:
    if new.get("unknownPast") and not old.get("unknownPast"):
        message = (
            "the status of the stack was lost, and with it what is known of runs and of payments "
            f"that Antaeus forgot: condition {ConditionType.BILLING_ALLOWED} says how to go on"
        )
        yield StackEvent("Warning", EventReason.STATUS_LOST, message)


def _double_charges(before: Manifest, after: Manifest) -> Iterator[StackEvent]:
    if more := new_doubles(before, after):
        message = (
            f"payment accepted {more} charges shortly after others of the same customer, amount "
            "and currency: customers may have been charged twice. Its log has them as duplicate_of"
        )
        yield StackEvent("Warning", EventReason.DOUBLE_CHARGE, message)
