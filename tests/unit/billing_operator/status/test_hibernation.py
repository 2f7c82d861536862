"""A stack that its owner sends to sleep: nothing of it runs, and nothing but payments is lost."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.observed.stack import observe
from billing_operator.status.hibernation import asleep, asleep_message
from support.operator.builders import a_deployment, a_pod, a_reading, a_stack
from support.operator.in_memory import OperatorInMemory, ready

AT_ZERO = (a_deployment("antaeus", wanted=0), a_deployment(wanted=0))
ENDED = a_pod("antaeus", leaving=True, phase="Failed")


# An evicted pod leaves its object behind, and no process.
@pytest.mark.parametrize("pods", [(), (ENDED,)], ids=["none", "evicted"])
def test_a_stack_is_asleep_once_nothing_of_it_runs(pods: tuple[Manifest, ...]) -> None:
    seen = observe(AT_ZERO, pods)

    assert asleep(a_stack(hibernate=True), seen)
    assert not asleep(a_stack(), seen)


@pytest.mark.parametrize(
    ("children", "pods"),
    [
        (AT_ZERO, (a_pod("antaeus", leaving=True),)),
        ((a_deployment("antaeus"), a_deployment(wanted=0)), ()),
        ((a_deployment("antaeus", wanted=0), a_deployment(wanted=0, replicas=1)), ()),
        ((a_deployment("antaeus", wanted=0),), ()),
    ],
    ids=["still ending", "not scaled", "pods left", "one is missing"],
)
def test_a_stack_is_not_asleep_before_that(
    children: tuple[Manifest, ...], pods: tuple[Manifest, ...]
) -> None:
    assert not asleep(a_stack(hibernate=True), observe(children, pods))


def test_what_antaeus_has_forgotten_is_said() -> None:
    assert "7 invoices were paid when Antaeus ended" in asleep_message(
        a_stack(), {"paid": 7, "pending": 1}
    )
    assert "forgotten" not in asleep_message(a_stack(), {"paid": 0, "pending": 8})
    assert "forgotten" not in asleep_message(a_stack(), None)


def test_of_an_antaeus_that_keeps_its_invoices_nothing_is_said_to_be_forgotten() -> None:
    kept = {"persistence": {"mountPath": "/data", "existingClaim": "mine"}}

    assert "forgets" not in asleep_message(a_stack(antaeus=kept), {"paid": 7, "pending": 1})


async def test_a_hibernated_stack_keeps_all_but_its_pods() -> None:
    operator = await ready(payment={"replicas": 1})
    before = {name for name, _ in operator.cluster.objects.items() if name[0] != "Pod"}
    operator.change(hibernate=True)
    await operator.reconcile()

    assert set(operator.cluster.writes) == {
        ("apply", "Deployment"),
        ("apply status", "BillingStack"),
    }
    assert operator.condition("Ready") == ("False", "Hibernating")
    assert operator.condition("Reconciling") == ("True", "Hibernating")
    assert operator.condition("Hibernated") == ("False", "AsExpected")

    operator.run_pods()
    await operator.reconcile()
    assert operator.condition("Ready") == ("True", "Hibernated")
    assert operator.condition("Hibernated") == ("True", "Hibernated")
    assert (operator.status["payment"]["summary"], operator.status["antaeus"]["replicas"]) == (
        "0/0",
        0,
    )
    assert before - {("Event", name) for kind, name in before if kind == "Event"} <= set(
        operator.cluster.objects
    )
    await operator.reconcile()
    assert operator.cluster.writes == []


async def test_a_stack_that_wakes_up_tells_what_it_has_forgotten() -> None:
    operator = await ready()
    operator.dependencies.readings.note("stack-uid", a_reading(paid=3, pending=0, instance="first"))
    await operator.reconcile()
    await _hibernate(operator)
    [said] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Hibernated"]
    assert "3 invoices were paid" in said
    assert operator.condition("InvoicesReset") == ("False", "AsExpected")

    operator.change(hibernate=False)
    await operator.reconcile()
    operator.run_pods()
    operator.dependencies.readings.note(
        "stack-uid", a_reading(paid=0, pending=3, instance="second")
    )
    await operator.reconcile()

    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("InvoicesReset") == ("True", "InvoicesReset")
    assert operator.status["invoices"]["reset"]["paid"] == 3


async def test_going_to_sleep_is_one_event_and_no_warning() -> None:
    operator = await ready()
    await _hibernate(operator)

    events = [live for (kind, _), live in operator.cluster.objects.items() if kind == "Event"]
    assert [e["type"] for e in events if e["reason"] == "Hibernated"] == ["Normal"]


async def test_a_suspended_stack_is_not_sent_to_sleep() -> None:
    operator = await ready()
    operator.change(suspend=True, hibernate=True)
    await operator.reconcile()

    assert ("apply", "Deployment") not in operator.cluster.writes
    assert operator.condition("Ready") == ("False", "Suspended")
    assert operator.condition("Hibernated") == ("False", "AsExpected")


async def _hibernate(operator: OperatorInMemory) -> None:
    operator.change(hibernate=True)
    await operator.reconcile()
    operator.run_pods()
    await operator.reconcile()
    assert operator.condition("Hibernated") == ("True", "Hibernated")
