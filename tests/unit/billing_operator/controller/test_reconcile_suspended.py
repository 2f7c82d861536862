"""A stack that its owner wants left alone: nothing is written, and nothing is kept from them."""

from support.builders import a_deployment, a_pod
from support.world import STATUS, ready


async def test_a_suspended_stack_is_only_judged() -> None:
    world = await ready()
    world.change(suspend=True, payment={"replicas": 5, "successRate": 0.9})
    world.cluster.take("Service", "shop-payment")
    await world.reconcile()

    assert set(world.cluster.writes) <= {STATUS}
    world.now = 6.0
    await world.reconcile()
    assert world.condition("Suspended") == ("True", "Suspended")
    # It has been asked for, and is not so: nobody must take the change for done.
    assert world.condition("Ready") == ("False", "Suspended")
    assert world.condition("Stalled") == ("True", "Suspended")
    [said] = [c["message"] for c in world.status["conditions"] if c["type"] == "Ready"]
    undone = ("ConfigMap shop-profile", "Deployment shop-payment", "Service shop-payment")
    assert [name for name in undone if name not in said] == []


async def test_a_suspended_stack_that_lacks_nothing_stays_ready() -> None:
    world = await ready()
    world.change(suspend=True)
    await world.reconcile()

    assert world.condition("Suspended") == ("True", "Suspended")
    assert world.condition("Ready") == ("True", "AllReady")


async def test_a_stack_that_was_suspended_unseen_is_left_alone() -> None:
    world = await ready()
    world.cluster.take("Service", "shop-payment")
    await world.watch()
    world.change(suspend=True)
    await world.reconcile(blind=True)

    assert set(world.cluster.writes) <= {STATUS}
    assert world.condition("Ready") == ("False", "Suspended")


async def test_a_stack_that_goes_on_unseen_is_not_called_suspended() -> None:
    world = await ready()
    world.change(suspend=True)
    world.cluster.take("Service", "shop-payment")
    await world.watch()
    world.change(suspend=False)
    await world.reconcile(blind=True)

    assert ("apply", "Service") in world.cluster.writes
    assert world.condition("Ready") == ("True", "AllReady")


async def test_trouble_that_a_person_must_mend_is_told_of_a_suspended_stack_too() -> None:
    world = await ready()
    world.change(suspend=True, payment={"replicas": 5})
    world.cluster.have(a_pod(ready=False, waiting={"reason": "ErrImagePull"}))
    world.cluster.have(a_deployment(ready=0))
    await world.reconcile()

    assert world.condition("Ready") == ("False", "PodTrouble")


async def test_what_would_restart_antaeus_is_said_before_it_does() -> None:
    world = await ready()
    world.change(suspend=True, antaeus={"startupSeconds": 500})
    await world.reconcile()

    [said] = [c["message"] for c in world.status["conditions"] if c["type"] == "Ready"]
    assert "Deployment shop-antaeus" in said
    assert "forgets all payments" in said
