"""A Secret of the user's: copied, followed when it changes, left when it is named no more."""

from billing_operator.desired import antaeus, payment
from billing_operator.inputs import Token
from billing_operator.kinds import Key
from support.operator.builders import a_body, a_secret, an_installation
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
    initial_data = secret(operator)["token"]
    operator.cluster.have(a_secret("provider", uid=None, token="their-hush"))
    operator.change(token=REF)
    await rotate(operator)
    assert secret(operator)["token"] == "their-hush"
    assert operator.status["token"]["source"] == "provider"

    operator.change(token={})
    await rotate(operator)
    assert secret(operator)["token"] not in ("their-hush", initial_data)
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


async def of_an_earlier_version(operator: OperatorInMemory) -> str:
    """Makes both Deployments what an earlier version made, which had no Secret of its own."""
    stack, direct = operator.stack, Token("provider", "token", id=None, generated=False)
    template = antaeus.template(stack, direct, an_installation())
    made = (
        antaeus.deployment(stack, template),
        payment.deployment(stack, direct, an_installation()),
    )
    for manifest in made:
        await operator.cluster.apply(manifest)
    operator.run_pods()
    del operator.apps.accepted["shop-payment-0"]
    operator.cluster.objects.pop(("Secret", Key("payments", "shop-token")), None)
    operator.dependencies.tokens.forget("stack-uid")
    return str(template)


def antaeus_template(operator: OperatorInMemory) -> str:
    return str(operator.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"])


async def upgraded(*, left: bool = False) -> tuple[OperatorInMemory, str]:
    """A stack of an earlier version that this one has looked at, and Antaeus' template before.

    Args:
        left: whether a generated Secret was left there from before the user named one.
    """
    operator = await with_a_users_token()
    before = await of_an_earlier_version(operator)
    if left:
        operator.cluster.have(a_secret(token="generated-hush", id="left"))
    await operator.reconcile()
    return operator, before


async def test_an_antaeus_that_has_the_users_secret_itself_is_not_restarted() -> None:
    operator, before = await upgraded()

    assert antaeus_template(operator) == before
    assert secret(operator)["token"] == "their-hush"
    volumes = operator.cluster.must_get("Deployment", "shop-payment")["spec"]["template"]["spec"]
    assert {"name": "token", "secret": {"secretName": "shop-token"}} in volumes["volumes"]
    operator.run_pods()
    operator.refresh_tokens()
    await operator.reconcile()
    await operator.reconcile()
    assert operator.cluster.writes == []
    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.status["antaeus"]["pendingUpdate"] == "a newer pod template of the operator"


async def test_a_secret_that_was_left_is_no_token_to_such_a_stack() -> None:
    operator, before = await upgraded(left=True)

    assert antaeus_template(operator) == before
    assert secret(operator)["token"] == "their-hush"
    assert "secondary" not in secret(operator)


async def test_such_an_antaeus_takes_over_the_next_token_as_any_other() -> None:
    operator, before = await upgraded()
    operator.cluster.have(a_secret("provider", uid=None, token="their-next"))
    operator.dependencies.tokens.ask_again()
    await rotate(operator)

    assert antaeus_template(operator) != before
    assert started_with(operator) == secret(operator)["id"]
    assert secret(operator)["token"] == "their-next"
    assert operator.announced.count("TokenRotated") == 1


async def test_once_it_was_restarted_for_another_cause_it_stays() -> None:
    operator, _ = await upgraded()
    operator.change(antaeus={"startupSeconds": 60})
    await operator.reconcile()
    operator.run_pods()
    before = antaeus_template(operator)
    await rotate(operator)

    assert antaeus_template(operator) == before
    assert "shop-token" in before


async def test_such_a_stack_whose_secret_is_bad_just_then_is_left_as_it_is() -> None:
    operator = await with_a_users_token()
    before = await of_an_earlier_version(operator)
    operator.cluster.have(a_secret(token="generated-hush", id="left"))
    operator.cluster.take("Secret", "provider")
    await operator.reconcile()

    assert ("apply", "Deployment") not in operator.cluster.writes
    assert antaeus_template(operator) == before
    assert operator.condition("TokenInvalid") == ("True", "TokenInvalid")
