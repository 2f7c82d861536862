"""What payment refused while a run charged, and what mends that.

A refused charge was not declined: payment did not come to decide on it, and refuses the same one
again in every run until somebody acts.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from billing_operator.apps.answers import Calls, most_frequent
from billing_operator.invoices.activity import Activity
from billing_operator.kinds import Manifest

_OF_THE_IMAGE = "name an image in spec.antaeus.image whose charges payment can read"
_OF_THE_STORE = "see that payment can use its store, or take spec.payment.store out"
REMEDIES: Final[Mapping[str, str]] = {
    "Token": (
        "if the image of Antaeus sends no token, set spec.payment.requireToken to false; if it "
        "does, Antaeus has another one than payment: rotate the token"
    ),
    "Limit": "raise spec.payment.limits, or take them out",
    "TooManyDeferred": "shorten spec.payment.latency, or have less reply late",
    "StoreLost": _OF_THE_STORE,
    "KeyUnreadable": _OF_THE_STORE,
    "Duplicate": (
        "let no two pay calls charge at a time; spec.payment.duplicates says what becomes of "
        "charges that come twice"
    ),
}
"""For each reason that has a field or a remedy of its own; all others are about the charge."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """All that payment's pods had refused at one moment, since each of them started.

    Attributes:
        pods: stands for the starts of the pods that were asked.
        counts: by reason.
    """

    pods: str
    counts: Mapping[str, int]

    @classmethod
    def at_the_time_of(cls, activity: Activity | None) -> "Refusals | None":
        """What was told then; None where a pod did not tell."""
        if activity is None or activity.calls is None:
            return None
        return cls(_digest(activity.calls), _sum(activity.calls))

    @classmethod
    def of(cls, record: Manifest) -> "Refusals | None":
        """What the record of a run has."""
        known = record.get("refusedBefore")
        if not known:
            return None
        return cls(known["pods"], {each["reason"]: each["count"] for each in known["counts"]})

    def as_status(self) -> Manifest:
        """The same as the record of a run has it."""
        return {"pods": self.pods, "counts": _listed(self.counts)}


def refused_since(record: Manifest, activity: Activity | None) -> list[Manifest] | None:
    """What was refused since a run got leave to pay, by reason; None where nobody can tell."""
    before, now = Refusals.of(record), Refusals.at_the_time_of(activity)
    if before is None or now is None:
        return None
    more = {reason: count - before.counts.get(reason, 0) for reason, count in now.counts.items()}
    refused = {reason: count for reason, count in more.items() if count > 0}
    # What a pod had refused that has gone nobody knows any more.
    return None if before.pods != now.pods and not refused else _listed(refused)


def refused_message(refused: list[Manifest]) -> str:
    """What a person is told of refused charges, with the remedy for the most frequent reason."""
    reasons = ", ".join(f"{each['count']} {each['reason']}" for each in refused)
    remedy = REMEDIES.get(refused[0]["reason"], _OF_THE_IMAGE)
    return f"payment refused charges ({reasons}), and will until that is mended: {remedy}"


def _sum(calls: tuple[tuple[str, Calls], ...]) -> Mapping[str, int]:
    totals: Counter[str] = Counter()
    for _, each in calls:
        totals.update(dict(each.refused))
    return dict(most_frequent(totals))


def _digest(calls: tuple[tuple[str, Calls], ...]) -> str:
    starts = ",".join(sorted(start for start, _ in calls))
    return hashlib.sha256(starts.encode()).hexdigest()[:16]


def _listed(counts: Mapping[str, int]) -> list[Manifest]:
    return [{"reason": reason, "count": count} for reason, count in most_frequent(counts)]
