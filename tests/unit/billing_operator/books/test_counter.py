"""Each process of payment is asked, and what an ended one left is not lost with its pod."""

import pytest

from billing_operator.apps.sums import Sums, of_status
from billing_operator.books.counter import ChargeCounter
from billing_operator.books.ledger import Count, Process
from billing_operator.errors import Waiting
from billing_operator.kinds import Manifest
from billing_operator.memory import Memories
from billing_operator.observed.stack import observe
from support.operator.builders import a_pod, a_stack
from support.operator.fake_apps import FakeApps

LEFT = '{"doubles": 1, "currencies": [{"currency": "EUR", "count": 2, "amount": "10.50"}]}   \n'
UID = "uid of shop-payment-0"


def sums(count: int, amount: str) -> Sums:
    found = of_status([{"currency": "EUR", "count": count, "amount": amount}])
    assert found is not None
    return found


def that_ended(text: str = LEFT, *, restarts: int | None = None) -> Manifest:
    """A payment pod whose container has ended, or has been started again since."""
    live = a_pod()
    status = live["status"]["containerStatuses"][0]
    status["state" if restarts is None else "lastState"] = {"terminated": {"message": text}}
    status["restartCount"] = restarts or 0
    return live


async def test_a_process_is_asked() -> None:
    name = "shop-payment-0"
    apps = FakeApps(totals_of={name: sums(3, "1.20")}, doubles_of={name: 1})
    counter = ChargeCounter(apps, Memories())
    found = await counter.ask(a_stack(), observe((), [a_pod(), a_pod("antaeus")]))

    assert found == {Process(UID, 0): Count(sums(3, "1.20"), last=False, doubles=1)}


async def test_one_that_runs_and_does_not_tell_leaves_all_unknown() -> None:
    counter = ChargeCounter(FakeApps(silent={"shop-payment-0"}), Memories())

    with pytest.raises(Waiting):
        await counter.ask(a_stack(), observe((), [a_pod()]))


@pytest.mark.parametrize("leaving", [True, False])
async def test_who_does_not_tell_is_named_and_how_to_go_on_without_it(*, leaving: bool) -> None:
    counter = ChargeCounter(FakeApps(silent={"shop-payment-0"}), Memories())

    with pytest.raises(Waiting) as raised:
        await counter.ask(a_stack(), observe((), [a_pod(leaving=leaving)]))
    assert "payment pod shop-payment-0 on node node-1 does not tell" in raised.value.message
    delete = "kubectl delete --force -n payments pod shop-payment-0"
    assert (delete in raised.value.message) is leaving


async def test_a_pod_that_ends_is_asked_as_well() -> None:
    """It still answers, and may accept more."""
    apps = FakeApps(totals_of={"shop-payment-0": sums(3, "1.20")})
    counter = ChargeCounter(apps, Memories())
    found = await counter.ask(a_stack(), observe((), [a_pod(leaving=True)]))

    assert found == {Process(UID, 0): Count(sums(3, "1.20"), last=False)}


@pytest.mark.parametrize("restarts", [None, 1], ids=["ended", "started again"])
async def test_what_an_ended_process_left_is_its_last_count(restarts: int | None) -> None:
    counter = ChargeCounter(FakeApps(), Memories())
    found = await counter.ask(a_stack(), observe((), [that_ended(restarts=restarts)]))

    assert found[Process(UID, 0)] == Count(sums(2, "10.50"), last=True, doubles=1)
    assert (Process(UID, 1) in found) is (restarts == 1)


async def test_what_it_left_is_kept_after_its_pod() -> None:
    memories = Memories()
    counter = ChargeCounter(FakeApps(), memories)
    counter.note_pods("stack-uid", observe((), [that_ended()]).pods)
    found = await counter.ask(a_stack(), observe((), []))

    assert found == {Process(UID, 0): Count(sums(2, "10.50"), last=True, doubles=1)}


@pytest.mark.parametrize("text", ["", "Killed", '{"currencies": 3}', "[" * 4000, "{}"])
async def test_what_is_no_count_is_none(text: str) -> None:
    counter = ChargeCounter(FakeApps(), Memories())

    assert await counter.ask(a_stack(), observe((), [that_ended(text)])) == {}


async def test_no_more_is_kept_than_a_status_has_room_for() -> None:
    counter = ChargeCounter(FakeApps(), Memories())
    for number in range(200):
        live = that_ended()
        live["metadata"]["uid"] = f"{number:03}"
        counter.note_pods("stack-uid", observe((), [live]).pods)
    found = await counter.ask(a_stack(), observe((), []))

    assert sorted(found) == [Process(f"{number:03}", 0) for number in range(150, 200)]


async def test_what_a_pod_in_sight_still_tells_comes_once() -> None:
    """However many there are: what is dropped and read again would count again."""
    counter, pods = ChargeCounter(FakeApps(), Memories()), []
    for number in range(120):
        live = that_ended(restarts=1)
        live["metadata"] |= {"uid": f"{number:03}", "name": f"shop-payment-{number}"}
        pods.append(live)
    first = await counter.ask(a_stack(), observe((), pods))
    again = await counter.ask(a_stack(), observe((), pods))

    assert first == again
    assert len(first) == 2 * 120
