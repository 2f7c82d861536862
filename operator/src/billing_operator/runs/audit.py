"""Writes one line in the log for each run that ended, with all that is known of its money."""

import logging

from billing_operator.kinds import Key, Manifest

log = logging.getLogger(__name__)

_FIELDS = ("uid", "outcome", "startTime", "completionTime", "newlyPaid", "books", "message")


def audit(stack: Key, before: Manifest, after: Manifest) -> None:
    """Tells of a run between two statuses: once its books are made, or there are to be none."""
    old, new = _complete(before), _complete(after)
    if new and new != old:
        more = {name: new[name] for name in _FIELDS if name in new}
        log.info("run ended", extra={"stack": str(stack), "run": new["job"], **_flat(more)})


def _complete(status: Manifest) -> Manifest:
    last: Manifest = (status.get("billing") or {}).get("lastRun") or {}
    return {} if last.get("booksBefore") else last


def _flat(fields: Manifest) -> Manifest:
    # A record of the log has a message of its own.
    return {("why" if name == "message" else name): value for name, value in fields.items()}
