"""An answer about invoices is kept only where it is sure whose it is, and that it is the newest."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.apps.sums import Sum, Sums
from billing_operator.books.counter import ChargeCounter
from billing_operator.books.ledger import Ledger, Snapshot
from billing_operator.errors import Waiting
from billing_operator.invoices.reader import Answer, InvoiceReader
from billing_operator.invoices.readings import DOUBT_SECONDS, LOOK_SECONDS, Reading, Readings
from billing_operator.kinds import BILLING_STACK, POD, Manifest
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from support.operator.builders import a_body, a_pod, a_reading, a_stack, an_instance
from support.operator.fake_apps import FakeApps

ANTAEUS = "uid of shop-antaeus-0"
INSTANCE = {"podUID": ANTAEUS, "restartCount": 0}
READ = replace(a_reading(2, 8, ANTAEUS), accepted=Snapshot({}, 2))


class Scene:
    """A stack whose Antaeus has 2 of 10 invoices paid."""

    def __init__(self, *, ready: bool = True) -> None:
        self.apps = FakeApps(counts={"shop": Counts(2, 8)})
        self.inventory, self.metrics = Inventory(), Metrics()
        self.inventory.put(BILLING_STACK, a_body())
        self.inventory.put(POD, a_pod("antaeus", ready=ready))
        memories = Memories()
        self.now = 0.0
        self.readings = Readings(memories, clock=lambda: self.now)
        counter = ChargeCounter(self.apps, memories)
        self.reader = InvoiceReader(self.apps, counter, self.inventory, self.readings, self.metrics)

    async def read(self) -> Answer:
        return await self.reader.read(a_stack())

    @property
    def kept(self) -> Reading | None:
        return self.readings.last("stack-uid")

    @property
    def last_read(self) -> float | None:
        """What the metric tells of the stack; None where it tells nothing."""
        name = "billing_operator_last_invoice_read_timestamp_seconds"
        labels = {"namespace": "payments", "stack": "shop"}
        return self.metrics.registry.get_sample_value(name, labels)


async def test_an_answer_is_kept_and_is_news_only_once() -> None:
    scene = Scene()

    assert await scene.read() == Answer(READ, news=True)
    assert await scene.read() == Answer(READ, news=False)
    assert scene.kept == READ
    assert scene.last_read is not None


async def test_an_antaeus_that_is_not_ready_is_not_asked() -> None:
    scene = Scene(ready=False)

    assert await scene.read() == Answer()
    assert (scene.apps.asked, scene.kept, scene.last_read) == ([], None, None)


async def test_what_is_no_answer_leaves_the_last_reading_as_it_was() -> None:
    scene = Scene()
    await scene.read()
    scene.apps.counts.clear()

    with pytest.raises(Waiting):
        await scene.read()
    assert scene.kept == READ


def restarts(scene: Scene) -> None:
    live = a_pod("antaeus", version=7)
    live["status"]["containerStatuses"][0]["restartCount"] = 1
    scene.inventory.put(POD, live)


def is_replaced(scene: Scene) -> None:
    scene.inventory.put(POD, a_pod("antaeus", version=7, ready=False))
    scene.inventory.put(POD, a_pod("antaeus", "shop-antaeus-1"))


def is_not_ready(scene: Scene) -> None:
    scene.inventory.put(POD, a_pod("antaeus", version=7, ready=False))


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(restarts, id="its container was started again"),
        pytest.param(is_replaced, id="another pod has taken its place"),
        pytest.param(is_not_ready, id="no Antaeus answers any more"),
    ],
)
async def test_an_answer_during_which_antaeus_started_anew_is_nobodys(
    meanwhile: Callable[[Scene], None],
) -> None:
    scene = Scene()
    scene.apps.meanwhile = partial(meanwhile, scene)

    assert await scene.read() == Answer()
    assert scene.kept is None


async def test_an_answer_that_a_newer_reading_has_overtaken_is_not_kept() -> None:
    scene = Scene()
    newer = a_reading(10, 0, ANTAEUS)
    scene.apps.meanwhile = partial(scene.readings.note, "stack-uid", newer)

    assert await scene.read() == Answer(READ, news=False)
    assert scene.kept == newer


STATUS: Manifest = {
    "invoices": {"paid": 2, "pending": 8, "total": 10, "antaeusInstance": INSTANCE},
    "payment": {"accepted": Ledger({}, 0, 2, {}).as_status()},
}
EIGHT = {"EUR": Sum(8, Decimal(80))}


async def test_an_answer_without_what_payment_accepted_is_doubted_until_a_look_at_the_pods() -> (
    None
):
    """It may come from an Antaeus that was started anew, of which no watch has told yet."""
    scene = Scene()
    scene.inventory.put(POD, a_pod())
    scene.apps.totals_of["shop-payment-0"] = EIGHT
    stack = a_stack(status=STATUS)

    assert await scene.reader.read(stack) == Answer(doubtful=LOOK_SECONDS)
    assert scene.kept is None
    scene.now += LOOK_SECONDS
    found = (await scene.reader.read(stack)).reading
    assert found
    assert found == scene.kept


@pytest.mark.parametrize(
    ("paid", "charged"),
    [
        pytest.param(2, {}, id="nothing was charged"),
        pytest.param(3, EIGHT, id="some of it is paid"),
    ],
)
async def test_any_other_answer_of_the_same_antaeus_is_not_doubted(
    paid: int, charged: Sums
) -> None:
    scene = Scene()
    scene.inventory.put(POD, a_pod())
    scene.apps.totals_of["shop-payment-0"] = charged
    scene.apps.counts["shop"] = Counts(paid, 10 - paid)

    assert (await scene.reader.read(a_stack(status=STATUS))).news


async def test_an_answer_with_fewer_paid_than_are_known_is_doubted() -> None:
    """No payment is ever taken back, so it is of an Antaeus that no watch has told of yet."""
    scene = Scene()
    scene.apps.counts["shop"] = Counts(1, 9)

    assert await scene.reader.read(a_stack(status=STATUS)) == Answer(doubtful=DOUBT_SECONDS)


async def test_while_another_antaeus_ends_all_news_are_doubted() -> None:
    """The Service leads to it where no other is ready."""
    scene = Scene()
    scene.inventory.put(POD, a_pod("antaeus", "shop-antaeus-1", leaving=True))
    stack = a_stack(status=STATUS)

    assert (await scene.reader.read(stack)).news
    scene.apps.counts["shop"] = Counts(10, 0)
    assert await scene.reader.read(stack) == Answer(doubtful=DOUBT_SECONDS)
    scene.now += DOUBT_SECONDS
    assert (await scene.reader.read(stack)).news

    restarts(scene)
    assert await scene.reader.read(stack) == Answer(doubtful=DOUBT_SECONDS)


async def test_nor_is_that_of_another_antaeus() -> None:
    """What payment accepted is forgotten then."""
    scene = Scene()
    restarts(scene)
    scene.inventory.put(POD, a_pod())
    scene.apps.totals_of["shop-payment-0"] = EIGHT

    assert (await scene.reader.read(a_stack(status=STATUS))).news


async def test_what_keeps_a_reading_from_being_whole_is_known_until_one_is() -> None:
    scene = Scene()
    scene.inventory.put(POD, a_pod())
    scene.apps.silent.add("shop-payment-0")
    await scene.read()
    assert "payment pod shop-payment-0" in scene.readings.fault("stack-uid")

    scene.apps.silent.clear()
    counts = scene.apps.counts.pop("shop")
    with pytest.raises(Waiting):
        await scene.read()
    assert scene.readings.fault("stack-uid") == "no invoices"

    scene.apps.counts["shop"] = counts
    await scene.read()
    assert scene.readings.fault("stack-uid") == ""


async def test_of_a_stack_that_went_meanwhile_nothing_is_kept() -> None:
    scene = Scene()
    scene.apps.meanwhile = partial(scene.inventory.drop, BILLING_STACK, a_body())

    assert await scene.read() == Answer()
    assert (scene.kept, scene.last_read) == (None, None)


@pytest.mark.parametrize(
    ("named", "counts", "paid"),
    [
        pytest.param("first", Counts(10, 0), 10, id="more is paid than was known"),
        pytest.param("first", Counts(1, 9), 2, id="it is older than what is known"),
        pytest.param("second", Counts(10, 0), 2, id="it is of another Antaeus"),
        pytest.param(None, Counts(10, 0), 2, id="nobody knows of which Antaeus it is"),
    ],
)
def test_what_a_run_read_at_its_end_is_a_reading(
    named: str | None, counts: Counts, paid: int
) -> None:
    scene = Scene()
    scene.readings.note("stack-uid", a_reading(2, 8, "first"))
    instance = an_instance(named) if named else None
    scene.reader.record_final_counts(a_stack(), instance, counts)

    assert scene.kept is not None
    assert scene.kept.counts.paid == paid


async def test_payment_that_does_not_tell_keeps_no_reading_of_the_same_antaeus_away() -> None:
    scene = Scene()
    scene.inventory.put(POD, a_pod())
    scene.apps.silent.add("shop-payment-0")

    assert await scene.read() == Answer(replace(READ, accepted=None), news=True)


@pytest.mark.parametrize(
    ("instance", "paid"), [("another", 0), (ANTAEUS, 3)], ids=["another Antaeus", "fewer paid"]
)
async def test_what_was_forgotten_is_not_judged_before_payment_tells(
    instance: str, paid: int
) -> None:
    """It alone knows what was charged since the last reading."""
    scene = Scene()
    scene.inventory.put(POD, a_pod())
    scene.apps.silent.add("shop-payment-0")
    known = {"paid": paid, "antaeusInstance": an_instance(instance).as_status()}
    stack = a_stack(status={"invoices": known})

    with pytest.raises(Waiting):
        await scene.reader.read(stack)
    scene.apps.silent.clear()
    for _ in range(2):
        await scene.reader.read(stack)
        scene.now += DOUBT_SECONDS
    assert scene.kept
