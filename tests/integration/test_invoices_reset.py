"""Antaeus forgets every payment when it starts anew; nobody has to learn that from a customer."""

from collections.abc import Callable

import pytest

from billing_operator.kinds import EVENT, Manifest
from billing_operator.names import ANTAEUS
from cluster.docker import docker
from support.antaeus_api import pay_path
from support.eventually import eventually
from support.limits import NOTICED, ROLLOUT
from support.master import assert_settled
from support.scene import Scene, conditions, holds

_SMALL_DISK = {"limits": {"memory": "1Gi", "ephemeral-storage": "8Mi"}}
_FILL = "with open('/tmp/full', 'wb') as file: file.write(bytes(2**25))"


def _delete_pod(scene: Scene) -> None:
    scene.kube("-n", scene.namespace, "delete", _pod(scene), "--wait=false")


def _kill_container(scene: Scene) -> None:
    (pod,) = scene.pods("shop", ANTAEUS)
    node = pod["spec"]["nodeName"]
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    docker("exec", node, "ctr", "-n", "k8s.io", "task", "kill", "-s", "SIGKILL", container)


def _fill_disk(scene: Scene) -> None:
    """The kubelet evicts a pod that writes more than its limit."""
    scene.kube("-n", scene.namespace, "exec", _pod(scene), "--", "python3", "-c", _FILL)


def _pod(scene: Scene) -> str:
    (pod,) = scene.pods("shop", ANTAEUS)
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
    scene: Scene, end: Callable[[Scene], None]
) -> None:
    """A pod deleted, a container killed, a pod that the kubelet evicts."""
    spec = {"payment": {"successRate": 1}, "antaeus": {"resources": _SMALL_DISK}}
    with scene.operator() as operator:
        scene.apply("shop", spec)
        scene.until_complete("shop")
        # kube-proxy may come to know of a ready pod a moment later than the operator.
        eventually(lambda: scene.api.post(pay_path(scene.namespace, "shop")), within=NOTICED)
        paid = scene.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        before = paid["status"]["invoices"]["paid"]
        lives = scene.antaeus_lives("shop")

        end(scene)

        body = scene.until("shop", lambda stack: holds(stack, "InvoicesReset"), within=ROLLOUT)
        said = conditions(body)["InvoicesReset"]["message"]
        assert f"{before} invoices were paid and 0 pending" in said
        assert body["status"]["invoices"]["pending"] > 0
        assert _warned(scene) == [said]
        resets = {"namespace": scene.namespace, "stack": "shop"}
        assert operator.count("billing_operator_invoice_resets_total", **resets) == 1
        later = scene.antaeus_lives("shop")
        assert later.isdisjoint(lives)

        scene.kube(*said.partition("kubectl ")[2].split())
        scene.until("shop", lambda stack: not holds(stack, "InvoicesReset"))
        assert_settled(scene, operator, "shop", lives=later)


def _warned(scene: Scene) -> list[str]:
    def resets() -> list[Manifest]:
        found = scene.api.list(EVENT, scene.namespace)
        return [event for event in found if event["reason"] == "InvoicesReset"]

    return [event["message"] for event in eventually(resets, within=ROLLOUT)]
