"""A token that somebody changes in the operator's own Secret, beside what says which one it is."""

import pytest

from support.operator.builders import a_secret
from support.operator.in_memory import OperatorInMemory, ready
from support.operator.token_rotation import rotate, secret, started_with

_SECRET_WRITE = ("replace", "Secret")


def put(operator: OperatorInMemory, **data: str) -> None:
    """Writes over what the Secret has, as kubectl edit would, and has it looked at."""
    operator.cluster.have(a_secret(**(secret(operator) | data)))
    operator.dependencies.tokens.ask_again()


def message(operator: OperatorInMemory, kind: str) -> str:
    (found,) = (each for each in operator.status["conditions"] if each["type"] == kind)
    return str(found["message"])


async def hibernate(operator: OperatorInMemory) -> None:
    operator.change(hibernate=True)
    await operator.reconcile()
    operator.run_pods()


async def wake(operator: OperatorInMemory) -> None:
    operator.change(hibernate=False)
    await operator.reconcile()
    operator.run_pods()
    await operator.reconcile()


async def test_a_token_that_was_changed_with_its_id_left_is_told_until_it_is_put_back() -> None:
    operator = await ready()
    before = secret(operator)
    put(operator, token="theirs-hush")
    await operator.reconcile()

    assert operator.condition("TokenInvalid") == ("True", "TokenChanged")
    assert operator.condition("Ready") == ("False", "TokenChanged")
    assert operator.condition("Stalled") == ("True", "TokenChanged")
    assert "renew-token=" in message(operator, "Ready")
    assert "TokenChanged" in operator.announced
    assert "hush" not in str(operator.status)

    put(operator, **before)
    await operator.reconcile()
    assert operator.condition("TokenInvalid") == ("False", "AsExpected")
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_a_token_that_was_changed_is_replaced_as_its_message_says() -> None:
    operator = await ready()
    old = started_with(operator)
    put(operator, token="theirs-hush")
    await operator.reconcile()
    operator.cluster.take("Secret", "shop-token")
    operator.annotate(renew_token="1")
    await operator.reconcile()

    assert secret(operator)["token"] != "theirs-hush"
    assert started_with(operator) == secret(operator)["id"] != old


async def test_a_token_that_was_changed_while_no_antaeus_ran_is_in_use_after_that() -> None:
    operator = await ready()
    await hibernate(operator)
    put(operator, token="theirs")
    await operator.reconcile()
    assert operator.cluster.writes.count(_SECRET_WRITE) == 1
    await operator.reconcile()
    assert _SECRET_WRITE not in operator.cluster.writes
    await wake(operator)

    assert operator.condition("Ready") == ("True", "AllReady")
    assert secret(operator)["token"] == "theirs"
    put(operator, token="another")
    await operator.reconcile()
    assert operator.condition("Ready") == ("False", "TokenChanged")


async def test_a_secret_without_a_digest_gets_one_where_no_antaeus_runs() -> None:
    operator = await ready()
    token_id = secret(operator)["id"]
    operator.cluster.have(a_secret(token="restored", id=token_id))
    operator.dependencies.tokens.ask_again()
    await operator.reconcile()
    # Nobody knows what Antaeus has.
    assert "digest" not in secret(operator)
    assert operator.condition("Ready") == ("True", "AllReady")

    await hibernate(operator)
    await operator.reconcile()
    await operator.reconcile()
    assert secret(operator)["digest"]
    assert secret(operator)["token"] == "restored"


async def test_a_suspended_stack_gets_no_digest_and_shows_no_rotation() -> None:
    operator = await ready()
    await hibernate(operator)
    operator.change(suspend=True)
    put(operator, token="theirs")
    await operator.reconcile()

    assert _SECRET_WRITE not in operator.cluster.writes
    assert "rotation" not in operator.status["token"]


@pytest.mark.parametrize("key", ["token", "secondary"])
async def test_a_token_that_was_changed_in_the_middle_of_a_rotation_is_told(key: str) -> None:
    operator = await ready()
    operator.annotate(rotate_token="1")
    await operator.reconcile()
    put(operator, **{key: "theirs"})
    await operator.reconcile()

    assert operator.condition("TokenInvalid") == ("True", "TokenChanged")


async def test_a_token_is_as_it_was_made_after_a_rotation() -> None:
    operator = await ready()
    operator.annotate(rotate_token="1")
    await rotate(operator)
    operator.dependencies.tokens.ask_again()
    await operator.reconcile()

    assert operator.condition("Ready") == ("True", "AllReady")
