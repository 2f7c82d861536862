"""A stack that its owner wants left alone: nothing is written, and nothing is kept from them."""

from support.operator.builders import a_deployment, a_pod
from support.operator.in_memory import STATUS, ready


async def test_a_suspended_stack_is_only_judged() -> None:
    operator = await ready()
    operator.change(suspend=True, payment={"replicas": 5, "successRate": 0.9})
    operator.cluster.take("Service", "shop-payment")
    await operator.reconcile()

    assert set(operator.cluster.writes) <= {STATUS}
    operator.now = 6.0
    await operator.reconcile()
    assert operator.condition("Suspended") == ("True", "Suspended")
    # It has been asked for, and is not so: nobody must take the change for done.
    assert operator.condition("Ready") == ("False", "Suspended")
    assert operator.condition("Stalled") == ("True", "Suspended")
    [said] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Ready"]
    pending_changes = ("ConfigMap shop-profile", "Deployment shop-payment", "Service shop-payment")
    assert [name for name in pending_changes if name not in said] == []


async def test_a_suspended_stack_that_lacks_nothing_stays_ready() -> None:
    operator = await ready()
    operator.change(suspend=True)
    await operator.reconcile()

    assert operator.condition("Suspended") == ("True", "Suspended")
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_a_stack_that_was_suspended_unseen_is_left_alone() -> None:
    operator = await ready()
    operator.cluster.take("Service", "shop-payment")
    await operator.watch()
    operator.change(suspend=True)
    await operator.reconcile(with_stale_cache=True)

    assert set(operator.cluster.writes) <= {STATUS}
    assert operator.condition("Ready") == ("False", "Suspended")


async def test_a_stack_that_goes_on_unseen_is_not_called_suspended() -> None:
    operator = await ready()
    operator.change(suspend=True)
    operator.cluster.take("Service", "shop-payment")
    await operator.watch()
    operator.change(suspend=False)
    await operator.reconcile(with_stale_cache=True)

    assert ("apply", "Service") in operator.cluster.writes
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_trouble_that_a_person_must_mend_is_told_of_a_suspended_stack_too() -> None:
    operator = await ready()
    operator.change(suspend=True, payment={"replicas": 5})
    operator.cluster.have(a_pod(ready=False, waiting={"reason": "ErrImagePull"}))
    operator.cluster.have(a_deployment(ready=0))
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "PodsUnhealthy")


async def test_what_would_restart_antaeus_is_said_before_it_does() -> None:
    operator = await ready()
    operator.change(suspend=True, antaeus={"startupSeconds": 500})
    await operator.reconcile()

    [said] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Ready"]
    assert "Deployment shop-antaeus" in said
    assert "forgets all payments" in said
