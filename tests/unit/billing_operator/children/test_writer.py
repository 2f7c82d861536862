"""A child is written where it is the stack's own, whatever comes between a look and a write."""

import pytest

from billing_operator.children.plan import Change
from billing_operator.desired import payment
from billing_operator.errors import ClusterError, Conflict, Refused, SpecError
from billing_operator.kinds import Manifest, ref
from support.builders import a_token, an_installation, an_object
from support.world import STATUS, World, ready

REFUSED = Refused("may not be specified beside it")
RIVAL: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}


def theirs(kind: str, name: str, **fields: object) -> Manifest:
    """Somebody else's object, in which they set a field that excludes one of ours."""
    entry = {"manager": "kubectl", "operation": "Update", "fieldsV1": RIVAL}
    return an_object(kind, name, uid="somebody else's", managedFields=[entry]) | fields


async def write(world: World, manifest: Manifest, *, meanwhile: Manifest) -> None:
    """Writes a child by what was last known of it."""
    known = world.cluster.must_get(*ref(manifest))
    world.cluster.take(*ref(manifest))
    world.cluster.have(meanwhile)
    await world.tools.writer.write(world.stack, [Change(manifest, "why")], {ref(manifest): known})


async def test_an_object_that_has_taken_the_name_of_a_child_meanwhile_is_not_touched() -> None:
    world = await ready()
    with pytest.raises(Conflict):
        await write(
            world, payment.service(world.stack), meanwhile=theirs("Service", "shop-payment")
        )

    now = world.cluster.must_get("Service", "shop-payment")
    assert now["metadata"]["uid"] == "somebody else's"
    assert "spec" not in now


async def test_no_field_of_such_an_object_is_claimed_either() -> None:
    world = await ready()
    world.cluster.faults["apply", "Deployment"] = REFUSED
    manifest = payment.deployment(world.stack, a_token(), an_installation())
    manifest["spec"]["strategy"] = {"type": "Recreate"}
    foreign = theirs("Deployment", "shop-payment", spec={"strategy": {"type": "RollingUpdate"}})
    with pytest.raises(SpecError, match="not touched"):
        await write(world, manifest, meanwhile=foreign)

    assert ("hand over", "Deployment") not in world.cluster.writes


async def test_where_a_field_can_not_be_claimed_the_first_refusal_is_told() -> None:
    world = await ready()
    live = world.cluster.must_get("Deployment", "shop-antaeus")
    live["spec"]["strategy"] = {"type": "RollingUpdate"}
    live["metadata"]["managedFields"].append({"manager": "kubectl", "fieldsV1": RIVAL})
    world.cluster.have(live)
    world.cluster.faults["apply", "Deployment"] = REFUSED
    world.cluster.faults["hand over", "Deployment"] = ClusterError("Forbidden", "no", status=403)
    await world.reconcile()

    assert ("hand over", "Deployment") in world.cluster.writes
    assert world.condition("Stalled") == ("True", "Refused")


async def test_what_was_removed_is_not_removed_again_though_no_watch_has_told_of_it() -> None:
    world = await ready()
    world.change(networkPolicy={"enabled": False})
    await world.reconcile()
    assert ("delete", "NetworkPolicy") in world.cluster.writes
    await world.reconcile(blind=True)

    assert set(world.cluster.writes) <= {STATUS}


async def test_what_a_stack_that_has_gone_was_refused_is_forgotten() -> None:
    world = await ready()
    world.change(payment={"replicas": 3})
    world.cluster.faults["apply", "Deployment"] = REFUSED
    await world.reconcile()
    await world.reconcile()
    assert world.cluster.writes == []

    world.tools.writer.forget("stack-uid")
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes
