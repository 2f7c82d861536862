"""Jobs that are to go and can't, since a finalizer keeps them: they are told once, and left."""

import pytest

from support.operator.billing_shop import begin, billing, job, make, shop
from support.operator.in_memory import OperatorInMemory

DELETE = ("delete", "Job")


async def late() -> OperatorInMemory:
    """A run that is to be skipped since it waited for too long."""
    operator = await shop()
    make(operator)
    operator.now += 3601
    return operator


async def stopped() -> OperatorInMemory:
    """A run that somebody suspended in the middle."""
    operator = await shop()
    await begin(operator)
    live = job(operator)
    live["spec"]["suspend"] = True
    live["metadata"]["generation"] += 1
    operator.cluster.have(live)
    operator.cluster.take("Pod", "run-x")
    return operator


@pytest.mark.parametrize("made", [late, stopped], ids=["late", "stopped"])
async def test_a_job_that_cannot_go_is_deleted_and_told_once(made: object) -> None:
    assert callable(made)
    operator = await made()
    operator.cluster.keep_deleted("Job", "run")
    deletions = 0
    for _ in range(4):
        operator.now += 1
        await operator.reconcile()
        deletions += operator.cluster.calls.count(DELETE)
    told = billing(operator)["lastSkipped"]

    for _ in range(3):
        operator.now += 1
        await operator.reconcile()
        deletions += operator.cluster.calls.count(DELETE)
        assert operator.cluster.writes == []
    assert deletions == 1
    assert billing(operator)["lastSkipped"] == told
