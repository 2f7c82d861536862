"""Antaeus is not restarted for a token while somebody pays, or may be paying."""

from collections.abc import Callable

import pytest

from billing_operator.apps.answers import Calls, Counts
from support.operator.fake_apps import FakeApps
from support.operator.in_memory import STILL_SECONDS, OperatorInMemory
from support.operator.token_rotation import be_still, secret, staged, step


def waits_for(operator: OperatorInMemory) -> str:
    return str(operator.status["token"]["rotation"]["waitingFor"])


async def test_it_waits_until_nobody_has_paid_for_a_while() -> None:
    operator = await staged()
    assert "nobody is to pay" in waits_for(operator)

    operator.now += STILL_SECONDS
    await operator.reconcile()
    assert step(operator) == "Promoted"


@pytest.mark.parametrize(
    "pay",
    [
        lambda apps: apps.counts.update(shop=Counts(3, 7)),
        lambda apps: apps.taken.update({"shop-payment-0": Calls(taken=1, held=0)}),
        lambda apps: apps.taken.update({"shop-payment-0": Calls(taken=0, held=1)}),
    ],
    ids=["an invoice is paid", "a charge is declined", "payment is in the middle of a charge"],
)
async def test_it_waits_while_somebody_pays(pay: Callable[[FakeApps], None]) -> None:
    operator = await staged()
    operator.now += STILL_SECONDS
    pay(operator.apps)
    await operator.reconcile()

    assert step(operator) == "Staged"
    assert "nobody is to pay" in waits_for(operator)


@pytest.mark.parametrize(
    "fall_silent",
    [lambda apps: apps.counts.clear(), lambda apps: apps.taken.clear()],
    ids=["Antaeus does not answer", "payment does not tell what it counts"],
)
async def test_it_waits_while_nobody_can_tell_whether_somebody_pays(
    fall_silent: Callable[[FakeApps], None],
) -> None:
    operator = await staged()
    fall_silent(operator.apps)
    operator.now += 5 * STILL_SECONDS
    await operator.reconcile()
    assert step(operator) == "Staged"
    assert "can't be told" in waits_for(operator)
    assert operator.condition("TokenRotationHeld") == ("False", "AsExpected")

    operator.now += 5 * STILL_SECONDS
    await operator.reconcile()
    assert operator.condition("TokenRotationHeld") == ("True", "TokenRotationHeld")

    # From the first answer on, since nobody knows what was before it.
    be_still(operator)
    await operator.reconcile()
    assert step(operator) == "Staged"
    operator.now += STILL_SECONDS
    await operator.reconcile()
    assert step(operator) == "Promoted"


async def test_a_new_leader_knows_of_nobody_who_pays_and_waits_too() -> None:
    operator = await staged()
    operator.now += STILL_SECONDS
    operator.change_leader()
    await operator.reconcile()
    assert step(operator) == "Staged"

    operator.now += STILL_SECONDS
    await operator.reconcile()
    assert step(operator) == "Promoted"


async def test_what_an_antaeus_of_before_said_does_not_count_for_the_one_of_now() -> None:
    operator = await staged()
    operator.now += STILL_SECONDS
    pod = operator.cluster.must_get("Pod", "shop-antaeus-0")
    pod["status"]["containerStatuses"][0]["restartCount"] = 1
    operator.cluster.have(pod)
    await operator.reconcile()

    assert step(operator) == "Staged"


async def test_a_run_that_began_unseen_is_what_a_step_goes_by() -> None:
    operator = await staged()
    operator.now += STILL_SECONDS
    await operator.watch()
    body = operator.cluster.must_get("BillingStack", "shop")
    body["status"]["billing"] = {"running": {"job": "run", "uid": "run"}}
    operator.cluster.have(body)
    await operator.reconcile(with_stale_cache=True)

    assert secret(operator)["step"] == "Staged"
