"""A Secret of the user's: copied, followed when it changes, left when it is named no more."""

from billing_operator.desired import antaeus, payment
from billing_operator.inputs import Token
from billing_operator.kinds import Key
from support.builders import a_body, a_secret, an_installation
from support.rotating import rotate, secret, started_with
from support.world import World, ready

REF = {"secretRef": {"name": "provider"}}


async def with_a_users_token() -> World:
    world = World(a_body(token=REF), a_secret("provider", uid=None, token="their-hush"))
    await world.bring_up()
    assert world.condition("Ready") == ("True", "AllReady")
    return world


async def test_a_users_token_is_copied_and_its_place_is_told() -> None:
    world = await with_a_users_token()

    assert secret(world)["token"] == "their-hush"
    assert world.status["token"] == {
        "secretName": "shop-token",
        "generated": False,
        "source": "provider",
    }


async def test_a_users_token_that_changed_takes_over() -> None:
    world = await with_a_users_token()
    world.cluster.have(a_secret("provider", uid=None, token="their-next"))
    world.tools.tokens.ask_again()
    await rotate(world)

    assert secret(world)["token"] == "their-next"
    assert world.announced.count("TokenRotated") == 1


async def test_a_request_has_the_users_secret_looked_at_at_once() -> None:
    world = await with_a_users_token()
    world.cluster.have(a_secret("provider", uid=None, token="their-next"))
    await world.reconcile()
    assert secret(world)["token"] == "their-hush"

    world.annotate(rotate_token="now")
    await rotate(world)
    assert secret(world)["token"] == "their-next"
    assert world.status["token"]["requested"] == "now"


async def test_a_users_token_that_is_exchanged_again_before_it_is_in_use_is_never_used() -> None:
    world = await with_a_users_token()
    for token in ("their-second", "their-third"):
        world.cluster.have(a_secret("provider", uid=None, token=token))
        world.tools.tokens.ask_again()
        await world.reconcile()
    assert secret(world)["other"] == "their-third"
    await rotate(world)

    assert secret(world)["token"] == "their-third"
    assert world.announced.count("TokenRotated") == 1


async def test_a_users_token_that_is_put_back_before_it_was_used_restarts_nothing() -> None:
    world = await with_a_users_token()
    before = started_with(world)
    for token in ("their-second", "their-hush"):
        world.cluster.have(a_secret("provider", uid=None, token=token))
        world.tools.tokens.ask_again()
        await world.reconcile()
    await rotate(world)

    assert (secret(world)["token"], started_with(world)) == ("their-hush", before)
    assert "other" not in secret(world)


async def test_a_users_secret_that_vanishes_half_way_keeps_two_tokens_valid() -> None:
    world = await with_a_users_token()
    world.cluster.have(a_secret("provider", uid=None, token="their-next"))
    world.tools.tokens.ask_again()
    await world.reconcile()
    world.cluster.take("Secret", "provider")
    world.tools.tokens.ask_again()
    await rotate(world)

    assert (secret(world)["token"], secret(world)["other"]) == ("their-hush", "their-next")
    assert world.condition("TokenInvalid") == ("True", "TokenInvalid")


async def test_a_users_secret_that_is_mended_is_seen_at_the_next_look() -> None:
    world = await with_a_users_token()
    world.cluster.take("Secret", "provider")
    world.tools.tokens.ask_again()
    assert await world.reconcile() == 30.0
    assert world.condition("TokenInvalid") == ("True", "TokenInvalid")

    world.cluster.have(a_secret("provider", uid=None, token="their-hush"))
    await world.reconcile()
    assert world.condition("TokenInvalid") is None
    assert world.condition("Ready") == ("True", "AllReady")


async def test_from_a_generated_token_to_a_users_and_back_are_two_rotations() -> None:
    world = await ready()
    first = secret(world)["token"]
    world.cluster.have(a_secret("provider", uid=None, token="their-hush"))
    world.change(token=REF)
    await rotate(world)
    assert secret(world)["token"] == "their-hush"
    assert world.status["token"]["source"] == "provider"

    world.change(token={})
    await rotate(world)
    assert secret(world)["token"] not in ("their-hush", first)
    assert world.status["token"]["generated"] is True


async def test_a_lost_copy_comes_back_and_nothing_restarts() -> None:
    world = await with_a_users_token()
    before = started_with(world)
    world.cluster.take("Secret", "shop-token")
    world.tools.tokens.ask_again()
    await world.reconcile()

    assert secret(world)["token"] == "their-hush"
    assert started_with(world) == before
    assert ("apply", "Deployment") not in world.cluster.writes


async def of_an_earlier_version(world: World) -> str:
    """Makes both Deployments what an earlier version made, which had no Secret of its own."""
    stack, direct = world.stack, Token("provider", "token", id=None, generated=False)
    template = antaeus.template(stack, direct, an_installation())
    made = (
        antaeus.deployment(stack, template),
        payment.deployment(stack, direct, an_installation()),
    )
    for manifest in made:
        await world.cluster.apply(manifest)
    world.run_pods()
    del world.apps.accepted["shop-payment-0"]
    world.cluster.objects.pop(("Secret", Key("payments", "shop-token")), None)
    world.tools.tokens.forget("stack-uid")
    return str(template)


def antaeus_template(world: World) -> str:
    return str(world.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"])


async def upgraded(*, left: bool = False) -> tuple[World, str]:
    """A stack of an earlier version that this one has looked at, and Antaeus' template before.

    Args:
        left: whether a generated Secret was left there from before the user named one.
    """
    world = await with_a_users_token()
    before = await of_an_earlier_version(world)
    if left:
        world.cluster.have(a_secret(token="generated-hush", id="left"))
    await world.reconcile()
    return world, before


async def test_an_antaeus_that_has_the_users_secret_itself_is_not_restarted() -> None:
    world, before = await upgraded()

    assert antaeus_template(world) == before
    assert secret(world)["token"] == "their-hush"
    volumes = world.cluster.must_get("Deployment", "shop-payment")["spec"]["template"]["spec"]
    assert {"name": "token", "secret": {"secretName": "shop-token"}} in volumes["volumes"]
    world.run_pods()
    world.refresh_tokens()
    await world.reconcile()
    await world.reconcile()
    assert world.cluster.writes == []
    assert world.condition("Ready") == ("True", "AllReady")
    assert world.status["antaeus"]["pendingUpdate"] == "a newer pod template of the operator"


async def test_a_secret_that_was_left_is_no_token_to_such_a_stack() -> None:
    world, before = await upgraded(left=True)

    assert antaeus_template(world) == before
    assert secret(world)["token"] == "their-hush"
    assert "other" not in secret(world)


async def test_such_an_antaeus_takes_over_the_next_token_as_any_other() -> None:
    world, before = await upgraded()
    world.cluster.have(a_secret("provider", uid=None, token="their-next"))
    world.tools.tokens.ask_again()
    await rotate(world)

    assert antaeus_template(world) != before
    assert started_with(world) == secret(world)["id"]
    assert secret(world)["token"] == "their-next"
    assert world.announced.count("TokenRotated") == 1


async def test_once_it_was_restarted_for_another_cause_it_stays() -> None:
    world, _ = await upgraded()
    world.change(antaeus={"startupSeconds": 60})
    await world.reconcile()
    world.run_pods()
    before = antaeus_template(world)
    await rotate(world)

    assert antaeus_template(world) == before
    assert "shop-token" in before


async def test_such_a_stack_whose_secret_is_bad_just_then_is_left_as_it_is() -> None:
    world = await with_a_users_token()
    before = await of_an_earlier_version(world)
    world.cluster.have(a_secret(token="generated-hush", id="left"))
    world.cluster.take("Secret", "provider")
    await world.reconcile()

    assert ("apply", "Deployment") not in world.cluster.writes
    assert antaeus_template(world) == before
    assert world.condition("TokenInvalid") == ("True", "TokenInvalid")
