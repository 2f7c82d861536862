"""Leave to pay belongs to one pod of one run, and to no copy of either."""

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.names import MAY_PAY
from support.operator.billing_shop import LEAVE, billing, job, leave_of, make, shop
from support.operator.run_manifests import a_run_pod


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
    operator = await shop()
    make(operator)
    await operator.reconcile()
    operator.cluster.have(a_run_pod(running={}))
    antaeus = operator.cluster.must_get("Pod", "shop-antaeus-0")
    antaeus["status"]["containerStatuses"][0]["restartCount"] = 1
    operator.cluster.have(antaeus)
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
    assert billing(operator)["running"]["job"] == "run"
    assert ("antaeusInstance" in billing(operator)["running"]) is said
