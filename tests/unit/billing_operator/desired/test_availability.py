"""How many payment pods there are whatever nodes do, and that no drain waits for ever."""

from typing import Any

import pytest

from billing_operator.desired import availability
from billing_operator.names import selector
from support.operator.builders import a_stack
from support.operator.in_memory import OperatorInMemory, ready

AUTOSCALER = ("HorizontalPodAutoscaler", "shop-payment")
SCALED = {"replicas": 3, "autoscaling": {"minReplicas": 2, "maxReplicas": 5}}


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        ({}, None),
        ({"replicas": 0}, None),
        ({"replicas": 1, "podDisruptionBudget": {"enabled": True}}, None),
        ({"replicas": 2}, 1),
        ({"replicas": 5, "podDisruptionBudget": {"maxUnavailable": 3}}, 3),
        ({"replicas": 5, "podDisruptionBudget": {"enabled": False}}, None),
        # Where an autoscaler decides, there may be as many as it is allowed.
        ({"replicas": 1, "autoscaling": {"maxReplicas": 2}}, 1),
        ({"replicas": 5, "autoscaling": {"maxReplicas": 1}}, None),
    ],
    ids=[
        "one pod by default",
        "no pod",
        "one pod with a budget asked for",
        "two pods",
        "five pods and a limit of three",
        "five pods with the budget switched off",
        "an autoscaler that may make two",
        "an autoscaler that may make one",
    ],
)
def test_a_budget_is_there_for_two_pods_and_more(
    payment: dict[str, Any], expected: int | None
) -> None:
    budgets = availability.disruption_budgets(a_stack(payment=payment))

    assert [each["spec"]["maxUnavailable"] for each in budgets] == ([expected] if expected else [])


def test_a_budget_never_makes_a_drain_wait_for_ever() -> None:
    [budget] = availability.disruption_budgets(a_stack(payment={"replicas": 2}))

    assert "minAvailable" not in budget["spec"]
    assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["spec"]["selector"] == {"matchLabels": selector("shop", "payment")}


async def test_a_budget_comes_and_goes_with_the_second_pod() -> None:
    operator = await ready()
    budget = ("PodDisruptionBudget", "shop-payment")
    assert operator.cluster.get(*budget) is None

    operator.change(payment={"replicas": 2})
    await operator.reconcile()
    assert operator.cluster.get(*budget)

    operator.change(payment={"replicas": 1})
    await operator.reconcile()
    assert operator.cluster.get(*budget) is None


def test_an_autoscaler_goes_by_the_cpu_of_payment_alone() -> None:
    scaling = {"minReplicas": 2, "maxReplicas": 5, "targetCPUUtilizationPercentage": 70}
    [autoscaler] = availability.autoscalers(a_stack(payment={"autoscaling": scaling}))

    spec = autoscaler["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    assert (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"]) == (
        "Deployment",
        "shop-payment",
    )
    [metric] = spec["metrics"]
    assert metric["containerResource"]["container"] == "payment"
    assert metric["containerResource"]["target"]["averageUtilization"] == 70
    assert availability.autoscalers(a_stack()) == ()


async def test_an_autoscaler_takes_over_without_a_dip() -> None:
    operator = await ready(payment={"replicas": 3})
    operator.change(payment=SCALED)
    await operator.reconcile()

    writes = [call for call in operator.cluster.writes if call[1] == "Deployment"]
    assert writes == [("hand over", "Deployment"), ("apply", "Deployment")]
    assert _replicas(operator) == 3
    assert operator.cluster.get(*AUTOSCALER)
    await _settle(operator)
    _scale(operator, 5)
    await _settle(operator)
    assert _replicas(operator) == 5
    assert operator.status["payment"]["summary"] == "5/5"
    assert "spec.payment.replicas is not in use" in operator.status["payment"]["scaledBy"]
    assert operator.cluster.writes == []


async def test_without_an_autoscaler_the_specs_number_is_back() -> None:
    operator = await ready(payment={"replicas": 3})
    operator.change(payment=SCALED)
    await operator.reconcile()
    _scale(operator, 5)
    await _settle(operator)

    operator.change(payment={"replicas": 3})
    await operator.reconcile()
    assert _replicas(operator) == 3
    assert operator.cluster.get(*AUTOSCALER) is None
    await _settle(operator)
    assert "scaledBy" not in operator.status["payment"]


async def test_a_change_beside_it_leaves_the_autoscalers_number() -> None:
    operator = await ready(payment={"replicas": 3})
    operator.change(payment=SCALED)
    await operator.reconcile()
    _scale(operator, 5)
    operator.change(payment={**SCALED, "image": "example.test/payment:2"})
    await operator.reconcile()

    assert ("apply", "Deployment") in operator.cluster.writes
    assert _replicas(operator) == 5


@pytest.mark.parametrize("sleeper", ["hibernation", "a hand"])
async def test_an_autoscaler_gets_pods_to_begin_with(sleeper: str) -> None:
    """It would leave a Deployment alone that is at 0."""
    operator = await ready(payment={"replicas": 3})
    operator.change(payment=SCALED)
    await operator.reconcile()
    if sleeper == "hibernation":
        operator.change(hibernate=True)
        await operator.reconcile()
        assert operator.cluster.get(*AUTOSCALER) is None
        assert _replicas(operator) == 0
        operator.change(hibernate=False)
    else:
        _scale(operator, 0)
    await operator.reconcile()

    assert _replicas(operator) == 2
    assert operator.cluster.get(*AUTOSCALER)
    await _settle(operator)
    _scale(operator, 4)
    await _settle(operator)
    assert _replicas(operator) == 4


async def test_a_new_stack_begins_with_the_fewest_pods_and_is_handed_over() -> None:
    operator = OperatorInMemory(payment=SCALED)
    await operator.reconcile()
    assert _replicas(operator) == 2

    await _settle(operator)
    assert operator.cluster.writes == []
    _scale(operator, 4)
    await _settle(operator)
    assert _replicas(operator) == 4


async def _settle(operator: OperatorInMemory) -> None:
    """Until nothing is left to do."""
    for _ in range(4):
        await operator.reconcile()
        operator.run_pods()
        operator.refresh_profiles()
    await operator.reconcile()


def _scale(operator: OperatorInMemory, replicas: int) -> None:
    """What an autoscaler does."""
    live = operator.cluster.must_get("Deployment", "shop-payment")
    live["spec"]["replicas"] = replicas
    live["metadata"]["generation"] += 1
    operator.cluster.have(live)


def _replicas(operator: OperatorInMemory) -> int:
    found: int = operator.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"]
    return found


async def test_a_second_autoscaler_of_the_same_pods_is_told() -> None:
    operator = await ready(payment=SCALED)
    live = operator.cluster.must_get(*AUTOSCALER)
    said = "pods by selector payment are controlled by multiple HPAs: [payments/a payments/b]"
    live["status"] = {
        "conditions": [
            {
                "type": "ScalingActive",
                "status": "False",
                "reason": "AmbiguousSelector",
                "message": said,
            }
        ]
    }
    operator.cluster.have(live)
    await operator.reconcile()
    assert operator.status["payment"]["scaledBy"].startswith("nobody: several Horizontal")

    # What passes by itself, as while there are no metrics yet, is not worth a word.
    live["status"]["conditions"][0]["reason"] = "FailedGetContainerResourceMetric"
    operator.cluster.have(live)
    await operator.reconcile()
    assert "not in use" in operator.status["payment"]["scaledBy"]
