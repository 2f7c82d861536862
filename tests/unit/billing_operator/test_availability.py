"""How many payment pods there are whatever nodes do, and that no drain waits for ever."""

from typing import Any

import pytest

from billing_operator.desired import availability
from billing_operator.names import selector
from support.builders import a_stack
from support.world import ready


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        ({}, None),
        ({"replicas": 0}, None),
        ({"replicas": 1, "podDisruptionBudget": {"enabled": True}}, None),
        ({"replicas": 2}, 1),
        ({"replicas": 5, "podDisruptionBudget": {"maxUnavailable": 3}}, 3),
        ({"replicas": 5, "podDisruptionBudget": {"enabled": False}}, None),
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
