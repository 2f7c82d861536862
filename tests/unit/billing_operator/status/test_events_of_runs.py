"""Which Events billing is worth: one for each transition, none for what stays."""

from typing import Any

import pytest

from billing_operator.kinds import Manifest
from billing_operator.status.events import run_events_for_change

RUNNING = {"job": "run", "uid": "1", "paid": 2, "pending": 8}
LAST = {"job": "run", "uid": "1", "outcome": "Succeeded", "message": "8 newly paid, none pending"}
RESET = {"job": "run", "reason": "InvoicesReset", "message": "deal with it"}
DIRECT = {"time": "2025-01-01T00:00:00Z", "paid": 2}


def said(before: Manifest, after: Manifest) -> list[tuple[str, str]]:
    invoices = {"invoices": {"paid": 9}}
    found = run_events_for_change({"billing": before} | invoices, {"billing": after} | invoices)
    return [(each.type, each.reason) for each in found]


def message(before: Manifest, after: Manifest) -> str:
    invoices = {"invoices": {"paid": 9}}
    (found,) = run_events_for_change({"billing": before}, {"billing": after} | invoices)
    return found.message


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"running": RUNNING}, [("Normal", "BillingRunStarted")]),
        ({"running": RUNNING}, {"running": RUNNING | {"startTime": "now"}}, []),
        ({"running": RUNNING}, {"lastRun": LAST}, [("Normal", "BillingRunSucceeded")]),
        ({"lastRun": LAST}, {"lastRun": LAST}, []),
        (
            {"lastRun": LAST},
            {"lastRun": LAST | {"uid": "2", "outcome": "Unknown"}},
            [("Warning", "BillingRunUnknown")],
        ),
        ({}, {"lastRun": LAST | {"outcome": "Declined"}}, [("Normal", "BillingRunDeclined")]),
        ({}, {"lastRun": LAST | {"outcome": "NotSent"}}, [("Warning", "BillingRunNotSent")]),
        ({}, {"waiting": RESET}, [("Warning", "BillingRunBlocked")]),
        ({"waiting": RESET}, {"waiting": RESET | {"message": "other words"}}, []),
        ({}, {"waiting": RESET | {"reason": "RunUnderWay"}}, []),
        ({"unresolvedRun": RUNNING}, {}, [("Normal", "BillingRunResolved")]),
        ({}, {"lastSkipped": LAST}, [("Warning", "BillingRunSkipped")]),
        ({"lastSkipped": LAST}, {"lastSkipped": LAST}, []),
        ({}, {"unmanagedRun": DIRECT}, [("Normal", "UnmanagedPayCall")]),
        ({"unmanagedRun": DIRECT}, {"unmanagedRun": DIRECT}, []),
        ({"unmanagedRun": DIRECT}, {}, [("Normal", "UnmanagedPayCall")]),
        (
            {"schedule": {"expression": "@daily"}},
            {"schedule": {"expression": "@daily"}, "unmanagedRun": DIRECT},
            [("Warning", "UnmanagedPayCall")],
        ),
        (
            {"running": RUNNING},
            {"running": RUNNING | {"message": "pod run-x: ErrImagePull"}},
            [("Warning", "BillingRunStuck")],
        ),
        (
            {"running": RUNNING | {"message": "pod run-x: ErrImagePull"}},
            {"running": RUNNING | {"message": "pod run-x: ImagePullBackOff"}},
            [],
        ),
    ],
    ids=[
        "a run starts",
        "a run has got its start time",
        "a run succeeds",
        "a run succeeded before",
        "the end of the next run is unknown",
        "a run is declined",
        "a run was not sent",
        "a run is blocked",
        "a run is blocked in other words",
        "a run waits for another",
        "an unresolved run is resolved",
        "a run is skipped",
        "a run was skipped before",
        "a direct call without a schedule",
        "a direct call that was known before",
        "a direct call is over",
        "a direct call beside a schedule",
        "the pod of a run is stuck",
        "the pod of a run is stuck in other words",
    ],
)
def test_each_transition_is_told_once(
    before: Manifest, after: Manifest, told: list[tuple[str, str]]
) -> None:
    assert said(before, after) == told


def of_direct_call(
    *, accepted: int, paid: int, unseen: int = 0, instance: str = "first"
) -> tuple[str, str]:
    """What is told at the end of a direct call before which 2 were paid and 3 accepted."""
    of_first: Manifest = {"antaeusInstance": {"podUID": "first", "restartCount": 0}}
    counts = {"accepted": 3, "paid": 2, "unseenProcesses": 0}
    before: Manifest = {"billing": {"unmanagedRun": DIRECT | of_first | {"countsBefore": counts}}}
    sums = [{"currency": "EUR", "count": accepted, "amount": "1"}]
    ledger = {"currencies": sums, "unseenProcesses": unseen, "paidInvoices": paid}
    invoices = {"paid": paid, "antaeusInstance": {"podUID": instance, "restartCount": 0}}
    after: Manifest = {"invoices": invoices, "payment": {"accepted": ledger}}
    (found,) = run_events_for_change(before, after)
    return found.type, found.message


def test_a_direct_call_that_charged_otherwise_than_became_paid_is_a_warning() -> None:
    kind, told = of_direct_call(accepted=3 + 16, paid=2 + 8)

    assert kind == "Warning"
    assert told.endswith("Payment accepted 16 charges, and 8 invoices became paid: compare them")


@pytest.mark.parametrize(
    "counts",
    [
        {"accepted": 11, "paid": 10},
        {"accepted": 19, "paid": 10, "unseen": 1},
        {"accepted": 19, "paid": 10, "instance": "second"},
    ],
    ids=["as many", "nobody knows", "forgotten, of which the reset tells"],
)
def test_any_other_direct_call_is_none(counts: dict[str, Any]) -> None:
    kind, told = of_direct_call(**counts)

    assert (kind, "accepted" in told) == ("Normal", False)


def test_each_double_charge_is_told_once() -> None:
    one: Manifest = {"payment": {"accepted": {"doubles": 1}}}
    four: Manifest = {"payment": {"accepted": {"doubles": 4}}}
    (found,) = run_events_for_change(one, four)

    assert (found.type, found.reason) == ("Warning", "DoubleCharge")
    assert found.message.startswith("payment accepted 3 charges shortly after others of the same")
    assert run_events_for_change(four, four) == []


def test_an_event_has_the_counts() -> None:
    assert message({}, {"running": RUNNING}) == (
        "run run begins: 2 invoices paid and 8 pending before"
    )
    assert message({}, {"lastRun": LAST}) == "run run: 8 newly paid, none pending"
    assert message({"unmanagedRun": DIRECT}, {}).endswith("2 paid before, 9 now")
