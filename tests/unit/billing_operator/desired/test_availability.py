"""How many payment pods there are whatever nodes do, and that no drain waits for ever."""

from typing import Any

import pytest

from billing_operator.desired import availability
from billing_operator.names import selector
from support.builders import a_stack
from support.world import World, ready

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
    world = await ready()
    budget = ("PodDisruptionBudget", "shop-payment")
    assert world.cluster.get(*budget) is None

    world.change(payment={"replicas": 2})
    await world.reconcile()
    assert world.cluster.get(*budget)

    world.change(payment={"replicas": 1})
    await world.reconcile()
    assert world.cluster.get(*budget) is None


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
    world = await ready(payment={"replicas": 3})
    world.change(payment=SCALED)
    await world.reconcile()

    writes = [call for call in world.cluster.writes if call[1] == "Deployment"]
    assert writes == [("hand over", "Deployment"), ("apply", "Deployment")]
    assert _replicas(world) == 3
    assert world.cluster.get(*AUTOSCALER)
    await _settle(world)
    _scale(world, 5)
    await _settle(world)
    assert _replicas(world) == 5
    assert world.status["payment"]["summary"] == "5/5"
    assert "spec.payment.replicas is not in use" in world.status["payment"]["scaledBy"]
    assert world.cluster.writes == []


async def test_without_an_autoscaler_the_specs_number_is_back() -> None:
    world = await ready(payment={"replicas": 3})
    world.change(payment=SCALED)
    await world.reconcile()
    _scale(world, 5)
    await _settle(world)

    world.change(payment={"replicas": 3})
    await world.reconcile()
    assert _replicas(world) == 3
    assert world.cluster.get(*AUTOSCALER) is None
    await _settle(world)
    assert "scaledBy" not in world.status["payment"]


async def test_a_change_beside_it_leaves_the_autoscalers_number() -> None:
    world = await ready(payment={"replicas": 3})
    world.change(payment=SCALED)
    await world.reconcile()
    _scale(world, 5)
    world.change(payment={**SCALED, "image": "example.test/payment:2"})
    await world.reconcile()

    assert ("apply", "Deployment") in world.cluster.writes
    assert _replicas(world) == 5


@pytest.mark.parametrize("sleeper", ["hibernation", "a hand"])
async def test_an_autoscaler_gets_pods_to_begin_with(sleeper: str) -> None:
    """It would leave a Deployment alone that is at 0."""
    world = await ready(payment={"replicas": 3})
    world.change(payment=SCALED)
    await world.reconcile()
    if sleeper == "hibernation":
        world.change(hibernate=True)
        await world.reconcile()
        assert world.cluster.get(*AUTOSCALER) is None
        assert _replicas(world) == 0
        world.change(hibernate=False)
    else:
        _scale(world, 0)
    await world.reconcile()

    assert _replicas(world) == 2
    assert world.cluster.get(*AUTOSCALER)
    await _settle(world)
    _scale(world, 4)
    await _settle(world)
    assert _replicas(world) == 4


async def test_a_new_stack_begins_with_the_fewest_pods_and_is_handed_over() -> None:
    world = World(payment=SCALED)
    await world.reconcile()
    assert _replicas(world) == 2

    await _settle(world)
    assert world.cluster.writes == []
    _scale(world, 4)
    await _settle(world)
    assert _replicas(world) == 4


async def _settle(world: World) -> None:
    """Until nothing is left to do."""
    for _ in range(4):
        await world.reconcile()
        world.run_pods()
        world.refresh_profiles()
    await world.reconcile()


def _scale(world: World, replicas: int) -> None:
    """What an autoscaler does."""
    live = world.cluster.must_get("Deployment", "shop-payment")
    live["spec"]["replicas"] = replicas
    live["metadata"]["generation"] += 1
    world.cluster.have(live)


def _replicas(world: World) -> int:
    found: int = world.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"]
    return found
