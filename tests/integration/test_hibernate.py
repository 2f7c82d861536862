"""A stack that is sent to sleep keeps all but its pods, and tells on waking what it forgot."""

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, POD, Manifest, Ref
from billing_operator.names import STACK_LABEL
from support.cluster.final_checks import assert_as_desired, assert_at_rest, assert_settled, children
from support.cluster.limits import NOTICED, PAID
from support.cluster.workspace import Workspace, conditions, holds, is_ready

pytestmark = pytest.mark.minutes


@pytest.mark.thorough
def test_hibernating_and_waking_up_loses_payments_and_nothing_else(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"successRate": 1}})
        workspace.until_complete("shop")
        # kube-proxy may come to know of a ready pod a moment later than the operator.
        eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)
        paid = workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        before, lives = _lasting(workspace), workspace.antaeus_instances("shop")
        count = paid["status"]["invoices"]["paid"]

        workspace.change("shop", hibernate=True)

        body = workspace.until("shop", lambda stack: holds(stack, "Hibernated"))
        assert is_ready(body)
        assert f"{count} invoices were paid" in conditions(body)["Hibernated"]["message"]
        assert _processes(workspace) == []
        assert _lasting(workspace) == before
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)

        workspace.change("shop", hibernate=False)

        body = workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"))
        said = conditions(body)["InvoicesReset"]["message"]
        forgotten = count - body["status"]["invoices"]["paid"]
        assert f"{forgotten} invoices that were paid (" in said
        assert forgotten > 0
        assert conditions(workspace.until_ready("shop"))["Hibernated"]["status"] == "False"
        later = workspace.antaeus_instances("shop")
        assert later.isdisjoint(lives)
        assert _lasting(workspace) == before
        workspace.kube(*said.partition("kubectl ")[2].split())
        workspace.until("shop", lambda stack: not holds(stack, "InvoicesReset"))
        assert_settled(workspace, operator, "shop", lives=later)


def test_a_stack_that_is_born_asleep_is_whole_and_at_rest(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"hibernate": True})

        body = workspace.until("shop", lambda stack: holds(stack, "Hibernated"), within=NOTICED)

        assert is_ready(body)
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)


def _lasting(workspace: Workspace) -> dict[Ref, str]:
    """The versions of the children that hibernation must not touch."""
    found = children(workspace, "shop").items()
    return {
        name: live["metadata"]["resourceVersion"]
        for name, live in found
        if name.kind != DEPLOYMENT.name
    }


def _processes(workspace: Workspace) -> list[Manifest]:
    found = workspace.api.list(POD, workspace.namespace, f"{STACK_LABEL}=shop")
    return [pod for pod in found if pod["status"].get("phase") in ("Pending", "Running")]
