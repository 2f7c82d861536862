"""An autoscaler takes payment's pods over and gives them back, and never is a pod lost by it."""

import time

import pytest

from billing_operator.kinds import AUTOSCALER, DEPLOYMENT, Manifest
from billing_operator.names import MANAGER, PAYMENT
from cluster.paths import Cluster
from support.charging import charging, token_of
from support.eventually import eventually
from support.figures import Figures
from support.limits import ROLLOUT
from support.master import assert_as_desired, assert_at_rest
from support.metrics_server import measured
from support.scene import Scene, holds

_NAME = "shop-payment"
# Measured every 15 s, looked at every 15 s, and not too soon after a pod's start.
_BY_CPU = 240.0


@pytest.mark.thorough
def test_payment_is_handed_to_an_autoscaler_and_back_without_a_dip(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop", {"antaeus": {"replicas": 0}, "payment": {"replicas": 3}})
        scene.until_ready("shop")
        began = _pods(scene)
        assert len(began) == 3

        scene.change("shop", payment={"autoscaling": {"maxReplicas": 5}})
        body = scene.until("shop", _is_scaled_by_others)
        operator.until_idle()
        assert body["status"]["payment"]["summary"] == "3/3"
        assert "f:replicas" not in _ours(scene)
        assert _pods(scene) == began
        assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
        assert_at_rest(scene, operator)

        # The autoscaler moves them while the template changes.
        env = [{"name": "REGION", "value": "north"}]
        scene.change("shop", payment={"autoscaling": {"minReplicas": 4}, "env": env})
        eventually(lambda: _replicas(scene), lambda found: found == 4, within=ROLLOUT)
        body = scene.until("shop", lambda stack: _summary(stack) == "4/4")
        assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
        assert_at_rest(scene, operator)

        scaled = _pods(scene)
        scene.change("shop", payment={"autoscaling": None})
        body = scene.until("shop", lambda stack: _summary(stack) == "3/3")
        assert "scaledBy" not in body["status"]["payment"]
        assert _pods(scene) < scaled
        assert scene.api.read(AUTOSCALER, scene.namespace, _NAME) is None
        assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
        assert_at_rest(scene, operator)


@pytest.mark.thorough
def test_an_autoscaled_stack_wakes_up_with_the_fewest_pods(scene: Scene) -> None:
    """An autoscaler leaves alone what is at 0, so somebody has to begin."""
    scaling = {"minReplicas": 2, "maxReplicas": 3}
    with scene.operator() as operator:
        scene.apply("shop", {"antaeus": {"replicas": 0}, "payment": {"autoscaling": scaling}})
        scene.until("shop", lambda stack: _summary(stack) == "2/2")

        scene.change("shop", hibernate=True)
        scene.until("shop", lambda stack: holds(stack, "Hibernated"))
        assert scene.api.read(AUTOSCALER, scene.namespace, _NAME) is None
        assert_at_rest(scene, operator)

        scene.change("shop", hibernate=False)
        body = scene.until("shop", lambda stack: _summary(stack) == "2/2")
        operator.until_idle()
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_payment_is_scaled_by_the_cpu_that_its_pods_use_and_back(
    scene: Scene, cluster: Cluster, figures: Figures
) -> None:
    scaling = {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    spec = {"antaeus": {"replicas": 0}, "payment": {"autoscaling": scaling}}
    with scene.operator() as operator:
        scene.apply("shop", spec)
        scene.until_ready("shop")
        # Somebody else's field, which the operator leaves: without it, it is 5 minutes.
        soon = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
        scene.kube.patch("hpa", _NAME, scene.namespace, soon)
        with measured(scene.namespace, cluster, scene.kube, scene.api):
            pods = [pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT)]
            token = token_of(scene.api, scene.namespace, "shop")
            began = time.monotonic()
            with charging(scene.access, scene.namespace, pods, token):
                eventually(lambda: _replicas(scene), lambda now: now > 1, within=_BY_CPU)
                figures.note(
                    "from load to more payment pods, by CPU", time.monotonic() - began, "s"
                )
            scene.until("shop", lambda stack: (_summary(stack) or "1/1") != "1/1")
            began = time.monotonic()
            eventually(lambda: _replicas(scene), lambda now: now == 1, within=_BY_CPU)
            figures.note("from the load's end to one pod, by CPU", time.monotonic() - began, "s")
            scene.until("shop", lambda stack: _summary(stack) == "1/1")
            assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
            assert_at_rest(scene, operator)


def _is_scaled_by_others(stack: Manifest) -> bool:
    return holds(stack, "Ready") and "scaledBy" in stack["status"]["payment"]


def _summary(stack: Manifest) -> str | None:
    return stack["status"]["payment"]["summary"] if holds(stack, "Ready") else None


def _pods(scene: Scene) -> set[str]:
    return {pod["metadata"]["uid"] for pod in scene.pods("shop", PAYMENT)}


def _replicas(scene: Scene) -> int:
    found: int = _deployment(scene)["spec"]["replicas"]
    return found


def _ours(scene: Scene) -> Manifest:
    """The fields below spec that the operator owns."""
    entries = _deployment(scene)["metadata"]["managedFields"]
    [own] = (each for each in entries if each["manager"] == MANAGER)
    fields: Manifest = own["fieldsV1"]["f:spec"]
    return fields


def _deployment(scene: Scene) -> Manifest:
    live = scene.api.read(DEPLOYMENT, scene.namespace, _NAME)
    assert live is not None
    return live
