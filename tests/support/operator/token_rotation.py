"""A stack in memory whose token is rotated, and what can be seen of that."""

import base64
from typing import Any

from billing_operator.apps.answers import Calls, Counts
from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_ID
from support.operator.in_memory import STILL_SECONDS, OperatorInMemory, ready


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


def be_still(operator: OperatorInMemory) -> None:
    """Has both services tell how far they are, which nobody changes."""
    operator.apps.counts.setdefault("shop", Counts(2, 8))
    operator.apps.taken.setdefault("shop-payment-0", Calls(taken=0, held=0))


async def reconcile_in_peace(operator: OperatorInMemory) -> None:
    """Goes on until nobody has paid for long enough."""
    be_still(operator)
    await operator.reconcile()
    operator.now += STILL_SECONDS
    await operator.reconcile()


async def rotate(operator: OperatorInMemory) -> None:
    """Goes on until a rotation that is wanted is complete, with a kubelet that is quick."""
    be_still(operator)
    for _ in range(8):
        await operator.reconcile()
        operator.run_pods()
        operator.refresh_tokens()
        if step(operator) == "Staged":
            operator.now += STILL_SECONDS


async def asked(**spec: Any) -> OperatorInMemory:
    """A stack at rest of which a rotation is asked."""
    operator = await ready(**spec)
    operator.annotate(rotate_token="1")
    return operator


async def staged() -> OperatorInMemory:
    """A rotation whose tokens payment accepts both, so that it may go on if nobody pays."""
    operator = await asked()
    be_still(operator)
    await operator.reconcile()
    operator.refresh_tokens()
    await operator.reconcile()
    assert step(operator) == "Staged"
    return operator
