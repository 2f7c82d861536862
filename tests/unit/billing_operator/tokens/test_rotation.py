"""A rotation as the operator makes it: what it writes, when, and what it says meanwhile."""

import logging
from dataclasses import replace

import pytest

from billing_operator.errors import Refused, SpecError
from billing_operator.observed.stack import observe
from billing_operator.tokens.steps import Blocked
from support.operator.builders import a_body, a_secret
from support.operator.in_memory import OperatorInMemory, ready
from support.operator.token_rotation import (
    asked,
    reconcile_in_peace,
    rotate,
    secret,
    started_with,
    step,
)

SECRET_WRITE = ("replace", "Secret")
AT_REST = {"token", "id", "digest", "made", "request", "rotated-at"}


async def test_a_rotation_takes_four_writes_of_the_secret_and_one_restart_of_antaeus() -> None:
    operator = await asked()
    before, old = secret(operator), started_with(operator)

    await operator.reconcile()
    staged = secret(operator)
    assert operator.cluster.writes.count(SECRET_WRITE) == 1
    assert (staged["token"], staged["secondary"] != before["token"]) == (before["token"], True)
    assert step(operator) == "Staged"

    # Not before payment has told it.
    await operator.reconcile()
    assert SECRET_WRITE not in operator.cluster.writes
    assert started_with(operator) == old

    operator.refresh_tokens()
    await reconcile_in_peace(operator)
    promoted = secret(operator)
    assert (promoted["token"], promoted["secondary"]) == (staged["secondary"], staged["token"])

    await operator.reconcile()
    assert started_with(operator) == promoted["id"] == staged["secondary-id"]
    assert SECRET_WRITE not in operator.cluster.writes
    operator.run_pods()
    await operator.reconcile()
    assert "secondary" not in secret(operator)
    assert step(operator) == "Retiring"

    operator.refresh_tokens()
    await operator.reconcile()
    await operator.reconcile()
    assert secret(operator).keys() == AT_REST
    assert secret(operator)["token"] == staged["secondary"]
    assert operator.condition("Ready") == ("True", "AllReady")
    assert step(operator) is None

    await operator.reconcile()
    assert operator.cluster.writes == []


async def test_a_rotation_shows_from_its_begin_to_its_end() -> None:
    operator = await asked()
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "TokenRotating")
    assert operator.condition("Reconciling") == ("True", "TokenRotating")
    await rotate(operator)

    assert operator.announced.count("TokenRotating") == 1
    assert operator.announced.count("TokenRotated") == 1
    assert operator.status["token"] == {
        "secretName": "shop-token",
        "generated": True,
        "lastHandledRotate": "1",
        "lastRotationTime": "2025-01-01T00:00:22Z",
    }


async def test_each_value_asks_for_one_rotation() -> None:
    operator = await asked()
    await rotate(operator)
    first = secret(operator)["token"]
    await rotate(operator)
    assert secret(operator)["token"] == first

    operator.annotate(rotate_token="2")
    await rotate(operator)
    assert secret(operator)["token"] != first


async def test_what_was_asked_while_the_new_token_was_not_in_use_is_met_by_it() -> None:
    operator = await asked()
    await operator.reconcile()
    operator.annotate(rotate_token="2")
    await rotate(operator)

    assert operator.status["token"]["lastHandledRotate"] == "2"
    assert operator.announced.count("TokenRotated") == 1


async def test_a_request_that_came_with_the_stack_is_met_by_its_first_token() -> None:
    operator = OperatorInMemory(a_body(annotations={"billing.antaeus.io/rotate-token": "1"}))
    await operator.bring_up()
    await operator.reconcile()

    assert operator.status["token"]["lastHandledRotate"] == "1"
    assert step(operator) is None


async def test_a_token_is_rotated_when_it_is_too_old_and_the_new_one_is_young() -> None:
    operator = await ready(token={"rotation": {"maxAgeSeconds": 3600}})
    assert await operator.reconcile() == 3600.0
    first = secret(operator)["token"]

    operator.now = 3599.0
    await rotate(operator)
    assert secret(operator)["token"] == first
    operator.now = 3600.0
    await rotate(operator)
    second = secret(operator)["token"]
    assert second != first
    await rotate(operator)
    assert secret(operator)["token"] == second


async def test_a_payment_that_does_not_tell_its_tokens_keeps_a_rotation_from_beginning() -> None:
    operator = await asked()
    del operator.apps.accepted["shop-payment-0"]
    await operator.reconcile()

    assert SECRET_WRITE not in operator.cluster.writes
    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("TokenRotationHeld") == ("True", "TokenRotationHeld")
    assert "spec.payment.image" in operator.status["token"]["rotation"]["waitingFor"]


async def test_a_suspended_stack_is_not_rotated_and_says_so() -> None:
    operator = await asked()
    operator.change(suspend=True)
    await operator.reconcile()

    assert operator.cluster.writes == [("apply status", "BillingStack")]
    assert "spec.suspend" in operator.status["token"]["rotation"]["waitingFor"]


async def test_somebody_elses_write_of_the_secret_is_read_before_the_next_one() -> None:
    operator = await asked()
    operator.cluster.faults[SECRET_WRITE] = operator.cluster.conflict()
    before = secret(operator)
    assert await operator.reconcile() == 0.2
    assert secret(operator) == before

    operator.cluster.faults.clear()
    await rotate(operator)
    assert operator.announced.count("TokenRotated") == 1


async def test_a_hibernating_stack_is_rotated_too_and_stays_asleep() -> None:
    operator = await ready()
    operator.change(hibernate=True)
    await operator.reconcile()
    operator.run_pods()
    operator.annotate(rotate_token="1")
    before = secret(operator)["token"]
    await rotate(operator)

    assert secret(operator)["token"] != before
    assert "step" not in secret(operator)
    assert operator.condition("Ready") == ("True", "Hibernated")


async def test_a_secret_that_is_lost_half_way_is_a_lost_token() -> None:
    operator = await asked()
    await operator.reconcile()
    operator.cluster.take("Secret", "shop-token")
    operator.dependencies.tokens.ask_again()
    await operator.reconcile()

    assert operator.condition("TokenLost") == ("True", "TokenLost")


async def test_no_line_of_the_log_has_a_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        operator = await asked()
        await rotate(operator)
    said = [vars(record) for record in caplog.records]

    assert any(line.get("step") == "Promoted" for line in said)
    assert "hush" not in str(said)


async def test_a_secret_that_somebody_put_in_its_place_is_not_written() -> None:
    operator = await asked()
    await operator.reconcile()
    theirs = operator.cluster.have(a_secret(uid=None, token="theirs"))
    with pytest.raises(SpecError, match="not this stack's"):
        await operator.dependencies.rotation.advance(operator.stack, observe([], []))

    assert operator.cluster.get("Secret", "shop-token") == theirs


async def test_a_spec_that_changed_unseen_is_what_a_step_goes_by() -> None:
    operator = await asked()
    await operator.reconcile()
    operator.refresh_tokens()
    await operator.watch()
    operator.change(suspend=True)
    await operator.reconcile(with_stale_cache=True)

    assert secret(operator)["step"] == "Staged"
    assert SECRET_WRITE not in operator.cluster.writes


async def test_a_billing_run_keeps_it_from_beginning_and_from_swapping() -> None:
    operator = await asked()
    rotation, stack = operator.dependencies.rotation, operator.stack
    operator.dependencies.tokens.resolve(
        stack, await operator.dependencies.tokens.read(stack), observe([], [])
    )
    running = {"running": {"uid": "run", "job": "monthly"}}
    stack = replace(stack, status=stack.status | {"billing": running})
    held = await rotation.advance(stack, observe([], []))

    assert held is not None
    assert (held.under_way, held.blocked_by) == (False, Blocked("run monthly is to end"))
    assert SECRET_WRITE not in operator.cluster.writes


async def test_a_pass_that_is_held_up_half_way_still_tells_of_the_rotation() -> None:
    operator = await asked()
    await operator.reconcile()
    operator.change(payment={"successRate": 0.9})
    operator.cluster.faults["apply", "ConfigMap"] = Refused("bad")
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "ApplyRejected")
    assert step(operator) == "Staged"


async def test_a_stack_that_is_about_to_go_has_not_lost_its_token() -> None:
    """With its namespace the Secret may go first, before a watch tells of the stack."""
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    body = operator.cluster.must_get("BillingStack", "shop")
    await operator.watch()
    body["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    operator.cluster.have(body)
    operator.dependencies.tokens.ask_again()
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.writes == []


async def test_a_rotation_of_a_stack_that_is_about_to_go_is_not_taken_further() -> None:
    operator = await asked()
    await operator.reconcile()
    operator.refresh_tokens()
    body = operator.cluster.must_get("BillingStack", "shop")
    await operator.watch()
    body["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    operator.cluster.have(body)
    await operator.reconcile(with_stale_cache=True)

    assert SECRET_WRITE not in operator.cluster.writes
