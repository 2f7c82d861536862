"""A rotation as the operator makes it: what it writes, when, and what it says meanwhile."""

import logging
from typing import Any

import pytest

from billing_operator.errors import Refused, SpecError
from billing_operator.observed.stack import observe
from billing_operator.tokens.steps import Wait
from support.builders import a_body, a_reading, a_secret
from support.rotating import rotate, secret, started_with, step
from support.world import STILL_SECONDS, World, ready

SECRET_WRITE = ("replace", "Secret")


async def asked(**spec: Any) -> World:
    """A stack at rest of which a rotation is asked."""
    world = await ready(**spec)
    world.annotate(rotate_token="1")
    return world


async def test_a_rotation_takes_four_writes_of_the_secret_and_one_restart_of_antaeus() -> None:
    world = await asked()
    before, old = secret(world), started_with(world)

    await world.reconcile()
    staged = secret(world)
    assert world.cluster.writes.count(SECRET_WRITE) == 1
    assert (staged["token"], staged["other"] != before["token"]) == (before["token"], True)
    assert step(world) == "Staged"

    # Not before payment has told it.
    await world.reconcile()
    assert SECRET_WRITE not in world.cluster.writes
    assert started_with(world) == old

    world.refresh_tokens()
    await world.reconcile()
    swapped = secret(world)
    assert (swapped["token"], swapped["other"]) == (staged["other"], staged["token"])

    await world.reconcile()
    assert started_with(world) == swapped["id"] == staged["other-id"]
    assert SECRET_WRITE not in world.cluster.writes
    world.run_pods()
    await world.reconcile()
    assert "other" not in secret(world)
    assert step(world) == "Forgetting"

    world.refresh_tokens()
    await world.reconcile()
    await world.reconcile()
    assert secret(world).keys() == {"token", "id", "made", "request", "rotated-at"}
    assert secret(world)["token"] == staged["other"]
    assert world.condition("Ready") == ("True", "AllReady")
    assert step(world) is None

    await world.reconcile()
    assert world.cluster.writes == []


async def test_a_rotation_shows_from_its_begin_to_its_end() -> None:
    world = await asked()
    await world.reconcile()

    assert world.condition("Ready") == ("False", "TokenRotating")
    assert world.condition("Reconciling") == ("True", "TokenRotating")
    await rotate(world)

    assert world.announced.count("TokenRotating") == 1
    assert world.announced.count("TokenRotated") == 1
    assert world.status["token"] == {
        "secretName": "shop-token",
        "generated": True,
        "requested": "1",
        "rotatedAt": "2025-01-01T00:00:00Z",
    }


async def test_each_value_asks_for_one_rotation() -> None:
    world = await asked()
    await rotate(world)
    first = secret(world)["token"]
    await rotate(world)
    assert secret(world)["token"] == first

    world.annotate(rotate_token="2")
    await rotate(world)
    assert secret(world)["token"] != first


async def test_what_was_asked_while_the_new_token_was_not_in_use_is_met_by_it() -> None:
    world = await asked()
    await world.reconcile()
    world.annotate(rotate_token="2")
    await rotate(world)

    assert world.status["token"]["requested"] == "2"
    assert world.announced.count("TokenRotated") == 1


async def test_a_request_that_came_with_the_stack_is_met_by_its_first_token() -> None:
    world = World(a_body(annotations={"billing.antaeus.io/rotate-token": "1"}))
    await world.bring_up()
    await world.reconcile()

    assert world.status["token"]["requested"] == "1"
    assert step(world) is None


async def test_a_token_is_rotated_when_it_is_too_old_and_the_new_one_is_young() -> None:
    world = await ready(token={"rotation": {"maxAgeSeconds": 3600}})
    assert await world.reconcile() == 3600.0
    first = secret(world)["token"]

    world.now = 3599.0
    await rotate(world)
    assert secret(world)["token"] == first
    world.now = 3600.0
    await rotate(world)
    second = secret(world)["token"]
    assert second != first
    await rotate(world)
    assert secret(world)["token"] == second


async def test_a_payment_that_does_not_tell_its_tokens_keeps_a_rotation_from_beginning() -> None:
    world = await asked()
    del world.apps.accepted["shop-payment-0"]
    await world.reconcile()

    assert SECRET_WRITE not in world.cluster.writes
    assert world.condition("Ready") == ("True", "AllReady")
    assert world.condition("TokenRotationHeld") == ("True", "TokenRotationHeld")
    assert "spec.payment.image" in world.status["token"]["rotation"]["waitsFor"]


async def test_a_suspended_stack_is_not_rotated_and_says_so() -> None:
    world = await asked()
    world.change(suspend=True)
    await world.reconcile()

    assert world.cluster.writes == [("apply status", "BillingStack")]
    assert "spec.suspend" in world.status["token"]["rotation"]["waitsFor"]


async def test_somebody_elses_write_of_the_secret_is_read_before_the_next_one() -> None:
    world = await asked()
    world.cluster.faults[SECRET_WRITE] = world.cluster.conflict()
    before = secret(world)
    assert await world.reconcile() == 0.2
    assert secret(world) == before

    world.cluster.faults.clear()
    await rotate(world)
    assert world.announced.count("TokenRotated") == 1


async def test_a_hibernating_stack_is_rotated_too_and_stays_asleep() -> None:
    world = await ready()
    world.change(hibernate=True)
    await world.reconcile()
    world.run_pods()
    world.annotate(rotate_token="1")
    before = secret(world)["token"]
    await rotate(world)

    assert secret(world)["token"] != before
    assert "step" not in secret(world)
    assert world.condition("Ready") == ("True", "Hibernated")


async def test_a_secret_that_is_lost_half_way_is_a_lost_token() -> None:
    world = await asked()
    await world.reconcile()
    world.cluster.take("Secret", "shop-token")
    world.tools.tokens.ask_again()
    await world.reconcile()

    assert world.condition("TokenLost") == ("True", "TokenLost")


async def test_no_line_of_the_log_has_a_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        world = await asked()
        await rotate(world)
    said = [vars(record) for record in caplog.records]

    assert any(line.get("step") == "Swapped" for line in said)
    assert "hush" not in str(said)


async def test_a_secret_that_somebody_put_in_its_place_is_not_written() -> None:
    world = await asked()
    await world.reconcile()
    theirs = world.cluster.have(a_secret(uid=None, token="theirs"))
    with pytest.raises(SpecError, match="not this stack's"):
        await world.tools.rotation.advance(world.stack, observe([], []))

    assert world.cluster.get("Secret", "shop-token") == theirs


async def test_a_spec_that_changed_unseen_is_what_a_step_goes_by() -> None:
    world = await asked()
    await world.reconcile()
    world.refresh_tokens()
    await world.watch()
    world.change(suspend=True)
    await world.reconcile(blind=True)

    assert secret(world)["step"] == "Staged"
    assert SECRET_WRITE not in world.cluster.writes


async def test_a_billing_run_keeps_it_from_beginning_and_from_swapping() -> None:
    world = await asked()
    rotation, stack = world.tools.rotation, world.stack
    world.tools.tokens.settle(stack, await world.tools.tokens.read(stack), observe([], []))
    held = await rotation.advance(stack, observe([], []), billing_busy=True)

    assert held is not None
    assert (held.under_way, held.waits_for) == (False, Wait("the billing run is to end"))
    assert SECRET_WRITE not in world.cluster.writes


async def test_it_waits_while_somebody_pays() -> None:
    world = await asked()
    await world.reconcile()
    world.refresh_tokens()
    world.tools.readings.note("stack-uid", a_reading(3, 7))
    await world.reconcile()
    assert "being paid" in world.status["token"]["rotation"]["waitsFor"]

    world.now = STILL_SECONDS
    await world.reconcile()
    assert step(world) == "Swapped"


async def test_a_pass_that_is_held_up_half_way_still_tells_of_the_rotation() -> None:
    world = await asked()
    await world.reconcile()
    world.change(payment={"successRate": 0.9})
    world.cluster.faults["apply", "ConfigMap"] = Refused("bad")
    await world.reconcile()

    assert world.condition("Ready") == ("False", "Refused")
    assert step(world) == "Staged"


async def test_a_stack_that_is_about_to_go_has_not_lost_its_token() -> None:
    """With its namespace the Secret may go first, before a watch tells of the stack."""
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    body = world.cluster.must_get("BillingStack", "shop")
    await world.watch()
    body["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    world.cluster.have(body)
    world.tools.tokens.ask_again()
    await world.reconcile(blind=True)

    assert world.cluster.writes == []


async def test_a_rotation_of_a_stack_that_is_about_to_go_is_not_taken_further() -> None:
    world = await asked()
    await world.reconcile()
    world.refresh_tokens()
    body = world.cluster.must_get("BillingStack", "shop")
    await world.watch()
    body["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    world.cluster.have(body)
    await world.reconcile(blind=True)

    assert SECRET_WRITE not in world.cluster.writes
