"""A drain takes payment's pods one at a time, and never waits for ever."""

import json

import pytest

from billing_operator.kinds import DEPLOYMENT, DISRUPTION_BUDGET, Kind
from billing_operator.names import ANTAEUS, PAYMENT, selector_text
from support.eventually import eventually
from support.kube import KubectlError
from support.limits import ROLLOUT
from support.master import assert_settled
from support.scene import Scene

pytestmark = pytest.mark.thorough

_TOO_MANY = "would violate the pod's disruption budget"
_NODE = Kind("v1", "Node", "nodes")
_NAME = "shop-payment"


def test_two_pods_are_evicted_one_after_the_other_and_a_single_one_at_once(scene: Scene) -> None:
    spec = {"antaeus": {"replicas": 0}, "payment": {"replicas": 2}}
    with scene.operator() as operator:
        scene.apply("shop", spec)
        scene.until_ready("shop")
        first, second = (pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT))
        # The budget is counted a moment after the pods are ready.
        eventually(lambda: _evicted(scene, first), within=ROLLOUT)

        assert not _evicted(scene, second)
        eventually(lambda: _evicted(scene, second), within=ROLLOUT)

        scene.change("shop", payment={"replicas": 1})
        scene.until_ready("shop")
        [only] = (pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT))
        assert _evicted(scene, only)
        scene.until_ready("shop")
        operator.until_idle()


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_drained_node_loses_all_of_payments_pods_and_with_two_never_both_at_once(
    scene: Scene, replicas: int
) -> None:
    with scene.operator() as operator:
        scene.apply("shop", {"payment": {"replicas": replicas}})
        scene.until_complete("shop")
        lives, before = scene.antaeus_lives("shop"), _uids(scene, PAYMENT)
        if replicas > 1:
            eventually(lambda: _may_go(scene), within=ROLLOUT)

        fewest = _drain(scene, PAYMENT)

        assert fewest >= replicas - 1
        scene.until_ready("shop")
        assert _uids(scene, PAYMENT).isdisjoint(before)
        assert_settled(scene, operator, "shop", lives=lives)


def test_a_drained_node_loses_antaeus_which_starts_anew_elsewhere(scene: Scene) -> None:
    """What it costs is told by InvoicesReset, once something had been paid."""
    with scene.operator() as operator:
        scene.apply("shop")
        scene.until_complete("shop")
        before = _uids(scene, ANTAEUS)

        _drain(scene, ANTAEUS)

        scene.until_complete("shop")
        assert _uids(scene, ANTAEUS).isdisjoint(before)
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))


def _drain(scene: Scene, part: str) -> int:
    """Drains the node of one part's pods; returns how few of payment's were ready meanwhile.

    There is no other node to which they could go: so this one takes pods again at once.
    """
    (node, *_) = scene.api.get(_NODE.path(None))["items"]
    name, pods = node["metadata"]["name"], f"--pod-selector={selector_text('shop', part)}"
    options = ("--delete-emptydir-data", f"--timeout={ROLLOUT:.0f}s")
    with scene.kube.started("drain", name, pods, *options) as drain:
        eventually(
            lambda: scene.api.get(_NODE.path(None, name))["spec"].get("unschedulable"),
            within=ROLLOUT,
            every=0.02,
        )
        scene.kube("uncordon", name)
        fewest = _ready(scene)

        def is_over() -> bool:
            nonlocal fewest
            fewest = min(fewest, _ready(scene))
            return drain.poll() is not None

        eventually(is_over, within=ROLLOUT)
        assert drain.returncode == 0, drain.stdout and drain.stdout.read()
    return fewest


def _ready(scene: Scene) -> int:
    live = scene.api.read(DEPLOYMENT, scene.namespace, _NAME) or {}
    ready: int = live["status"].get("readyReplicas", 0)
    return ready


def _may_go(scene: Scene) -> int:
    live = scene.api.read(DISRUPTION_BUDGET, scene.namespace, _NAME) or {}
    allowed: int = live.get("status", {}).get("disruptionsAllowed", 0)
    return allowed


def _uids(scene: Scene, part: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in scene.pods("shop", part)}


def _evicted(scene: Scene, pod: str) -> bool:
    """Whether the API server lets a pod go, as a drain asks it to."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": scene.namespace},
    }
    path = f"/api/v1/namespaces/{scene.namespace}/pods/{pod}/eviction"
    try:
        scene.kube("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    except KubectlError as error:
        if _TOO_MANY not in str(error):
            raise
        return False
    return True
