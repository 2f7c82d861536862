"""A stack in memory whose token is rotated, and what can be seen of that."""

import base64

from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_ID
from support.operator.in_memory import OperatorInMemory


def secret(operator: OperatorInMemory) -> dict[str, str]:
    """What the operator's own Secret says."""
    data = operator.cluster.must_get("Secret", "shop-token")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def started_with(operator: OperatorInMemory) -> str:
    """The id of the token that Antaeus' Deployment starts it with."""
    template = operator.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"]
    return str(template["metadata"]["annotations"][TOKEN_ID])


def step(operator: OperatorInMemory) -> str | None:
    """How far a rotation is, by the status."""
    found: Manifest = operator.status["token"].get("rotation", {})
    return found.get("step")


async def rotate(operator: OperatorInMemory) -> None:
    """Goes on until a rotation that is wanted is complete, with a kubelet that is quick."""
    for _ in range(8):
        await operator.reconcile()
        operator.run_pods()
        operator.refresh_tokens()
