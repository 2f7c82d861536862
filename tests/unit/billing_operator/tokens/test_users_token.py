"""A Secret of the user's: copied, followed when it changes, left when it is named no more."""

from support.operator.builders import a_body, a_secret
from support.operator.in_memory import OperatorInMemory, ready
from support.operator.token_rotation import rotate, secret, started_with

REF = {"secretRef": {"name": "provider"}}


async def with_a_users_token() -> OperatorInMemory:
    operator = OperatorInMemory(
        a_body(token=REF), a_secret("provider", uid=None, token="their-hush")
    )
    await operator.bring_up()
    assert operator.condition("Ready") == ("True", "AllReady")
    return operator


async def test_a_users_token_is_copied_and_its_place_is_told() -> None:
    operator = await with_a_users_token()

    assert secret(operator)["token"] == "their-hush"
    assert operator.status["token"] == {
        "secretName": "shop-token",
        "generated": False,
        "source": "provider",
    }


async def test_a_users_token_that_changed_takes_over() -> None:
    operator = await with_a_users_token()
    operator.cluster.have(a_secret("provider", uid=None, token="their-next"))
    operator.dependencies.tokens.ask_again()
    await rotate(operator)

    assert secret(operator)["token"] == "their-next"
    assert operator.announced.count("TokenRotated") == 1


async def test_a_request_has_the_users_secret_looked_at_at_once() -> None:
    operator = await with_a_users_token()
    operator.cluster.have(a_secret("provider", uid=None, token="their-next"))
    await operator.reconcile()
    assert secret(operator)["token"] == "their-hush"

    operator.annotate(rotate_token="now")
    await rotate(operator)
    assert secret(operator)["token"] == "their-next"
    assert operator.status["token"]["lastHandledRotate"] == "now"


async def test_a_users_token_that_is_exchanged_again_before_it_is_in_use_is_never_used() -> None:
    operator = await with_a_users_token()
    for token in ("their-second", "their-third"):
        operator.cluster.have(a_secret("provider", uid=None, token=token))
        operator.dependencies.tokens.ask_again()
        await operator.reconcile()
    assert secret(operator)["secondary"] == "their-third"
    await rotate(operator)

    assert secret(operator)["token"] == "their-third"
    assert operator.announced.count("TokenRotated") == 1


async def test_a_users_token_that_is_put_back_before_it_was_used_restarts_nothing() -> None:
    operator = await with_a_users_token()
    before = started_with(operator)
    for token in ("their-second", "their-hush"):
        operator.cluster.have(a_secret("provider", uid=None, token=token))
        operator.dependencies.tokens.ask_again()
        await operator.reconcile()
    await rotate(operator)

    assert (secret(operator)["token"], started_with(operator)) == ("their-hush", before)
    assert "secondary" not in secret(operator)


async def test_a_users_secret_that_vanishes_half_way_keeps_two_tokens_valid() -> None:
    operator = await with_a_users_token()
    operator.cluster.have(a_secret("provider", uid=None, token="their-next"))
    operator.dependencies.tokens.ask_again()
    await operator.reconcile()
    operator.cluster.take("Secret", "provider")
    operator.dependencies.tokens.ask_again()
    await rotate(operator)

    assert (secret(operator)["token"], secret(operator)["secondary"]) == (
        "their-hush",
        "their-next",
    )
    assert operator.condition("TokenInvalid") == ("True", "TokenInvalid")


async def test_a_users_secret_that_is_mended_is_seen_at_the_next_look() -> None:
    operator = await with_a_users_token()
    operator.cluster.take("Secret", "provider")
    operator.dependencies.tokens.ask_again()
    assert await operator.reconcile() == 30.0
    assert operator.condition("TokenInvalid") == ("True", "TokenInvalid")

    operator.cluster.have(a_secret("provider", uid=None, token="their-hush"))
    await operator.reconcile()
    assert operator.condition("TokenInvalid") == ("False", "AsExpected")
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_from_a_generated_token_to_a_users_and_back_are_two_rotations() -> None:
    operator = await ready()
    first = secret(operator)["token"]
    operator.cluster.have(a_secret("provider", uid=None, token="their-hush"))
    operator.change(token=REF)
    await rotate(operator)
    assert secret(operator)["token"] == "their-hush"
    assert operator.status["token"]["source"] == "provider"

    operator.change(token={})
    await rotate(operator)
    assert secret(operator)["token"] not in ("their-hush", first)
    assert operator.status["token"]["generated"] is True


async def test_a_lost_copy_comes_back_and_nothing_restarts() -> None:
    operator = await with_a_users_token()
    before = started_with(operator)
    operator.cluster.take("Secret", "shop-token")
    operator.dependencies.tokens.ask_again()
    await operator.reconcile()

    assert secret(operator)["token"] == "their-hush"
    assert started_with(operator) == before
    assert ("apply", "Deployment") not in operator.cluster.writes
