"""What happens while no operator runs, and how the next one finds its way."""

import time

from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK, CHILDREN, POD, SECRET, Manifest
from support.cluster.final_checks import assert_settled, children
from support.cluster.limits import GONE
from support.cluster.workspace import Workspace, conditions

_STOPS_WITHIN = 10.0


def test_one_pass_catches_up_with_all_that_was_missed(workspace: Workspace) -> None:
    """Deletions, edits, and a spec that changed twice, the policies off and on again."""
    with workspace.operator():
        workspace.apply("shop")
        workspace.until_ready("shop")
    lives = workspace.antaeus_instances("shop")

    _disturb(workspace)
    workspace.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 0.1})
    workspace.change("shop", payment={"successRate": 0.9})
    before = workspace.read("shop")
    assert conditions(before)["Ready"]["status"] == "True"

    mark = workspace.audit.mark(workspace.namespace)
    with workspace.operator() as operator:
        assert workspace.until_ready("shop")["status"]["payment"]["successRate"] == 0.9
        assert_settled(workspace, operator, "shop", lives=lives)
        _assert_each_child_was_written_once(workspace, mark)
    assert not [name for name in children(workspace, "shop") if name.kind == "NetworkPolicy"]

    workspace.change("shop", networkPolicy={"enabled": True}, payment={"replicas": 2})
    workspace.change("shop", payment={"replicas": 1, "successRate": 0.3})
    with workspace.operator() as operator:
        assert workspace.until_ready("shop")["status"]["payment"]["successRate"] == 0.3
        assert_settled(workspace, operator, "shop", lives=lives)
    assert len([name for name in children(workspace, "shop") if name.kind == "NetworkPolicy"]) == 4


def test_a_stack_deleted_while_no_operator_runs_leaves_nothing_behind(workspace: Workspace) -> None:
    """Nothing of a stack waits for an operator that may never come back."""
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_ready("shop")
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))
        began = time.monotonic()
    assert time.monotonic() - began < _STOPS_WITHIN
    body = workspace.read("shop")
    assert not body["metadata"].get("finalizers")
    # kubectl keeps one of its own there; kopf would keep its memory.
    assert set(body["metadata"].get("annotations", {})) <= {
        "kubectl.kubernetes.io/last-applied-configuration"
    }
    made = children(workspace, "shop")
    assert {
        name: live["metadata"].get("finalizers") for name, live in made.items()
    } == dict.fromkeys(made)

    workspace.kube.delete("billingstack", "shop", workspace.namespace)

    eventually(lambda: _left(workspace), lambda left: left == [], within=GONE)


def test_an_operator_that_comes_late_makes_nothing_for_a_stack_that_is_leaving(
    workspace: Workspace,
) -> None:
    """With an operator that comes back in the middle of it."""
    with workspace.operator():
        workspace.apply("shop")
        workspace.until_ready("shop")
    mark = workspace.audit.mark(workspace.namespace)

    workspace.kube.delete("billingstack", "shop", workspace.namespace)

    with workspace.operator():
        eventually(lambda: _left(workspace), lambda left: left == [], within=GONE)
        assert workspace.audit.writes_since(mark, workspace.namespace) == []


def _disturb(workspace: Workspace) -> None:
    workspace.kube.delete("service", "shop-payment", workspace.namespace)
    workspace.kube.delete("configmap", "shop-profile", workspace.namespace)
    workspace.kube.patch(
        "deployment", "shop-payment", workspace.namespace, {"spec": {"replicas": 0}}
    )
    label = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}}
    workspace.kube.patch("service", "shop-antaeus", workspace.namespace, label)


def _assert_each_child_was_written_once(workspace: Workspace, mark: str) -> None:
    wrote = [
        request.what
        for request in workspace.audit.writes_since(mark, workspace.namespace)
        if not request.what.startswith(("billingstacks/", "events/", "pods/"))
    ]
    assert len(wrote) == len(set(wrote)), wrote


def _left(workspace: Workspace) -> list[Manifest]:
    kinds = (BILLING_STACK, *CHILDREN, POD, SECRET)
    there = (live for kind in kinds for live in workspace.api.list(kind, workspace.namespace))
    ours = ("shop", "shop-")
    return [live["metadata"]["name"] for live in there if live["metadata"]["name"].startswith(ours)]
