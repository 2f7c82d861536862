"""A child is written where it is the stack's own, whatever comes between a look and a write."""

import pytest

from billing_operator.desired import payment
from billing_operator.errors import Conflict
from billing_operator.kinds import ref
from billing_operator.plan import Change
from support.builders import an_object
from support.world import World, ready


async def write_service(world: World) -> None:
    """Writes a Service by what was last known of it."""
    manifest = payment.service(world.stack)
    known = world.cluster.must_get("Service", "shop-payment")
    world.cluster.take("Service", "shop-payment")
    world.cluster.have(an_object("Service", "shop-payment", uid="somebody else's"))
    await world.tools.writer.write(world.stack, [Change(manifest, "why")], {ref(manifest): known})


async def test_an_object_that_has_taken_the_name_of_a_child_meanwhile_is_not_touched() -> None:
    world = await ready()
    with pytest.raises(Conflict):
        await write_service(world)

    now = world.cluster.must_get("Service", "shop-payment")
    assert now["metadata"]["uid"] == "somebody else's"
    assert "spec" not in now
