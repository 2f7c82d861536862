"""What a status says of runs that have ended: their books, and the last of them."""

from datetime import datetime

from billing_operator.books.comparison import Moment, compared, mismatch_message
from billing_operator.books.ledger import Ledger
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.runs.report import LONGEST_MESSAGE

STILL_SECONDS = 2.0
"""For so long nothing moves before the books of a run are made: longer than between two charges."""
_LONGEST_WAIT_SECONDS = 300.0
_NEVER_STILL = "for five minutes Antaeus or payment did not tell, or somebody charged"
_MOST_OF_HISTORY = 10
_OF_HISTORY = ("job", "uid", "outcome", "startTime", "completionTime", "newlyPaid")


def is_still(activity: Activity | None) -> bool:
    """Whether nobody charges, so that what was charged beside a run is in its books as well."""
    if activity is None or activity.unknown_because or activity.charging:
        return False
    return activity.unchanged_seconds >= STILL_SECONDS


def with_books(
    billing: Manifest, reading: Reading | None, ledger: Ledger | None, now: datetime
) -> Manifest:
    """The last run with its books, and the history.

    The books are made once the batch is over.

    Args:
        reading: of now; None where somebody charges, or nobody can tell.
    """
    last: Manifest | None = billing["lastRun"]
    before = Moment.of((last or {}).get("booksBefore"))
    over = not billing["unresolvedRun"]
    if last and before and over and reading and reading.accepted and ledger:
        known = AntaeusInstance.of(last)
        books = compared(
            before,
            Moment.at(ledger, reading.counts.paid_sums),
            restarted=known not in (None, reading.instance),
        )
        text = "; ".join(filter(None, (last["message"], mismatch_message(books))))
        last = {**last, "booksBefore": None, "books": books, "message": text[:LONGEST_MESSAGE]}
    elif last and before and over and _is_late(last, now):
        last = {**last, "booksBefore": None, "books": {"unknownBecause": _NEVER_STILL}}
    return {"lastRun": last, "history": _history(billing["history"] or [], last)}


def _is_late(last: Manifest, now: datetime) -> bool:
    """Whether its books have been waited for so long that the next run is not to wait any more."""
    since = now - datetime.fromisoformat(last["completionTime"])
    return since.total_seconds() >= _LONGEST_WAIT_SECONDS


def _history(known: list[Manifest], last: Manifest | None) -> list[Manifest] | None:
    """The newest first."""
    if last is None:
        return known or None
    entry = {name: last[name] for name in _OF_HISTORY if last.get(name) is not None}
    if difference := (last.get("books") or {}).get("difference"):
        entry["difference"] = difference
    return [entry, *(each for each in known if each["uid"] != last["uid"])][:_MOST_OF_HISTORY]
