"""Payment's metrics for a Prometheus of the cluster, which may know PodMonitors, or not yet."""

from billing_operator.desired import monitoring
from billing_operator.errors import ClusterError
from billing_operator.kinds import BILLING_STACK, POD_MONITOR
from billing_operator.reasons import Reason
from support.operator.builders import a_stack
from support.operator.in_memory import OperatorInMemory, pages_of, ready

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
    operator = await ready()
    operator.change(monitoring=ON)
    await operator.reconcile()
    assert operator.cluster.get(*MONITOR)
    assert operator.status["monitoring"] == "PodMonitor shop-payment"

    operator.change(monitoring={"enabled": False})
    await operator.reconcile()
    assert operator.cluster.get(*MONITOR) is None
    assert "monitoring" not in operator.status


async def test_what_the_cluster_does_not_know_is_not_asked_for_until_it_does() -> None:
    operator = await ready()
    operator.change(monitoring=ON)
    await operator.watch()
    operator.dependencies.inventory.note_absence(POD_MONITOR)
    await operator.reconcile(with_stale_cache=True)

    assert not [call for call in operator.cluster.calls if call[1] == "PodMonitor"]
    assert operator.condition("Ready") == ("True", "AllReady")
    assert "does not know PodMonitor" in operator.status["monitoring"]

    await operator.reconcile()
    assert operator.cluster.get(*MONITOR)


async def test_a_kind_that_is_taken_away_leaves_a_stack_well() -> None:
    operator = await ready(monitoring=ON)
    operator.dependencies.inventory.note_absence(POD_MONITOR)
    await operator.reconcile(with_stale_cache=True)

    assert set(operator.cluster.writes) == {("apply status", "BillingStack")}
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_without_the_right_to_it_everything_else_is_made_and_the_right_is_named() -> None:
    operator = OperatorInMemory(monitoring=ON)
    said = "podmonitors.monitoring.coreos.com is forbidden"
    for verb in ("read", "apply"):
        operator.cluster.faults[verb, "PodMonitor"] = ClusterError(
            Reason.FORBIDDEN, said, status=403
        )
    for _ in range(3):
        await operator.reconcile()

    assert operator.cluster.get("Deployment", "shop-payment")
    assert operator.condition("Forbidden") == ("True", "Forbidden")
    [message] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Forbidden"]
    assert said in message
    operator.change(payment={"image": "example.test/payment:2"})
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes

    operator.cluster.faults.clear()
    await operator.reconcile()
    assert operator.condition("Forbidden") == ("False", "AsExpected")
    assert operator.cluster.get(*MONITOR)


async def test_a_monitor_that_somebody_deleted_unseen_comes_back_with_the_next_change() -> None:
    """No watch tells of it; a write to what has gone would be refused again and again."""
    operator = await ready(monitoring=ON)
    operator.cluster.take(*MONITOR)
    operator.change(monitoring={"enabled": True, "labels": {"release": "another"}})
    stack = operator.cluster.must_get("BillingStack", "shop")
    await operator.dependencies.inventory.renew(BILLING_STACK, pages_of([stack]))
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.must_get(*MONITOR)["metadata"]["labels"]["release"] == "another"
