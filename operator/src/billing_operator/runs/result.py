"""What is written down of a billing run that has ended: how, the counts, and what to do."""

from datetime import datetime

from billing_operator.kinds import Manifest, timestamp
from billing_operator.runs.refusals import refused_message
from billing_operator.runs.report import LONGEST_MESSAGE, Outcome, RunReport

_DECLINED = "their charges were declined, and the next run tries them again"
_BROKE_OFF = (
    "the batch broke off at a charge that payment did not answer as Antaeus needs it, and that "
    "charge may have been made; the next run tries the rest"
)
_NOT_SENT = "nothing was charged"
_UNSEEN = (
    "nobody saw its end, and Antaeus may still go on with the batch: no other run begins before "
    "that has come to an end"
)


# Whose charges were not all accepted, as far as is known.
_NOT_ALL = (Outcome.DECLINED, Outcome.INCOMPLETE, Outcome.UNKNOWN)


def last_run(
    record: Manifest,
    report: RunReport | None,
    why: str,
    now: datetime,
    refused: list[Manifest] | None,
) -> Manifest:
    """The entry of a status for a run that has ended.

    Args:
        record: what was written down when it began.
        report: what its pod said; None where it said nothing.
        why: how it ended, where its pod has not said.
        refused: what payment refused meanwhile, by reason; None where nobody knows.
    """
    outcome, refused = _judged(record, report, refused)
    before, after, newly = _counts(record, report)
    texts = [_message(outcome, report, why, newly, record)]
    texts += [refused_message(refused)] if refused else []
    return {
        "job": record["job"],
        "uid": record["uid"],
        "outcome": str(outcome),
        "startTime": record.get("startTime") or record.get("admissionTime"),
        "completionTime": timestamp(now),
        "antaeusInstance": record.get("antaeusInstance"),
        "paidBefore": before[0],
        "pendingBefore": before[1],
        "paidAfter": after[0],
        "pendingAfter": after[1],
        "newlyPaid": newly,
        "refused": refused,
        "booksBefore": None if outcome is Outcome.NOT_SENT else record.get("booksBefore"),
        "message": "; ".join(texts)[:LONGEST_MESSAGE],
    }


_Refused = list[Manifest] | None


def _judged(
    record: Manifest, report: RunReport | None, refused: _Refused
) -> tuple[Outcome, _Refused]:
    """What became of a run, and what payment refused of it."""
    # Leave is written down before it is given.
    unseen = Outcome.UNKNOWN if record.get("leaveTime") else Outcome.NOT_SENT
    outcome = report.outcome if report else unseen
    if outcome is Outcome.DECLINED and refused:
        return Outcome.REFUSED, refused
    # Where it paid all, or sent nothing, what was refused was somebody else's.
    return outcome, refused if outcome in _NOT_ALL else []


def is_resolved(ended: Manifest) -> bool:
    """Whether a run's batch is known to be over, and what came of it."""
    if ended["outcome"] == Outcome.NOT_SENT:
        return True
    return ended["outcome"] != Outcome.UNKNOWN and ended["paidAfter"] is not None


_Counts = tuple[int | None, int | None]


def _counts(record: Manifest, report: RunReport | None) -> tuple[_Counts, _Counts, int | None]:
    before = record.get("paid"), record.get("pending")
    if report is None:
        return before, (None, None), None
    if report.paid_before is not None:
        before = report.paid_before, report.pending_before
    return before, (report.paid_after, report.pending_after), report.newly_paid


def _message(
    outcome: Outcome, report: RunReport | None, why: str, newly: int | None, record: Manifest
) -> str:
    text = report.explanation if report else why
    against = str(record.get("leaveMessage") or "")
    if outcome is Outcome.UNKNOWN:
        return "; ".join(dict.fromkeys(filter(None, (why, text, _UNSEEN))))
    if outcome is Outcome.NOT_SENT or report is None:
        return "; ".join(filter(None, (text, against, _NOT_SENT)))
    if newly is None:
        return f"the batch has ended, but {text or 'nobody could read what came of it'}"
    text = f"{newly} newly paid, {report.pending_after or 'none'} pending"
    remark = {Outcome.DECLINED: _DECLINED, Outcome.INCOMPLETE: _BROKE_OFF}.get(outcome)
    return f"{text}: {remark}" if remark else text
