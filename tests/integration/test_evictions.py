"""A drain takes payment's pods one at a time, and never waits for ever."""

import json

import pytest

from billing_dev.clients.kube import KubectlError
from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, DISRUPTION_BUDGET, Kind
from billing_operator.names import ANTAEUS, PAYMENT, selector_text
from support.cluster.final_checks import assert_settled
from support.cluster.limits import ROLLOUT
from support.cluster.workspace import Workspace

pytestmark = [pytest.mark.minutes, pytest.mark.alone, pytest.mark.thorough]

_TOO_MANY = "would violate the pod's disruption budget"
_NODE = Kind("v1", "Node", "nodes")
_NAME = "shop-payment"


def test_two_pods_are_evicted_one_after_the_other_and_a_single_one_at_once(
    workspace: Workspace,
) -> None:
    spec = {"antaeus": {"replicas": 0}, "payment": {"replicas": 2}}
    with workspace.operator() as operator:
        workspace.apply("shop", spec)
        workspace.until_ready("shop")
        first, second = (pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT))
        # The budget is counted a moment after the pods are ready.
        eventually(lambda: _evicted(workspace, first), within=ROLLOUT)

        assert not _evicted(workspace, second)
        eventually(lambda: _evicted(workspace, second), within=ROLLOUT)

        workspace.change("shop", payment={"replicas": 1})
        workspace.until_ready("shop")
        [only] = (pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT))
        assert _evicted(workspace, only)
        workspace.until_ready("shop")
        operator.until_idle()


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_drained_node_loses_all_of_payments_pods_and_with_two_never_both_at_once(
    workspace: Workspace, replicas: int
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"replicas": replicas}})
        workspace.until_complete("shop")
        lives, before = workspace.antaeus_instances("shop"), _uids(workspace, PAYMENT)
        if replicas > 1:
            eventually(lambda: _may_go(workspace), within=ROLLOUT)

        fewest = _drain(workspace, PAYMENT)

        assert fewest >= replicas - 1
        workspace.until_ready("shop")
        assert _uids(workspace, PAYMENT).isdisjoint(before)
        assert_settled(workspace, operator, "shop", lives=lives)


def test_a_drained_node_loses_antaeus_which_starts_anew_elsewhere(workspace: Workspace) -> None:
    """What it costs is told by InvoicesReset, once something had been paid."""
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_complete("shop")
        before = _uids(workspace, ANTAEUS)

        _drain(workspace, ANTAEUS)

        workspace.until_complete("shop")
        assert _uids(workspace, ANTAEUS).isdisjoint(before)
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def _drain(workspace: Workspace, part: str) -> int:
    """Drains the node of one part's pods; returns how few of payment's were ready meanwhile.

    There is no other node to which they could go: so this one takes pods again at once.
    """
    (node, *_) = workspace.api.get(_NODE.path(None))["items"]
    name, pods = node["metadata"]["name"], f"--pod-selector={selector_text('shop', part)}"
    options = ("--delete-emptydir-data", f"--timeout={ROLLOUT:.0f}s")
    with workspace.kube.started("drain", name, pods, *options) as drain:
        eventually(
            lambda: workspace.api.get(_NODE.path(None, name))["spec"].get("unschedulable"),
            within=ROLLOUT,
            every=0.02,
        )
        workspace.kube("uncordon", name)
        fewest = _ready(workspace)

        def is_over() -> bool:
            nonlocal fewest
            fewest = min(fewest, _ready(workspace))
            return drain.poll() is not None

        eventually(is_over, within=ROLLOUT)
        assert drain.returncode == 0, drain.stdout and drain.stdout.read()
    return fewest


def _ready(workspace: Workspace) -> int:
    live = workspace.api.read(DEPLOYMENT, workspace.namespace, _NAME) or {}
    ready: int = live["status"].get("readyReplicas", 0)
    return ready


def _may_go(workspace: Workspace) -> int:
    live = workspace.api.read(DISRUPTION_BUDGET, workspace.namespace, _NAME) or {}
    allowed: int = live.get("status", {}).get("disruptionsAllowed", 0)
    return allowed


def _uids(workspace: Workspace, part: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in workspace.pods("shop", part)}


def _evicted(workspace: Workspace, pod: str) -> bool:
    """Whether the API server lets a pod go, as a drain asks it to."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": workspace.namespace},
    }
    path = f"/api/v1/namespaces/{workspace.namespace}/pods/{pod}/eviction"
    try:
        workspace.kube("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    except KubectlError as error:
        if _TOO_MANY not in str(error):
            raise
        return False
    return True
