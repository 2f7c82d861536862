"""An autoscaler takes payment's pods over and gives them back, and never is a pod lost by it."""

import time

import pytest

from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_operator.kinds import AUTOSCALER, DEPLOYMENT, Manifest
from billing_operator.names import MANAGER, PAYMENT
from integration.metrics_server import measured
from measurements import Measurements
from support.cluster.charging import charging, token_of
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import ROLLOUT
from support.cluster.workspace import Workspace, holds

pytestmark = pytest.mark.minutes

_NAME = "shop-payment"
# Measured every 15 s, looked at every 15 s, and not too soon after a pod's start.
_BY_CPU = 240.0


@pytest.mark.thorough
def test_payment_is_handed_to_an_autoscaler_and_back_without_a_dip(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"antaeus": {"replicas": 0}, "payment": {"replicas": 3}})
        workspace.until_ready("shop")
        began = _pods(workspace)
        assert len(began) == 3

        workspace.change("shop", payment={"autoscaling": {"maxReplicas": 5}})
        body = workspace.until("shop", _is_scaled_by_others)
        operator.until_idle()
        assert body["status"]["payment"]["summary"] == "3/3"
        assert "f:replicas" not in _ours(workspace)
        assert _pods(workspace) == began
        assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
        assert_at_rest(workspace, operator)

        # The autoscaler moves them while the template changes.
        env = [{"name": "REGION", "value": "north"}]
        workspace.change("shop", payment={"autoscaling": {"minReplicas": 4}, "env": env})
        eventually(lambda: _replicas(workspace), lambda found: found == 4, within=ROLLOUT)
        body = workspace.until("shop", lambda stack: _summary(stack) == "4/4")
        assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
        assert_at_rest(workspace, operator)

        scaled = _pods(workspace)
        workspace.change("shop", payment={"autoscaling": None})
        body = workspace.until("shop", lambda stack: _summary(stack) == "3/3")
        assert "scaledBy" not in body["status"]["payment"]
        assert _pods(workspace) < scaled
        assert workspace.api.read(AUTOSCALER, workspace.namespace, _NAME) is None
        assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
        assert_at_rest(workspace, operator)


@pytest.mark.thorough
def test_an_autoscaled_stack_wakes_up_with_the_fewest_pods(workspace: Workspace) -> None:
    """An autoscaler leaves alone what is at 0, so somebody has to begin."""
    scaling = {"minReplicas": 2, "maxReplicas": 3}
    with workspace.operator() as operator:
        workspace.apply("shop", {"antaeus": {"replicas": 0}, "payment": {"autoscaling": scaling}})
        workspace.until("shop", lambda stack: _summary(stack) == "2/2")

        workspace.change("shop", hibernate=True)
        workspace.until("shop", lambda stack: holds(stack, "Hibernated"))
        assert workspace.api.read(AUTOSCALER, workspace.namespace, _NAME) is None
        assert_at_rest(workspace, operator)

        workspace.change("shop", hibernate=False)
        body = workspace.until("shop", lambda stack: _summary(stack) == "2/2")
        operator.until_idle()
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_payment_is_scaled_by_the_cpu_that_its_pods_use_and_back(
    workspace: Workspace, cluster: Cluster, measurements: Measurements
) -> None:
    scaling = {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    spec = {"antaeus": {"replicas": 0}, "payment": {"autoscaling": scaling}}
    with workspace.operator() as operator:
        workspace.apply("shop", spec)
        workspace.until_ready("shop")
        # Somebody else's field, which the operator leaves: without it, it is 5 minutes.
        soon = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}
        workspace.kube.patch("hpa", _NAME, workspace.namespace, soon)
        with measured(workspace.namespace, cluster, workspace.kube, workspace.api):
            pods = [pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT)]
            token = token_of(workspace.api, workspace.namespace, "shop")
            began = time.monotonic()
            with charging(workspace.access, workspace.namespace, pods, token):
                eventually(lambda: _replicas(workspace), lambda now: now > 1, within=_BY_CPU)
                measurements.note(
                    "from load to more payment pods, by CPU", time.monotonic() - began, "s"
                )
            workspace.until("shop", lambda stack: (_summary(stack) or "1/1") != "1/1")
            began = time.monotonic()
            eventually(lambda: _replicas(workspace), lambda now: now == 1, within=_BY_CPU)
            measurements.note(
                "from the load's end to one pod, by CPU", time.monotonic() - began, "s"
            )
            workspace.until("shop", lambda stack: _summary(stack) == "1/1")
            assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
            assert_at_rest(workspace, operator)


def _is_scaled_by_others(stack: Manifest) -> bool:
    return holds(stack, "Ready") and "scaledBy" in stack["status"]["payment"]


def _summary(stack: Manifest) -> str | None:
    return stack["status"]["payment"]["summary"] if holds(stack, "Ready") else None


def _pods(workspace: Workspace) -> set[str]:
    return {pod["metadata"]["uid"] for pod in workspace.pods("shop", PAYMENT)}


def _replicas(workspace: Workspace) -> int:
    found: int = _deployment(workspace)["spec"]["replicas"]
    return found


def _ours(workspace: Workspace) -> Manifest:
    """The fields below spec that the operator owns."""
    entries = _deployment(workspace)["metadata"]["managedFields"]
    [own] = (each for each in entries if each["manager"] == MANAGER)
    fields: Manifest = own["fieldsV1"]["f:spec"]
    return fields


def _deployment(workspace: Workspace) -> Manifest:
    live = workspace.api.read(DEPLOYMENT, workspace.namespace, _NAME)
    assert live is not None
    return live
