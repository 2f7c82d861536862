"""What the watches tell and what is compared in between, on a clock that needs no waiting."""

import asyncio

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.controller.controller import Controller
from billing_operator.controller.queue import Next
from billing_operator.errors import ClusterError, NotFound
from billing_operator.kinds import BILLING_STACK, POD, SERVICE, Key
from billing_operator.observed.stack import observe
from billing_operator.reasons import Reason
from billing_operator.settings import Settings
from support.operator.builders import a_body, a_pod, a_reading, an_object, owned
from support.operator.fake_time import in_fake_time
from support.operator.in_memory import SHOP, OperatorInMemory, ready

BROKEN = ClusterError(Reason.API_SERVER_ERROR, "broken", status=500)
NEWER = a_reading(10, 0)


class Scene:
    """A controller whose reconciles are only written down."""

    def __init__(self, operator: OperatorInMemory) -> None:
        self.operator = operator
        self.passes: list[Key] = []
        self.again: Next = None
        settings = Settings(
            antaeus_image="a",
            payment_image="p",
            operator_image="o",
            operator_namespace="billing-system",
            resync_seconds=300.0,
            invoices_seconds=10.0,
        )
        self.controller = Controller(
            operator.dependencies, settings, operator.metrics, reconcile=self.reconcile
        )

    async def reconcile(self, place: Key) -> Next:
        self.passes.append(place)
        return self.again

    def last_invoice_read(self) -> float | None:
        """What the metric tells of the stack; None where it tells nothing."""
        name = "billing_operator_last_invoice_read_timestamp_seconds"
        of_shop = {"namespace": "payments", "stack": "shop"}
        return self.operator.metrics.registry.get_sample_value(name, of_shop)

    async def passes_within(self, seconds: float) -> list[Key]:
        """Passes from now on, for so long."""
        self.passes.clear()
        await asyncio.sleep(seconds)
        return self.passes[:]


async def started(*objects: dict[str, object]) -> Scene:
    scene = Scene(OperatorInMemory(*objects))
    await scene.controller.start()
    await asyncio.sleep(0.1)
    return scene


@in_fake_time
async def test_at_the_start_every_stack_is_looked_at() -> None:
    scene = await started(a_body(), a_body("other", uid="other"))

    assert sorted(scene.passes) == [Key("payments", "other"), SHOP]
    assert scene.controller.last_resync is not None
    await scene.controller.stop()


@in_fake_time
async def test_a_cluster_that_does_not_know_a_kind_is_looked_at_all_the_same() -> None:
    scene = Scene(OperatorInMemory(a_body()))
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
    scene, fault = (
        Scene(OperatorInMemory(a_body())),
        ClusterError(Reason.FORBIDDEN, why, status=status),
    )
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
    scene = Scene(OperatorInMemory())
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
    scene.controller.on_watch_event(SERVICE, child, deleted=False)
    assert await scene.passes_within(1) == [SHOP]
    scene.controller.on_watch_event(POD, a_pod(version=501), deleted=False)
    assert await scene.passes_within(1) == [SHOP]
    scene.controller.on_watch_event(SERVICE, child, deleted=True)
    assert await scene.passes_within(1) == [SHOP]
    await scene.controller.stop()


@in_fake_time
async def test_old_news_and_what_is_no_stacks_lead_nowhere() -> None:
    scene = await started(a_body())
    scene.controller.on_watch_event(BILLING_STACK, a_body(version=1), deleted=False)
    scene.controller.on_watch_event(
        SERVICE, an_object("Service", "other", version=500), deleted=False
    )

    assert await scene.passes_within(1) == []
    await scene.controller.stop()


@in_fake_time
async def test_a_stack_that_was_deleted_is_forgotten() -> None:
    scene = await started(a_body(), a_pod("antaeus"))
    scene.operator.apps.counts["shop"] = Counts(1, 9)
    await asyncio.sleep(15)
    assert scene.operator.dependencies.readings.last("stack-uid") is not None
    assert scene.last_invoice_read() is not None
    scene.controller.on_watch_event(BILLING_STACK, a_body(version=900), deleted=True)
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
async def test_the_end_of_an_earlier_stack_leaves_the_later_one_in_sight() -> None:
    scene = await started(a_body(uid="later"))
    scene.again = 10.0
    scene.controller.on_watch_event(POD, a_pod(version=500), deleted=False)
    await asyncio.sleep(1)
    scene.controller.on_watch_event(BILLING_STACK, a_body(uid="earlier"), deleted=True)

    assert scene.operator.dependencies.inventory.stack(SHOP) is not None
    # Long before a resync would look at it again.
    assert len(await scene.passes_within(25)) == 2
    await scene.controller.stop()


@in_fake_time
async def test_invoices_are_read_and_only_news_lead_to_a_pass() -> None:
    operator = OperatorInMemory(a_body(), a_pod("antaeus"))
    operator.apps.counts["shop"] = Counts(1, 9)
    scene = Scene(operator)
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
async def test_after_the_end_nothing_happens_any_more() -> None:
    scene = await started(a_body())
    await scene.controller.stop()
    scene.controller.on_watch_event(POD, a_pod(version=500), deleted=False)

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
async def test_an_answer_during_which_antaeus_started_anew_is_nobodys() -> None:
    scene = await started(a_body(), a_pod("antaeus", ready=False))
    scene.operator.apps.counts["shop"] = Counts(1, 9)
    another = a_pod("antaeus", "another", uid="another", version=901)
    scene.operator.apps.meanwhile = lambda: scene.controller.on_watch_event(
        POD, another, deleted=False
    )
    scene.controller.on_watch_event(POD, a_pod("antaeus", version=900), deleted=False)
    await asyncio.sleep(15)
    assert scene.operator.apps.asked == ["shop"]
    assert scene.operator.dependencies.readings.last("stack-uid") is None
    await scene.controller.stop()


@in_fake_time
async def test_an_answer_that_a_newer_reading_has_overtaken_is_nobodys() -> None:
    scene = await started(a_body(), a_pod("antaeus", ready=False))
    apps, readings = scene.operator.apps, scene.operator.dependencies.readings
    apps.counts, apps.meanwhile = {"shop": Counts(2, 8)}, lambda: readings.note("stack-uid", NEWER)
    scene.controller.on_watch_event(POD, a_pod("antaeus", version=900), deleted=False)
    await asyncio.sleep(15)
    await scene.controller.stop()
    assert readings.last("stack-uid") == NEWER


@in_fake_time
async def test_a_resync_distrusts_what_no_watch_would_tell() -> None:
    operator = await ready()
    stack, pods = (
        operator.stack,
        observe([], operator.dependencies.inventory.pods(SHOP)).payment_answers,
    )
    assert operator.dependencies.tokens.remembered(stack)
    assert operator.dependencies.profiles.in_effect(stack, pods)
    await Scene(operator).controller.resync()

    assert operator.dependencies.tokens.remembered(stack) is None
    assert not operator.dependencies.profiles.in_effect(stack, pods)
