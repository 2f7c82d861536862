"""No change of a stack cuts a batch off, unless it has taken long enough or a person says so."""

from typing import Any

import pytest

from billing_operator.children.restart_hold import restart_hold
from billing_operator.kinds import Manifest
from billing_operator.names import INTERRUPT_RUN
from billing_operator.observed.stack import observe
from billing_operator.runs.report import RunReport
from support.operator.admission_context import FIRST, NOW, at
from support.operator.billing_shop import begin, billing, end, make, shop
from support.operator.builders import a_pod, a_stack
from support.operator.in_memory import OperatorInMemory

SINCE = NOW.isoformat()
RUN = {"job": "run", "uid": "uid of run", "leaveTime": SINCE, "antaeusInstance": FIRST}
UNRESOLVED = {"job": "run", "uid": "uid of run", "time": SINCE}
UNMANAGED = {"time": SINCE, "antaeusInstance": FIRST, "paid": 2}
ANTAEUS = a_pod("antaeus", uid="first")
APPLY = ("apply", "Deployment")


def held(
    known: Manifest, *pods: Manifest, seconds: float = 0, interrupt: str = "", **spec: Any
) -> bool:
    annotations = {INTERRUPT_RUN: interrupt}
    stack = a_stack(status={"billing": known}, annotations=annotations, **spec)
    return restart_hold(stack, observe((), pods), at(seconds)) is not None


@pytest.mark.parametrize(
    "billing",
    [{"running": RUN}, {"unresolvedRun": UNRESOLVED}, {"unmanagedRun": UNMANAGED}],
    ids=["a run with leave", "a run whose end nobody saw", "a direct pay call"],
)
def test_what_may_charge_is_not_cut_off(billing: Manifest) -> None:
    assert held(billing, ANTAEUS)


@pytest.mark.parametrize(
    ("billing", "pods"),
    [
        ({}, (ANTAEUS,)),
        ({"running": RUN | {"leaveTime": None}}, (ANTAEUS,)),
        ({"running": RUN}, ()),
        (
            {"running": RUN},
            (a_pod("antaeus", uid="first", waiting={"reason": "CrashLoopBackOff"}),),
        ),
        ({"running": RUN}, (a_pod("antaeus", uid="first", leaving=True),)),
        ({"running": RUN}, (a_pod("antaeus", uid="second"),)),
    ],
    ids=["no batch", "no leave yet", "no pod", "waiting", "its pod ends", "another Antaeus"],
)
def test_nothing_waits_where_there_is_no_batch_to_cut_off(
    billing: Manifest, pods: tuple[Manifest, ...]
) -> None:
    assert not held(billing, *pods)


def test_an_antaeus_that_is_unready_for_a_moment_is_not_cut_off() -> None:
    """It may just be busy with its batch; one that is broken must be mended all the same."""
    unready = a_pod("antaeus", uid="first", ready=False)
    unready["status"]["conditions"][0]["lastTransitionTime"] = SINCE

    assert held({"running": RUN}, unready, seconds=59)
    assert not held({"running": RUN}, unready, seconds=60)


def test_a_batch_of_which_nobody_knows_the_antaeus_may_be_in_any() -> None:
    by_hand = {"job": "run", "uid": "uid of run", "leaveTime": SINCE}

    assert held({"running": by_hand}, a_pod("antaeus", uid="second"))


def test_a_batch_is_waited_for_as_long_as_a_run_may_take() -> None:
    longest: Manifest = {"billing": {"activeDeadlineSeconds": 60}}

    assert held({"running": RUN}, ANTAEUS, seconds=59, **longest)
    assert not held({"running": RUN}, ANTAEUS, seconds=60, **longest)


@pytest.mark.parametrize(
    ("billing", "named"),
    [
        ({"running": RUN}, "uid of run"),
        ({"unresolvedRun": UNRESOLVED}, "uid of run"),
        ({"unmanagedRun": UNMANAGED}, SINCE),
    ],
    ids=["a run with leave", "a run whose end nobody saw", "a direct pay call"],
)
def test_a_person_may_cut_off_the_very_batch_that_he_names(billing: Manifest, named: str) -> None:
    assert not held(billing, ANTAEUS, interrupt=named)
    assert held(billing, ANTAEUS, interrupt="uid of another")


async def at_work(**spec: Any) -> OperatorInMemory:
    """A stack whose run has leave to pay."""
    operator = await shop(**spec)
    await begin(operator)
    await operator.reconcile()
    assert billing(operator)["running"]["leaveTime"]
    return operator


def of_antaeus(operator: OperatorInMemory) -> Manifest:
    found: Manifest = operator.cluster.must_get("Deployment", "shop-antaeus")["spec"]
    return found


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ({"antaeus": {"image": "example.test/own:1"}}, "image example.test/own:1"),
        ({"antaeus": {"podLabels": {"a": "b"}}}, "another pod template"),
        ({"antaeus": {"replicas": 0}}, "to run 0 pods"),
    ],
    ids=["another image", "a label of the pod", "no Antaeus"],
)
async def test_a_change_of_antaeus_waits_for_the_run_and_says_so(spec: Manifest, what: str) -> None:
    operator = await at_work()
    before = of_antaeus(operator)
    operator.change(**spec)
    again = await operator.reconcile()

    assert of_antaeus(operator) == before
    assert operator.condition("Ready") == ("False", "UpdateHeld")
    assert operator.condition("Reconciling") == ("True", "UpdateHeld")
    told = operator.status["antaeus"]["pendingUpdate"]
    assert told.startswith(f"{what} waits for run run")
    assert told.endswith("bst shop billing.antaeus.io/interrupt-run=uid of run")
    assert isinstance(again, float)
    assert again <= 3600

    end(operator, RunReport(True, 200, True, 2, 8, 10, 0))  # noqa: FBT003 - in the order of its fields
    # No watch tells of what the operator itself has written.
    assert await operator.reconcile() == 0.0
    await operator.reconcile()
    assert of_antaeus(operator) != before
    assert "pendingUpdate" not in operator.status["antaeus"]


async def test_a_change_goes_through_at_once_where_a_person_has_the_run_cut_off() -> None:
    operator = await at_work()
    operator.change(antaeus={"replicas": 0})
    operator.annotate(interrupt_run="uid of run")
    await operator.reconcile()

    assert of_antaeus(operator)["replicas"] == 0


async def test_a_change_goes_through_where_the_run_has_taken_as_long_as_it_may() -> None:
    operator = await at_work()
    operator.change(antaeus={"replicas": 0})
    operator.now += 3601
    await operator.reconcile()

    assert of_antaeus(operator)["replicas"] == 0


async def test_what_does_not_restart_antaeus_is_done_during_a_run() -> None:
    operator = await at_work()
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    del live["metadata"]["annotations"]
    live["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"].pop("f:annotations")
    operator.cluster.have(live)
    operator.change(payment={"replicas": 3})
    await operator.reconcile()

    assert operator.cluster.writes.count(APPLY) == 2
    assert operator.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"] == 3
    assert "pendingUpdate" not in operator.status["antaeus"]


async def test_a_hibernation_waits_for_the_run_with_all_that_it_needs() -> None:
    operator = await at_work(payment={"autoscaling": {"maxReplicas": 3}})
    operator.change(hibernate=True)
    await operator.reconcile()

    assert of_antaeus(operator)["replicas"] == 1
    assert APPLY not in operator.cluster.writes
    assert operator.cluster.get("HorizontalPodAutoscaler", "shop-payment")
    # No other run is made meanwhile.
    assert operator.cluster.must_get("CronJob", "shop-billing")["spec"]["suspend"] is True
    assert operator.condition("Ready") == ("False", "Hibernating")
    [told] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Hibernated"]
    assert told.startswith("to run 0 pods waits for run run")

    end(operator, RunReport(True, 200, True, 2, 8, 10, 0))  # noqa: FBT003 - in the order of its fields
    await operator.reconcile()
    await operator.reconcile()
    assert of_antaeus(operator)["replicas"] == 0
    assert operator.cluster.get("HorizontalPodAutoscaler", "shop-payment") is None


async def test_no_other_run_begins_before_a_change_that_waited() -> None:
    operator = await at_work()
    operator.change(antaeus={"image": "example.test/own:1"})
    make(operator, "next")
    await operator.reconcile()
    end(operator, RunReport(True, 200, True, 2, 8, 10, 0))  # noqa: FBT003 - in the order of its fields
    await operator.reconcile()

    assert "running" not in billing(operator)
    assert billing(operator)["waiting"]["reason"] == "NotReady"


async def test_a_batch_whose_end_nobody_saw_is_asked_for_while_a_hibernation_waits() -> None:
    operator = await at_work()
    end(operator, RunReport(sent=True, explanation="no answer"))
    operator.change(hibernate=True)
    again = await operator.reconcile()

    assert billing(operator)["unresolvedRun"]
    assert of_antaeus(operator)["replicas"] == 1
    assert isinstance(again, float)
    assert again <= 15


async def test_a_change_waits_as_well_where_the_status_was_lost_meanwhile() -> None:
    operator = await at_work()
    before = of_antaeus(operator)
    operator.change(antaeus={"image": "example.test/own:1"})
    await operator.reconcile()
    body = operator.cluster.must_get("BillingStack", "shop")
    operator.cluster.have(body | {"status": {}})
    for _ in range(3):
        await operator.reconcile()

    assert of_antaeus(operator) == before
    assert operator.condition("BillingAllowed") == ("False", "StatusLost")


async def test_to_a_suspended_stack_it_is_told_what_is_not_done() -> None:
    operator = await at_work()
    operator.change(antaeus={"image": "example.test/own:1"}, suspend=True)
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "Suspended")
    assert APPLY not in operator.cluster.writes


async def test_what_ends_no_pod_is_repaired_in_a_batch_as_well() -> None:
    operator = await at_work()
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    wanted = live["spec"]["progressDeadlineSeconds"]
    live["spec"]["progressDeadlineSeconds"] = 7
    operator.cluster.have(live)
    await operator.reconcile()
    now = operator.cluster.must_get("Deployment", "shop-antaeus")

    assert now["spec"]["progressDeadlineSeconds"] == wanted
