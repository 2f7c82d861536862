"""What becomes of the invoices in a stack's status, and what a restart of Antaeus has forgotten.

Antaeus makes its database anew whenever it starts, so every payment is pending again, and the next
pay call charges everybody once more. Nobody must find that out from a customer.
"""

from datetime import datetime
from typing import NamedTuple

from billing_operator.apps.invoice_ids import missing, together
from billing_operator.apps.sums import Sums, count_of
from billing_operator.books.ledger import Ledger, accepted_between, advanced
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import ACKNOWLEDGE_RESET
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.spec.stack import Stack

_COUNTS = ("paid", "pending", "total")
_MOST_OF_THE_IDS = 300  # of what a condition's message has room for; the status has all


def invoices(stack: Stack, reading: Reading | None, now: datetime) -> Manifest | None:
    """The invoices of a status: the last counts, and what was forgotten, until acknowledged."""
    old: Manifest = stack.status.get("invoices") or {}
    reset = old.get("reset")
    if reset and stack.acknowledged_reset == reset["time"]:
        reset = None
    if reading is None:
        return {**old, "reset": reset} if old else None
    instance: AntaeusInstance | None = reading.instance
    lost = _lost(stack, old, reading)
    if lost is not None:
        if AntaeusInstance.of(old) == instance:
            # The answer came before the news of another instance, whose name is yet to be learned.
            instance = None
        reset = _added(reset, lost) | {"time": timestamp(now)}
        if run := _cut_off(stack, old):
            reset["run"] = run
    counts = {name: getattr(reading.counts, name) for name in _COUNTS}
    same = all(old.get(name) == value for name, value in counts.items())
    changed_at = old["lastChangeTime"] if same else timestamp(now)
    of_whom = instance.as_status() if instance else None
    more = {"paidIDs": reading.counts.paid_ids, "lastChangeTime": changed_at}
    return {**counts, **more, "antaeusInstance": of_whom, "reset": reset}


def under_way(stack: Stack) -> list[Manifest]:
    """What Antaeus may be charging for by the status: a run, one of unknown end, a direct call.

    To restart it now would cut that off, and forget what was paid.
    """
    known = stack.status.get("billing") or {}
    names = ("running", "unresolvedRun", "unmanagedRun", "unknownPast")
    return [known[name] for name in names if known.get(name)]


def batch_under_way(stack: Stack) -> str | None:
    """The same in words; None where nothing is known to charge."""
    known = stack.status.get("billing") or {}
    for name in ("running", "unresolvedRun"):
        if known.get(name):
            return f"run {known[name]['job']}"
    if known.get("unmanagedRun"):
        return "a direct pay call"
    return "a past that nobody knows" if known.get("unknownPast") else None


class _Lost(NamedTuple):
    """What Antaeus has forgotten.

    Attributes:
        ids: None where not all of them are known.
        uncertain: whether it may be more, since a payment process ended and nobody saw its count.
    """

    paid: int
    pending: int
    ids: str | None
    uncertain: bool


def _lost(stack: Stack, old: Manifest, reading: Reading) -> _Lost | None:
    """What was paid at the last reading and is not any more; None where nothing is lost.

    Antaeus may have invoices that are paid from its start on, and these are none of it.
    """
    known, gone = AntaeusInstance.of(old), missing(old.get("paidIDs"), reading.counts.paid_ids)
    # A watch may lag behind the answer of a new pod; but no payment is ever taken back.
    taken_back = reading.counts.paid < old.get("paid", 0) or bool(gone and gone[0])
    if not taken_back and (known is None or known == reading.instance):
        return None
    keeps = stack.antaeus.persistence is not None
    cut_off = _cut_off(stack, old) is not None and not keeps
    before = Ledger.of_stack(stack)
    accepted = accepted_between(before, advanced(before, reading.accepted))
    paid, pending = _last_known(stack, old, accepted)
    if keeps and reading.counts.paid >= paid and not (gone and gone[0]):
        return None
    # Payment that never told before may have accepted what nobody counted.
    never_told = before is None and reading.accepted is not None
    uncertain = (accepted is None or never_told) and not keeps
    if gone is None:
        return _Lost(paid, pending, None, uncertain) if paid or cut_off or uncertain else None
    # More may have been paid at the end than anybody read, and an image may keep what is paid.
    kept = missing(reading.counts.paid_ids, old.get("paidIDs"))
    with_ids = missing(old.get("paidIDs"), "")
    unread = max(0, paid - sum(each[0] for each in (with_ids, kept) if each))
    if not gone[0] and not unread and not cut_off and not uncertain:
        return None
    return _Lost(gone[0] + unread, pending, None if unread else gone[1], uncertain)


def _added(reset: Manifest | None, lost: _Lost) -> Manifest:
    """A reset and what was forgotten before it, if nobody has dealt with that yet."""
    before = reset or {"paid": 0, "ids": ""}
    ids = together(before.get("ids"), lost.ids)
    added = {"paid": before["paid"] + lost.paid, "pending": lost.pending}
    uncertain = lost.uncertain or before.get("uncertain")
    return added | ({"ids": ids} if ids else {}) | ({"uncertain": True} if uncertain else {})


def _last_known(stack: Stack, old: Manifest, accepted: Sums | None) -> tuple[int, int]:
    """How many were paid and pending by who looked last: a reading, a run, or payment's counts."""
    known = [(old.get("paid", 0), old.get("pending", 0))]
    last = (stack.status.get("billing") or {}).get("lastRun") or {}
    if last.get("paidAfter") is not None and AntaeusInstance.of(last) == AntaeusInstance.of(old):
        known.append((last["paidAfter"], last.get("pendingAfter") or 0))
    charges, ledger = count_of(accepted or {}), Ledger.of_stack(stack)
    if charges and ledger:
        # Charges beyond the number of invoices are double, and no invoice is forgotten by them.
        total = max(ledger.paid, old.get("total", 0))
        paid = min(ledger.paid + charges, total)
        known.append((paid, total - paid))
    # No payment is ever taken back.
    return max(known)


def _cut_off(stack: Stack, old: Manifest) -> str | None:
    """What was charging with the Antaeus of before; it may have paid more than was ever read."""
    of_before = AntaeusInstance.of(old)
    billing = stack.status.get("billing") or {}
    for record in under_way(stack):
        # A run without leave to pay has charged nothing, and of a past that is not known a person
        # has to say what was charged in any case.
        has_leave = record.get("leaveTime") or record is not billing.get("running")
        if not has_leave or record is billing.get("unknownPast"):
            continue
        # Of one whose end nobody saw it may not be known in which Antaeus; it may be this one.
        if AntaeusInstance.of(record) in (None, of_before):
            return str(record.get("job", "a call that was no run"))
    return None


def reset_message(stack: Stack, counted: Manifest | None) -> str | None:
    """What a person must know after a restart of Antaeus, or None."""
    reset = (counted or {}).get("reset")
    if not reset:
        return None
    command = (
        f"kubectl annotate --overwrite -n {stack.namespace} bst {stack.name} "
        f"{ACKNOWLEDGE_RESET}={reset['time']}"
    )
    more = ""
    if reset.get("run"):
        more = (
            f"It was charging then ({reset['run']}), so more may be paid: payment's log has all. "
        )
    if reset.get("uncertain"):
        more += "A payment process ended unseen, so more may be charged: its log has all. "
    ids = str(reset.get("ids") or "")
    shown = ids if len(ids) <= _MOST_OF_THE_IDS else f"{ids[:_MOST_OF_THE_IDS]}..."
    which = f" ({shown})" if ids else ""
    return (
        f"Antaeus has started anew and forgot its payments: {reset['paid']} invoices that were "
        f"paid{which} are pending again, and {reset['pending']} were pending before. {more}A pay "
        f"call charges again what was paid. Once that is dealt with: {command}"
    )
