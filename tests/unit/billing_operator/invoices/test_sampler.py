"""What is asked while somebody may charge, and what becomes of it."""

from functools import partial

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.books.counter import ChargeCounter
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Readings
from billing_operator.invoices.sampler import Sampler
from billing_operator.kinds import BILLING_STACK, POD, Manifest
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.observed.stack import observe
from billing_operator.runs.report import RunReport
from support.operator.builders import a_body, a_pod, a_reading, a_stack, an_instance
from support.operator.fake_apps import FakeApps

RECORD: Manifest = {"antaeusInstance": {"podUID": "first", "restartCount": 0}}


class Scene:
    """A sampler, and an Antaeus with 2 of 10 invoices paid."""

    def __init__(self) -> None:
        self.now = 0.0
        self.apps = FakeApps(counts={"shop": Counts(2, 8)})
        self.apps.taken["shop-payment-0"] = Calls(taken=0, held=0)
        memories, self.inventory = Memories(), Inventory()
        self.inventory.put(BILLING_STACK, a_body())
        self.readings = Readings(memories, clock=lambda: self.now)
        counter = ChargeCounter(self.apps, memories)
        reader = InvoiceReader(self.apps, counter, self.inventory, self.readings, Metrics())
        self.sampler = Sampler(self.apps, reader, memories, clock=lambda: self.now)

    async def sample(self, *pods: Manifest) -> Activity:
        self.now += 60.0
        live = pods or (a_pod("antaeus"), a_pod())
        for pod in live:
            self.inventory.put(POD, pod)
        seen = observe([], live)
        return await self.sampler.sample(a_stack(), seen)


async def test_both_are_asked_and_the_reading_is_kept() -> None:
    scene = Scene()
    await scene.sample()
    found = await scene.sample()

    calls = (("uid of shop-payment-0/0", Calls(taken=0, held=0)),)
    assert found == Activity(False, 60.0, "", calls)  # noqa: FBT003 - in the order of its fields
    reading = scene.readings.last("stack-uid")
    assert reading is not None
    assert (reading.counts, reading.instance) == (
        Counts(2, 8),
        an_instance("uid of shop-antaeus-0"),
    )


@pytest.mark.parametrize(
    ("pods", "unknown_because"),
    [
        ((a_pod("antaeus"), a_pod(ready=False)), "payment's pods do not tell"),
        ((a_pod(),), "Antaeus does not tell"),
        ((a_pod("antaeus"), a_pod(), a_pod(name="shop-payment-1")), "payment's pods do not tell"),
        ((a_pod("antaeus", ready=False), a_pod()), "Antaeus does not tell"),
    ],
    ids=[
        "the payment pod is not ready",
        "no Antaeus is there",
        "one of two payment pods is silent",
        "Antaeus is not ready",
    ],
)
async def test_whoever_is_silent_is_named(pods: tuple[Manifest, ...], unknown_because: str) -> None:
    assert unknown_because in (await Scene().sample(*pods)).unknown_because


async def test_without_a_payment_pod_there_is_nothing_that_it_could_tell() -> None:
    scene = Scene()
    await scene.sample(a_pod("antaeus"))
    found = await scene.sample(a_pod("antaeus"))

    assert found == Activity(False, 60.0, "", ())  # noqa: FBT003 - in the order of its fields


async def test_an_answer_of_an_antaeus_that_the_caller_has_not_seen_is_none_to_them() -> None:
    scene = Scene()
    await scene.sample()
    restarted = a_pod("antaeus")
    restarted["status"]["containerStatuses"][0]["restartCount"] = 1
    found = await scene.sampler.sample(a_stack(), observe([], (restarted, a_pod())))

    assert "Antaeus does not tell" in found.unknown_because


async def test_an_answer_that_a_newer_reading_has_overtaken_is_not_kept() -> None:
    scene = Scene()
    newer = a_reading(10, 0)
    scene.apps.meanwhile = partial(scene.readings.note, "stack-uid", newer)
    await scene.sample()

    assert scene.readings.last("stack-uid") == newer


@pytest.mark.parametrize(
    ("report", "paid"),
    [
        (RunReport(paid_after=10, pending_after=0), 10),
        (RunReport(paid_after=1, pending_after=9), 2),
        (RunReport(), 2),
    ],
    ids=["more is paid than before", "less is paid than before", "the run read nothing"],
)
def test_what_a_run_read_at_its_end_is_a_reading(report: RunReport, paid: int) -> None:
    scene = Scene()
    scene.readings.note("stack-uid", a_reading(2, 8))
    scene.sampler.record_final_counts(a_stack(), RECORD, report.final_counts)

    assert (scene.readings.last("stack-uid") or a_reading()).counts.paid == paid


def test_what_a_run_read_of_an_earlier_antaeus_is_none() -> None:
    scene = Scene()
    scene.sampler.record_final_counts(a_stack(), RECORD, Counts(10, 0))
    assert scene.readings.last("stack-uid") is None

    scene.readings.note("stack-uid", a_reading(2, 8, "second"))
    scene.sampler.record_final_counts(a_stack(), RECORD, Counts(10, 0))
    assert scene.readings.last("stack-uid") == a_reading(2, 8, "second")
