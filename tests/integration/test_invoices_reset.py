"""Antaeus forgets every payment when it starts anew; nobody has to learn that from a customer."""

from collections.abc import Callable

import pytest

from billing_dev.cluster.docker import docker
from billing_dev.eventually import eventually
from billing_operator.kinds import EVENT, Manifest
from billing_operator.names import ANTAEUS
from support.cluster.final_checks import assert_settled
from support.cluster.limits import PAID, ROLLOUT
from support.cluster.workspace import Workspace, conditions, holds

_SMALL_DISK = {"limits": {"memory": "1Gi", "ephemeral-storage": "8Mi"}}
_FILL = "with open('/tmp/full', 'wb') as file: file.write(bytes(2**25))"


def _delete_pod(workspace: Workspace) -> None:
    workspace.kube("-n", workspace.namespace, "delete", _pod(workspace), "--wait=false")


def _kill_container(workspace: Workspace) -> None:
    (pod,) = workspace.pods("shop", ANTAEUS)
    node = pod["spec"]["nodeName"]
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    docker("exec", node, "ctr", "-n", "k8s.io", "task", "kill", "-s", "SIGKILL", container)


def _fill_disk(workspace: Workspace) -> None:
    """The kubelet evicts a pod that writes more than its limit."""
    workspace.kube("-n", workspace.namespace, "exec", _pod(workspace), "--", "python3", "-c", _FILL)


def _pod(workspace: Workspace) -> str:
    (pod,) = workspace.pods("shop", ANTAEUS)
    return f"pod/{pod['metadata']['name']}"


@pytest.mark.parametrize(
    "end",
    [
        _delete_pod,
        pytest.param(_kill_container, marks=pytest.mark.thorough),
        pytest.param(_fill_disk, marks=pytest.mark.thorough),
    ],
)
def test_whatever_ends_antaeus_what_it_forgot_is_told(
    workspace: Workspace, end: Callable[[Workspace], None]
) -> None:
    """A pod deleted, a container killed, a pod that the kubelet evicts."""
    spec = {"payment": {"successRate": 1}, "antaeus": {"resources": _SMALL_DISK}}
    with workspace.operator() as operator:
        workspace.apply("shop", spec)
        workspace.until_complete("shop")
        # kube-proxy may come to know of a ready pod a moment later than the operator.
        eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)
        paid = workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        before = paid["status"]["invoices"]["paid"]
        lives = workspace.antaeus_instances("shop")

        end(workspace)

        body = workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"), within=ROLLOUT)
        said = conditions(body)["InvoicesReset"]["message"]
        invoices = body["status"]["invoices"]
        forgotten = before - invoices["paid"]
        assert f"{forgotten} invoices that were paid (" in said
        assert invoices["reset"]["paid"] == forgotten == invoices["pending"] > 0
        assert _warned(workspace) == [said]
        resets = {"namespace": workspace.namespace, "stack": "shop"}
        assert operator.count("billing_operator_invoice_resets_total", **resets) == 1
        later = workspace.antaeus_instances("shop")
        assert later.isdisjoint(lives)

        workspace.kube(*said.partition("kubectl ")[2].split())
        workspace.until("shop", lambda stack: not holds(stack, "InvoicesReset"))
        assert_settled(workspace, operator, "shop", lives=later)


def _warned(workspace: Workspace) -> list[str]:
    def resets() -> list[Manifest]:
        found = workspace.api.list(EVENT, workspace.namespace)
        return [event for event in found if event["reason"] == "InvoicesReset"]

    return [event["message"] for event in eventually(resets, within=ROLLOUT)]
