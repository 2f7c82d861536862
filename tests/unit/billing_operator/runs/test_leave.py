"""Leave to pay belongs to one pod of one run, and to no copy of either."""

from typing import Any

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.errors import ClusterError
from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY
from billing_operator.reasons import Reason
from support.operator.billing_shop import LEAVE, begin, billing, job, leave_of, make, shop
from support.operator.in_memory import QUIET, OperatorInMemory
from support.operator.run_manifests import a_run_pod

BILLING: Manifest = {"name": "billing", "image": "operator:1"}


async def begun(operator: OperatorInMemory | None = None) -> OperatorInMemory:
    """A run that the operator let begin, and whose pod runs by now and asks for leave."""
    operator = operator or await shop()
    make(operator)
    await operator.reconcile()
    operator.cluster.have(a_run_pod(running={}))
    return operator


def start_antaeus_anew(operator: OperatorInMemory) -> None:
    antaeus = operator.cluster.must_get("Pod", "shop-antaeus-0")
    antaeus["status"]["containerStatuses"][0]["restartCount"] = 1
    operator.cluster.have(antaeus)


async def test_a_copy_of_a_job_that_was_let_begin_gets_no_leave() -> None:
    """It begins at once, since the original's spec says so; its pod is another one."""
    operator = await shop()
    make(operator)
    await operator.reconcile()
    original = operator.cluster.have(a_run_pod(running={}))
    await operator.reconcile()
    copy = job(operator)
    copy["metadata"] |= {"name": "copy", "uid": "uid of copy"}
    operator.cluster.have(copy)
    of_copy = a_run_pod("copy", running={})
    of_copy["metadata"]["annotations"] = leave_of(operator)
    operator.cluster.have(of_copy)
    for _ in range(3):
        await operator.reconcile()

    assert LEAVE not in operator.cluster.writes
    assert leave_of(operator, "copy-x")["billing.antaeus.io/may-pay"] == original["metadata"]["uid"]


async def test_two_pods_of_one_job_get_no_leave() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    second = a_run_pod(running={})
    second["metadata"] |= {"name": "run-y", "uid": "uid of run-y"}
    for pod in (a_run_pod(running={}), second):
        operator.cluster.have(pod)
    await operator.reconcile()

    assert LEAVE not in operator.cluster.writes


async def test_no_leave_is_given_for_an_antaeus_that_started_anew_meanwhile() -> None:
    operator = await begun()
    start_antaeus_anew(operator)
    operator.apps.counts["shop"] = Counts(0, 10)
    for _ in range(3):
        await operator.reconcile()

    assert LEAVE not in operator.cluster.writes


@pytest.mark.parametrize("said", [True, False], ids=["and said so", "and said nothing"])
async def test_a_job_that_a_person_let_begin_pays_if_its_own_uid_stands_on_it(
    *, said: bool
) -> None:
    operator = await shop()
    make(operator)
    by_hand = job(operator)
    by_hand["spec"]["suspend"] = False
    by_hand["metadata"]["generation"] += 1
    if said:
        by_hand["metadata"]["annotations"] = {MAY_PAY: by_hand["metadata"]["uid"]}
    operator.cluster.have(by_hand)
    pod = operator.cluster.have(a_run_pod(running={}))
    await operator.reconcile()
    await operator.reconcile()

    found = operator.cluster.must_get("Pod", "run-x")["metadata"].get("annotations") or {}
    assert found.get(MAY_PAY) == (pod["metadata"]["uid"] if said else None)
    running = operator.status.get("billing", {}).get("running", {})
    assert (running.get("job") == "run") is said
    assert ("leaveTime" in running) is said


@pytest.mark.parametrize(
    "change",
    [
        {"hibernate": True},
        {"suspend": True},
        {"payment": {"replicas": 0}},
        {"antaeus": {"image": "example.test/another:2"}},
    ],
    ids=["hibernated", "suspended", "no payment pods", "another Antaeus"],
)
async def test_what_speaks_against_a_run_by_the_time_its_pod_runs_keeps_it_from_paying(
    change: dict[str, Any],
) -> None:
    operator = await begun()
    operator.change(**change)
    await operator.reconcile()

    assert LEAVE not in operator.cluster.writes


async def test_a_direct_call_that_began_meanwhile_keeps_a_run_from_paying() -> None:
    operator = await begun()
    operator.apps.taken["shop-payment-0"] = Calls(taken=1, held=1)
    await operator.reconcile()

    assert LEAVE not in operator.cluster.writes
    assert "unmanagedRun" in billing(operator)
    assert "somebody called pay directly" in billing(operator)["running"]["leaveMessage"]
    assert "leaveTime" not in billing(operator)["running"]


@pytest.mark.parametrize(
    "change",
    [
        {"restartPolicy": "OnFailure"},
        {"containers": [BILLING | {"restartPolicy": "Always"}]},
        {"containers": [BILLING | {"restartPolicyRules": [{"action": "Restart"}]}]},
    ],
    ids=["of the pod", "of its container", "by a rule"],
)
async def test_a_pod_whose_container_may_start_again_gets_no_leave(change: dict[str, Any]) -> None:
    """It would find its leave where it stands, and pay a second time."""
    operator = await shop()
    make(operator)
    await operator.reconcile()
    pod = a_run_pod(running={})
    pod["spec"] |= change
    operator.cluster.have(pod)
    for _ in range(3):
        await operator.reconcile()

    assert LEAVE not in operator.cluster.writes
    assert "restartPolicy" in billing(operator)["running"]["leaveMessage"]


async def test_a_run_waits_a_minute_for_what_only_its_books_need() -> None:
    """As while a payment pod rolls; one whose node is gone is not to stop billing."""
    operator = await begun()
    operator.apps.silent.add("shop-payment-0")
    await operator.dependencies.invoices.read(operator.stack)
    await operator.reconcile()
    assert LEAVE not in operator.cluster.writes
    message = billing(operator)["running"]["leaveMessage"]
    assert message.startswith("its books would not be known: payment pod shop-payment-0")

    operator.now += 61
    for _ in range(2):
        await operator.reconcile()
    assert "leaveMessage" not in billing(operator)["running"]
    assert "booksBefore" not in billing(operator)["running"]


async def test_a_pod_that_does_not_run_yet_gets_no_leave() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    operator.cluster.have(a_run_pod(waiting={"reason": "ContainerCreating"}))
    await operator.reconcile()

    assert LEAVE not in operator.cluster.writes


async def test_an_orphan_with_leave_keeps_all_others_from_paying() -> None:
    """Its Job was deleted, and it goes on; also where all has been still for long."""
    operator = await shop()
    await begin(operator)
    operator.cluster.take("Job", "run")
    make(operator, "next")
    for _ in range(3):
        operator.now += QUIET
        await operator.reconcile()

    assert "unresolvedRun" in billing(operator)
    assert billing(operator)["waiting"]["reason"] == "UnresolvedRun"
    assert "kubectl delete --force -n payments pod run-x" in billing(operator)["waiting"]["message"]


async def test_an_antaeus_that_started_anew_and_forgot_nothing_gets_the_run() -> None:
    operator = await shop()
    operator.apps.counts["shop"] = Counts(2, 8, paid_ids="1,6")
    operator = await begun(operator)
    start_antaeus_anew(operator)
    for _ in range(3):
        await operator.reconcile()

    assert leave_of(operator)["billing.antaeus.io/paid-before"] == "2"
    assert billing(operator)["running"]["antaeusInstance"]["restartCount"] == 1


async def test_a_job_that_was_suspended_and_resumed_has_ended_with_its_first_pod() -> None:
    """Faster than anybody looked; the batch of the first pod may go on."""
    operator = await shop()
    await begin(operator)
    resumed = job(operator)
    resumed["metadata"]["generation"] += 2
    operator.cluster.have(resumed)
    operator.cluster.take("Pod", "run-x")
    second = a_run_pod(running={})
    second["metadata"] |= {"name": "run-y", "uid": "uid of run-y"}
    operator.cluster.have(second)
    make(operator, "next")
    for _ in range(3):
        await operator.reconcile()

    assert LEAVE not in operator.cluster.writes
    assert billing(operator)["lastRun"]["outcome"] == "Unknown"
    assert "another pod by now" in billing(operator)["lastRun"]["message"]
    assert billing(operator)["waiting"]["reason"] == "UnresolvedRun"


async def test_leave_that_did_not_reach_its_pod_is_thought_over() -> None:
    """The status says that it may pay, and by the next pass a person says that nothing may."""
    operator = await begun()
    operator.cluster.faults[LEAVE] = ClusterError(Reason.API_SERVER_ERROR, "it is away", status=503)
    await operator.reconcile()
    assert "leaveTime" in billing(operator)["running"]
    operator.cluster.faults.clear()
    operator.change(hibernate=True)
    await operator.reconcile()

    assert LEAVE not in operator.cluster.writes
    assert "spec.hibernate" in billing(operator)["running"]["leaveMessage"]


async def test_a_pod_that_can_no_longer_start_is_told_beside_its_run() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    operator.cluster.have(a_run_pod(waiting={"reason": "ContainerCreating"}))
    await operator.reconcile()
    assert "podUID" in billing(operator)["running"]
    operator.cluster.have(a_run_pod(waiting={"reason": "ErrImagePull"}))
    await operator.reconcile()

    assert "ErrImagePull" in billing(operator)["running"]["message"]
    assert "BillingRunStuck" in operator.announced
