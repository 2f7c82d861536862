"""A drain takes payment's pods one at a time, and never waits for ever."""

import json

import pytest

from billing_operator.names import PAYMENT
from support.eventually import eventually
from support.kube import KubectlError
from support.limits import ROLLOUT
from support.scene import Scene

_TOO_MANY = "would violate the pod's disruption budget"


@pytest.mark.thorough
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
