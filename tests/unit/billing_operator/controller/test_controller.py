"""What the watches tell and what is compared in between, on a clock that needs no waiting."""

import asyncio

import pytest

from billing_operator.errors import ClusterError, NotFound
from billing_operator.kinds import BILLING_STACK, POD, SERVICE, Key
from billing_operator.observed.stack import observe
from billing_operator.reasons import Reason
from support.operator.builders import a_body, a_pod, an_object, owned
from support.operator.controller_scene import ControllerScene, started
from support.operator.fake_time import in_fake_time
from support.operator.in_memory import SHOP, OperatorInMemory, ready

BROKEN = ClusterError(Reason.API_SERVER_ERROR, "broken", status=500)


@in_fake_time
async def test_at_the_start_every_stack_is_looked_at() -> None:
    scene = await started(a_body(), a_body("other", uid="other"))

    assert sorted(scene.passes) == [Key("payments", "other"), SHOP]
    assert scene.controller.last_resync is not None
    await scene.controller.stop()


@in_fake_time
async def test_a_cluster_that_does_not_know_a_kind_is_looked_at_all_the_same() -> None:
    scene = ControllerScene(OperatorInMemory(a_body()))
    unknown = NotFound(Reason.NOT_FOUND, "no such path", status=404)
    scene.operator.cluster.faults["list", "PodMonitor"] = unknown
    await scene.controller.start()
    assert scene.operator.dependencies.inventory.absent == {"PodMonitor"}

    scene.operator.cluster.faults.clear()
    await scene.controller.resync()
    assert scene.operator.dependencies.inventory.absent == set()
    await scene.controller.stop()


@pytest.mark.parametrize(("status", "why"), [(403, "forbidden"), (503, "initializing")])
@in_fake_time
async def test_a_kind_that_few_have_never_keeps_the_operator_from_the_others(
    status: int, why: str
) -> None:
    scene = ControllerScene(OperatorInMemory(a_body()))
    fault = ClusterError(Reason.FORBIDDEN, why, status=status)
    scene.operator.cluster.faults["list", "PodMonitor"] = fault
    await scene.controller.start()

    assert scene.controller.last_resync is not None
    # A stack that wants one has to be told, so it is tried.
    assert scene.operator.dependencies.inventory.absent == set()
    await scene.controller.stop()


@in_fake_time
async def test_children_are_listed_before_stacks() -> None:
    scene = await started(a_body())
    listed = [kind for verb, kind in scene.operator.cluster.calls if verb == "list"]

    assert listed[-1] == "BillingStack"
    assert "Secret" not in listed
    await scene.controller.stop()


@in_fake_time
async def test_what_can_not_be_listed_is_tried_until_it_can() -> None:
    scene = ControllerScene(OperatorInMemory())
    scene.operator.cluster.faults["list", "Pod"] = BROKEN
    starting = asyncio.create_task(scene.controller.start())
    await asyncio.sleep(10)
    assert scene.passes == []
    assert scene.controller.last_resync is None
    scene.operator.cluster.faults.clear()
    await asyncio.sleep(30)

    assert starting.done()
    assert scene.passes == [SHOP]
    await scene.controller.stop()


@in_fake_time
async def test_everything_is_compared_again_from_time_to_time() -> None:
    scene = await started(a_body())

    assert len(await scene.passes_within(3600)) in range(10, 16)
    await scene.controller.stop()


@in_fake_time
async def test_a_resync_that_fails_is_not_the_last() -> None:
    scene = await started(a_body())
    scene.operator.cluster.faults["list", "Pod"] = BROKEN
    assert await scene.passes_within(1000) == []
    scene.operator.cluster.faults.clear()

    assert await scene.passes_within(1000) != []
    await scene.controller.stop()


@in_fake_time
async def test_news_of_a_child_or_pod_lead_to_its_stack() -> None:
    scene = await started(a_body())
    child = an_object("Service", "shop-payment", version=500, ownerReferences=owned())
    scene.tell(SERVICE, child)
    assert await scene.passes_within(1) == [SHOP]
    scene.tell(POD, a_pod(version=501))
    assert await scene.passes_within(1) == [SHOP]
    scene.tell(SERVICE, child, deleted=True)
    assert await scene.passes_within(1) == [SHOP]
    await scene.controller.stop()


@in_fake_time
async def test_old_news_and_what_is_no_stacks_lead_nowhere() -> None:
    scene = await started(a_body())
    scene.tell(BILLING_STACK, a_body(version=1))
    scene.tell(SERVICE, an_object("Service", "other", version=500))

    assert await scene.passes_within(1) == []
    await scene.controller.stop()


@in_fake_time
async def test_the_end_of_an_earlier_stack_leaves_the_later_one_in_sight() -> None:
    scene = await started(a_body(uid="later"))
    scene.again = 10.0
    scene.tell(POD, a_pod(version=500))
    await asyncio.sleep(1)
    scene.tell(BILLING_STACK, a_body(uid="earlier"), deleted=True)

    assert scene.operator.dependencies.inventory.stack(SHOP) is not None
    # Long before a resync would look at it again.
    assert len(await scene.passes_within(25)) == 2
    await scene.controller.stop()


@in_fake_time
async def test_after_the_end_nothing_happens_any_more() -> None:
    scene = await started(a_body())
    await scene.controller.stop()
    scene.tell(POD, a_pod(version=500))

    assert await scene.passes_within(1000) == []


@in_fake_time
async def test_a_resync_that_hangs_is_not_the_last() -> None:
    scene = await started(a_body())
    scene.operator.cluster.answers.clear()
    assert await scene.passes_within(1000) == []
    scene.operator.cluster.answers.set()

    assert await scene.passes_within(1000) != []
    await scene.controller.stop()


@in_fake_time
async def test_a_resync_distrusts_what_no_watch_would_tell() -> None:
    operator = await ready()
    inventory, stack = operator.dependencies.inventory, operator.stack
    seen = observe(inventory.children(SHOP), inventory.pods(SHOP))
    assert operator.dependencies.tokens.remembered(stack)
    assert operator.dependencies.profiles.in_effect(stack, seen.payment_answers)
    await ControllerScene(operator).controller.resync()

    assert operator.dependencies.tokens.remembered(stack) is None
    before = len(operator.apps.asked)
    await operator.dependencies.profiles.advance(stack, seen)
    assert "shop-payment-0" in operator.apps.asked[before:]
