"""Payment's metrics for a Prometheus of the cluster, which may know PodMonitors, or not yet."""

from billing_operator.desired import monitoring
from billing_operator.errors import ClusterError
from billing_operator.kinds import BILLING_STACK, POD_MONITOR
from support.builders import a_stack
from support.world import World, pages_of, ready

MONITOR = ("PodMonitor", "shop-payment")
ON = {"enabled": True, "labels": {"release": "own"}}


def test_a_monitor_finds_payments_pods_and_is_found_by_its_labels() -> None:
    labels = {"release": "own", "app.kubernetes.io/managed-by": "somebody"}
    stack = a_stack(monitoring={"enabled": True, "labels": labels})
    [monitor] = monitoring.monitors(stack)

    assert monitor["spec"]["selector"]["matchLabels"]["billing.antaeus.io/part"] == "payment"
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "ops", "path": "/metrics"}]
    assert monitor["metadata"]["labels"]["release"] == "own"
    # By this one the operator finds it again.
    assert monitor["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "billing-operator"
    assert monitoring.monitors(a_stack(monitoring={"labels": labels})) == ()


async def test_a_monitor_comes_and_goes_with_its_field() -> None:
    world = await ready()
    world.change(monitoring=ON)
    await world.reconcile()
    assert world.cluster.get(*MONITOR)
    assert world.status["monitoring"] == "PodMonitor shop-payment"

    world.change(monitoring={"enabled": False})
    await world.reconcile()
    assert world.cluster.get(*MONITOR) is None
    assert "monitoring" not in world.status


async def test_what_the_cluster_does_not_know_is_not_asked_for_until_it_does() -> None:
    world = await ready()
    world.change(monitoring=ON)
    await world.watch()
    world.tools.inventory.note_absence(POD_MONITOR)
    await world.reconcile(blind=True)

    assert not [call for call in world.cluster.calls if call[1] == "PodMonitor"]
    assert world.condition("Ready") == ("True", "AllReady")
    assert "does not know PodMonitor" in world.status["monitoring"]

    await world.reconcile()
    assert world.cluster.get(*MONITOR)


async def test_a_kind_that_is_taken_away_leaves_a_stack_well() -> None:
    world = await ready(monitoring=ON)
    world.tools.inventory.note_absence(POD_MONITOR)
    await world.reconcile(blind=True)

    assert set(world.cluster.writes) == {("apply status", "BillingStack")}
    assert world.condition("Ready") == ("True", "AllReady")


async def test_without_the_right_to_it_everything_else_is_made_and_the_right_is_named() -> None:
    world = World(monitoring=ON)
    said = "podmonitors.monitoring.coreos.com is forbidden"
    for verb in ("read", "apply"):
        world.cluster.faults[verb, "PodMonitor"] = ClusterError("Forbidden", said, status=403)
    for _ in range(3):
        await world.reconcile()

    assert world.cluster.get("Deployment", "shop-payment")
    assert world.condition("Forbidden") == ("True", "Forbidden")
    [message] = [c["message"] for c in world.status["conditions"] if c["type"] == "Forbidden"]
    assert said in message
    world.change(payment={"image": "example.test/payment:2"})
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes

    world.cluster.faults.clear()
    await world.reconcile()
    assert world.condition("Forbidden") is None
    assert world.cluster.get(*MONITOR)


async def test_a_monitor_that_somebody_deleted_unseen_comes_back_with_the_next_change() -> None:
    """No watch tells of it; a write to what has gone would be refused again and again."""
    world = await ready(monitoring=ON)
    world.cluster.take(*MONITOR)
    world.change(monitoring={"enabled": True, "labels": {"release": "another"}})
    stack = world.cluster.must_get("BillingStack", "shop")
    await world.tools.inventory.renew(BILLING_STACK, pages_of([stack]))
    await world.reconcile(blind=True)

    assert world.cluster.must_get(*MONITOR)["metadata"]["labels"]["release"] == "another"
