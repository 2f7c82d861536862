"""When the invoices of stacks are read, and what an answer leads to."""

import asyncio

from billing_operator.apps.answers import Counts
from billing_operator.kinds import BILLING_STACK, POD
from support.operator.builders import a_body, a_pod, a_reading
from support.operator.controller_scene import ControllerScene, started
from support.operator.fake_time import in_fake_time
from support.operator.in_memory import SHOP, OperatorInMemory

NEWER = a_reading(10, 0)


@in_fake_time
async def test_a_stack_that_was_deleted_is_forgotten() -> None:
    scene = await started(a_body(), a_pod("antaeus"))
    scene.operator.apps.counts["shop"] = Counts(1, 9)
    await asyncio.sleep(15)
    assert scene.operator.dependencies.readings.last("stack-uid") is not None
    assert scene.last_invoice_read() is not None
    scene.tell(BILLING_STACK, a_body(version=900), deleted=True)
    scene.operator.cluster.take("BillingStack", "shop")

    assert await scene.passes_within(1000) == []
    assert scene.operator.dependencies.readings.last("stack-uid") is None
    assert scene.last_invoice_read() is None
    await scene.controller.stop()


@in_fake_time
async def test_a_stack_whose_end_no_watch_told_is_forgotten_too() -> None:
    scene = await started(a_body())
    scene.operator.dependencies.readings.note("stack-uid", a_reading())
    scene.operator.cluster.take("BillingStack", "shop")

    assert await scene.passes_within(1000) == []
    assert scene.operator.dependencies.readings.last("stack-uid") is None
    await scene.controller.stop()


@in_fake_time
async def test_invoices_are_read_and_only_news_lead_to_a_pass() -> None:
    operator = OperatorInMemory(a_body(), a_pod("antaeus"))
    operator.apps.counts["shop"] = Counts(1, 9)
    scene = ControllerScene(operator)
    await scene.controller.start()
    await asyncio.sleep(5)
    assert scene.passes == [SHOP, SHOP]

    assert await scene.passes_within(60) == []
    operator.apps.counts["shop"] = Counts(2, 8)
    assert await scene.passes_within(15) == [SHOP]
    assert operator.apps.asked.count("shop") in range(7, 11)
    await scene.controller.stop()


@in_fake_time
async def test_an_antaeus_that_does_not_answer_is_asked_less_and_less() -> None:
    scene = await started(a_body(), a_pod("antaeus"))
    await asyncio.sleep(200)

    assert len(scene.operator.apps.asked) in range(5, 8)
    await scene.controller.stop()


@in_fake_time
async def test_an_antaeus_that_is_not_ready_is_not_asked() -> None:
    scene = await started(a_body(), a_pod("antaeus", ready=False))
    await asyncio.sleep(100)

    assert scene.operator.apps.asked == []
    await scene.controller.stop()


@in_fake_time
async def test_an_answer_during_which_antaeus_started_anew_is_nobodys() -> None:
    scene = await started(a_body(), a_pod("antaeus", ready=False))
    scene.operator.apps.counts["shop"] = Counts(1, 9)
    another = a_pod("antaeus", "another", uid="another", version=901)
    scene.operator.apps.meanwhile = lambda: scene.tell(POD, another)
    scene.tell(POD, a_pod("antaeus", version=900))
    await asyncio.sleep(15)
    assert scene.operator.apps.asked == ["shop"]
    assert scene.operator.dependencies.readings.last("stack-uid") is None
    await scene.controller.stop()


@in_fake_time
async def test_an_answer_that_a_newer_reading_has_overtaken_is_nobodys() -> None:
    scene = await started(a_body(), a_pod("antaeus", ready=False))
    apps, readings = scene.operator.apps, scene.operator.dependencies.readings
    apps.counts, apps.meanwhile = {"shop": Counts(2, 8)}, lambda: readings.note("stack-uid", NEWER)
    scene.tell(POD, a_pod("antaeus", version=900))
    await asyncio.sleep(15)
    await scene.controller.stop()
    assert readings.last("stack-uid") == NEWER


@in_fake_time
async def test_where_it_is_doubtful_who_answered_the_pods_are_looked_at_and_news_judged() -> None:
    """By the time a watch tells of them, they are no news any more."""
    instance = {"podUID": "uid of shop-antaeus-0", "restartCount": 0}
    known = {"paid": 9, "pending": 1, "total": 10, "antaeusInstance": instance}
    scene = await started(a_body(status={"invoices": known}), a_pod("antaeus"))
    scene.operator.apps.counts["shop"] = Counts(9, 1)
    await asyncio.sleep(15)
    restarted = a_pod("antaeus", version=900)
    restarted["status"]["containerStatuses"][0]["restartCount"] = 1
    scene.operator.cluster.have(restarted)
    scene.operator.apps.counts["shop"] = Counts(2, 8)

    assert SHOP in await scene.passes_within(15)
    last = scene.operator.dependencies.readings.last("stack-uid")
    assert last
    assert (last.counts.paid, last.instance.restart_count) == (2, 1)
    await scene.controller.stop()
