"""A stack in memory whose token is rotated, and what can be seen of that."""

import base64

from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_ID
from support.world import World


def secret(world: World) -> dict[str, str]:
    """What the operator's own Secret says."""
    data = world.cluster.must_get("Secret", "shop-token")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def started_with(world: World) -> str:
    """The id of the token that Antaeus' Deployment starts it with."""
    template = world.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"]
    return str(template["metadata"]["annotations"][TOKEN_ID])


def step(world: World) -> str | None:
    """How far a rotation is, by the status."""
    found: Manifest = world.status["token"].get("rotation", {})
    return found.get("step")


async def rotate(world: World) -> None:
    """Goes on until a rotation that is wanted is complete, with a kubelet that is quick."""
    for _ in range(8):
        await world.reconcile()
        world.run_pods()
        world.refresh_tokens()
