"""What payment charged is known whatever ends, and told where it is not what became paid."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.eventually import eventually
from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, PAYMENT
from support.cluster.billing_runs import (
    accepted,
    make_run,
    of_billing,
    until_charging,
    until_noticed,
    until_run,
)
from support.cluster.limits import PAID, ROLLOUT
from support.cluster.workspace import Workspace, conditions, holds

# What `docs/explanation/billing-runs.md` promises.
TOLD_WITHIN = 15.0
_SLOWLY = {"successRate": 1, "latency": {"fixed": {"seconds": 0.5}}}


def _pay(workspace: Workspace) -> None:
    # kube-proxy may come to know of a ready pod a moment later than the operator.
    eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)


def _pay_beside(workspace: Workspace) -> None:
    """Over a connection of its own."""
    with ApiServer(workspace.access) as api:
        eventually(lambda: api.pay(workspace.namespace, "shop"), within=PAID)


def _delete_pod(workspace: Workspace, part: str) -> None:
    (pod,) = workspace.pods("shop", part)
    workspace.kube.delete("pod", pod["metadata"]["name"], workspace.namespace)


def _reset_of(stack: Manifest) -> Manifest:
    reset: Manifest = stack["status"]["invoices"]["reset"]
    return reset


@pytest.mark.parametrize("gone", [(), (PAYMENT,)], ids=["payment stays", "payment has gone too"])
def test_a_direct_call_and_a_restart_that_nobody_saw_are_told(
    workspace: Workspace, gone: tuple[str, ...]
) -> None:
    """Two of ten invoices are paid by any Antaeus: its list says nothing of the other eight."""
    with workspace.operator():
        workspace.apply("shop", {"payment": {"successRate": 1}})
        body = workspace.until("shop", lambda stack: holds(stack, "BillingAllowed"))
        assert body["status"]["invoices"]["paid"] == 2
    _pay(workspace)
    for part in (*gone, ANTAEUS):
        _delete_pod(workspace, part)
    with workspace.operator():
        body = workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"))

    reset = _reset_of(body)
    if gone:
        assert reset["uncertain"] is True
    else:
        assert (reset["paid"], reset["pending"]) == (8, 0)
    allowed = conditions(body)["BillingAllowed"]
    assert (allowed["status"], allowed["reason"]) == ("False", "InvoicesReset")


def test_a_payment_pod_that_was_replaced_takes_nothing_of_it_along(workspace: Workspace) -> None:
    """What it left is taken from its pod, which is gone when Antaeus restarts."""
    with workspace.operator():
        workspace.apply("shop", {"payment": {"successRate": 1}})
        workspace.until("shop", lambda stack: holds(stack, "BillingAllowed"))
        _pay(workspace)
        _delete_pod(workspace, PAYMENT)
        _delete_pod(workspace, ANTAEUS)
        body = workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"))

    assert _reset_of(body)["paid"] == 8
    assert "uncertain" not in _reset_of(body)
    sums = body["status"]["payment"]["accepted"]["currencies"]
    assert sum(each["count"] for each in sums) == 8


def test_a_pay_call_during_a_run_is_in_its_books(workspace: Workspace) -> None:
    with workspace.operator(), ThreadPoolExecutor(1) as pool:
        workspace.apply("shop", {"payment": _SLOWLY})
        workspace.until("shop", lambda stack: holds(stack, "BillingAllowed"))
        make_run(workspace, "first")
        until_charging(workspace)
        call = pool.submit(_pay_beside, workspace)
        until_run(workspace, "first", "Succeeded")
        call.result()
        body = workspace.until("shop", lambda stack: "books" in of_billing(stack)["lastRun"])
        charges = sum(accepted(workspace).values())

        books = of_billing(body)["lastRun"]["books"]
        assert sum(row["count"] for row in books["paid"]) == 8
        assert sum(row["count"] for row in books["booked"]) == charges > 8
        assert sum(row["count"] for row in books["difference"]) == charges - 8
        assert holds(body, "LedgerMismatch")
        assert "more booked than paid" in conditions(body)["LedgerMismatch"]["message"]

        make_run(workspace, "second")
        until_run(workspace, "second", "Succeeded")
        workspace.until("shop", lambda stack: not holds(stack, "LedgerMismatch"), within=ROLLOUT)


def test_two_direct_calls_at_once_are_told_with_what_they_charged_twice(
    workspace: Workspace,
) -> None:
    with workspace.operator(), ThreadPoolExecutor(2) as pool:
        workspace.apply("shop", {"payment": _SLOWLY})
        workspace.until("shop", lambda stack: holds(stack, "BillingAllowed"))
        calls = [pool.submit(_pay_beside, workspace) for _ in range(2)]
        for call in calls:
            call.result()
        until_noticed(workspace, "Warning", "DoubleCharge", within=TOLD_WITHIN)
        charges = sum(accepted(workspace).values())
        body = workspace.until(
            "shop", lambda stack: stack["status"]["payment"]["accepted"]["doubles"] == charges - 8
        )

    assert charges > 8
    assert "unmanagedRun" in of_billing(body)
