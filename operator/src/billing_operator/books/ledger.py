"""What payment has accepted since a stack was made, as its status keeps it.

Each process of payment counts for itself, and forgets with its end. So what each told last is kept,
and what it tells more is added. Of one that ended where nobody saw its last count, it is not known
what it accepted; such are counted too, and between two moments with one of them nothing is certain.
"""

from collections.abc import Mapping
from typing import NamedTuple

from billing_operator.apps.answers import Totals
from billing_operator.apps.sums import Sums, as_status, count_of, minus, of_status, plus
from billing_operator.kinds import Manifest
from billing_operator.spec.stack import Stack

_MOST_GONE = 20  # whose last count may still come


class Process(NamedTuple):
    """One start of payment's container."""

    pod_uid: str
    restart_count: int


class Count(NamedTuple):
    """What one process has accepted.

    Attributes:
        last: whether it has ended, and counts no more.
        doubles: so many charges that it accepted shortly after one alike that was accepted, too.
        unseen: whether it has gone, and nobody has seen its last count yet.
    """

    sums: Sums
    last: bool
    doubles: int = 0
    unseen: bool = False

    @classmethod
    def of(cls, totals: Totals, *, last: bool) -> "Count":
        """What a process told."""
        return cls(totals.sums, last, totals.doubles)


def _as_status(process: Process, count: Count) -> Manifest:
    known: Manifest = {
        "podUID": process.pod_uid,
        "restartCount": process.restart_count,
        "ended": count.last,
        "doubles": count.doubles,
        "currencies": as_status(count.sums),
    }
    return known | ({"unseen": True} if count.unseen else {})


Processes = Mapping[Process, Count]
"""All that are in sight at one moment, and those whose end was seen lately."""


class Snapshot(NamedTuple):
    """What payment and Antaeus told at one moment.

    Attributes:
        paid: so many invoices were paid.
    """

    processes: Processes
    paid: int


class Ledger(NamedTuple):
    """What is known at one moment.

    Attributes:
        total: of all processes since the stack was made.
        unseen: so many of them ended without a last count that anybody saw.
        paid: so many invoices were paid by then.
        doubles: so many of all accepted charges came shortly after one alike.
    """

    total: Sums
    unseen: int
    paid: int
    processes: Processes
    doubles: int = 0

    @classmethod
    def of(cls, written: Manifest | None) -> "Ledger | None":
        """Reads what a status keeps; None where it keeps none, or somebody else wrote it."""
        known = written or {}
        total = of_status(known.get("currencies"))
        unseen, paid = known.get("unseenProcesses"), known.get("paidInvoices")
        processes: dict[Process, Count] = {}
        for each in known.get("processes") or ():
            sums = of_status(each.get("currencies"))
            uid, restarts = each.get("podUID"), each.get("restartCount")
            if sums is None or not isinstance(uid, str) or type(restarts) is not int:
                return None
            ended, doubles = each.get("ended") is True, _whole(each.get("doubles"))
            gone = each.get("unseen") is True
            processes[Process(uid, restarts)] = Count(sums, ended, doubles, gone)
        if total is None or type(unseen) is not int or type(paid) is not int:
            return None
        return cls(total, unseen, paid, processes, _whole(known.get("doubles")))

    @classmethod
    def of_stack(cls, stack: Stack) -> "Ledger | None":
        """Reads what the status of a stack keeps."""
        return cls.of((stack.status.get("payment") or {}).get("accepted"))

    def counts(self) -> Manifest:
        """Writes how many charges and paid invoices there are, without their sums."""
        return {
            "accepted": count_of(self.total),
            "paid": self.paid,
            "unseenProcesses": self.unseen,
        }

    def as_status(self) -> Manifest:
        """Writes it."""
        return {
            "currencies": as_status(self.total),
            "doubles": self.doubles,
            "unseenProcesses": self.unseen,
            "paidInvoices": self.paid,
            "processes": [_as_status(*each) for each in sorted(self.processes.items())],
        }


NOTHING_YET = Ledger({}, 0, 0, {})
"""Before anything was counted all that payment tells is news."""


def advanced(before: Ledger | None, snapshot: Snapshot | None) -> Ledger | None:
    """Returns what is known with a newer snapshot; without one, what was known before."""
    if snapshot is None:
        return before
    known = before or NOTHING_YET
    total, unseen, doubles = known.total, known.unseen, known.doubles
    for process, count in snapshot.processes.items():
        earlier = known.processes.get(process)
        # As where a watch told of its end later than a list had it gone.
        unseen -= earlier is not None and earlier.unseen
        more = minus(count.sums, earlier.sums if earlier else {})
        # None takes back what it told; of one that seems to, nothing is certain.
        if any(each.charges < 0 for each in more.values()):
            unseen += 1
        else:
            total = plus(total, more)
            doubles += max(0, count.doubles - (earlier.doubles if earlier else 0))
    gone = {
        process: count
        for process, count in known.processes.items()
        if process not in snapshot.processes and not count.last
    }
    unseen += sum(not count.unseen for count in gone.values())
    kept = {process: gone[process]._replace(unseen=True) for process in list(gone)[-_MOST_GONE:]}
    return Ledger(total, unseen, snapshot.paid, {**snapshot.processes, **kept}, doubles)


def new_doubles(before: Manifest, after: Manifest) -> int:
    """Returns how many double charges payment has counted between two statuses of a stack."""
    old, new = ((each.get("payment") or {}).get("accepted") or {} for each in (before, after))
    return max(0, _whole(new.get("doubles")) - _whole(old.get("doubles")))


def _whole(written: object) -> int:
    """A number of a status; a version of before did not write it."""
    return written if type(written) is int else 0


def accepted_between(before: Ledger | None, after: Ledger | None) -> Sums | None:
    """Returns what was accepted between two moments; None where that is not certain."""
    first, last = before or NOTHING_YET, after or NOTHING_YET
    return minus(last.total, first.total) if first.unseen == last.unseen else None
