"""Decides which Events a change of what a status says of billing is worth: one per transition."""

from collections.abc import Iterator

from billing_operator.admission import Wait
from billing_operator.kinds import Manifest
from billing_operator.run_report import Outcome
from billing_operator.transitions import Announcement

# Whose charges have all been answered, whatever the answers were.
_USUAL = (Outcome.SUCCEEDED, Outcome.DECLINED)


def run_announcements(before: Manifest, after: Manifest) -> list[Announcement]:
    """What is new of billing between two statuses of a stack."""
    old, new = before.get("billing") or {}, after.get("billing") or {}
    said = (*_ended(old, new), *_begun(old, new), *_waiting(old, new), *_direct(old, new, after))
    return list(said)


def _begun(old: Manifest, new: Manifest) -> Iterator[Announcement]:
    record, before = new.get("running") or {}, old.get("running") or {}
    if record and record.get("uid") != before.get("uid"):
        counts = ""
        if "paid" in record:
            counts = f": {record['paid']} invoices paid and {record['pending']} pending before"
        yield Announcement("Normal", "BillingRunBegun", f"run {record['job']} begins{counts}")
    stuck = record.get("message")
    if stuck and stuck != before.get("message"):
        remedy = (
            "let the nodes pull the operator's image here, by a Secret that "
            "spec.payment.imagePullSecrets names, or delete the Job"
        )
        told = f"run {record['job']} does not start: {stuck}; to mend it, {remedy}"
        yield Announcement("Warning", "BillingRunStuck", told)


def _ended(old: Manifest, new: Manifest) -> Iterator[Announcement]:
    last, skipped = new.get("lastRun") or {}, new.get("lastSkipped") or {}
    if last and last["uid"] != (old.get("lastRun") or {}).get("uid"):
        kind = "Normal" if last["outcome"] in _USUAL else "Warning"
        told = f"run {last['job']}: {last['message']}"
        yield Announcement(kind, f"BillingRun{last['outcome']}", told)
    if skipped and skipped["uid"] != (old.get("lastSkipped") or {}).get("uid"):
        told = f"run {skipped['job']} was skipped: {skipped['message']}"
        yield Announcement("Warning", "BillingRunSkipped", told)
    unsettled = old.get("unsettled")
    if unsettled and not new.get("unsettled"):
        told = f"the batch of run {unsettled['job']} has come to an end: another run may begin"
        yield Announcement("Normal", "BillingRunSettled", told)


def _waiting(old: Manifest, new: Manifest) -> Iterator[Announcement]:
    """Only where it waits for a person; all else passes by itself, and the status has it."""
    wait, before = new.get("waiting") or {}, old.get("waiting") or {}
    is_new = (wait.get("job"), wait.get("reason")) != (before.get("job"), before.get("reason"))
    if wait.get("reason") == Wait.INVOICES_RESET and is_new:
        told = f"run {wait['job']} waits: {wait['message']}"
        yield Announcement("Warning", "BillingRunWaits", told)


def _direct(old: Manifest, new: Manifest, after: Manifest) -> Iterator[Announcement]:
    direct, before = new.get("direct"), old.get("direct")
    paid = (after.get("invoices") or {}).get("paid")
    if direct and not before:
        told = (
            "Antaeus charges without a run: somebody called pay directly. "
            f"{direct['paid']} invoices were paid before, {paid} are now"
        )
        # Where nothing is scheduled, it is how people pay.
        yield Announcement("Warning" if new.get("schedule") else "Normal", "PaidDirectly", told)
    if before and not direct:
        told = f"a direct pay call has come to an end: {before['paid']} paid before, {paid} now"
        yield Announcement("Normal", "PaidDirectly", told)
