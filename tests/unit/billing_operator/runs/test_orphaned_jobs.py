"""A Job that waits and is of no CronJob any more never begins, and that is told."""

import pytest

from billing_operator.kinds import Manifest
from support.operator.billing_shop import billing, job, make, shop
from support.operator.in_memory import OperatorInMemory


async def orphaned(owners: list[Manifest]) -> OperatorInMemory:
    """A stack whose CronJob was deleted and made again, but for its Job."""
    operator = await shop()
    make(operator)
    live = job(operator)
    live["metadata"]["ownerReferences"] = owners
    operator.cluster.have(live)
    await operator.reconcile()
    return operator


EARLIER: Manifest = {"kind": "CronJob", "name": "shop-billing", "uid": "earlier"}


@pytest.mark.parametrize("owners", [[], [EARLIER]], ids=["nobody's", "of the CronJob before"])
async def test_a_waiting_job_of_no_cron_job_is_told_with_the_remedy(owners: list[Manifest]) -> None:
    operator = await orphaned(owners)

    told = billing(operator)["waiting"]
    assert (told["job"], told["reason"]) == ("run", "NoCronJob")
    assert told["message"].endswith("kubectl delete -n payments job run")
    assert job(operator)["spec"]["suspend"] is True


async def test_a_run_that_may_begin_does_so_beside_it() -> None:
    operator = await orphaned([])
    make(operator, "next")
    await operator.reconcile()

    assert billing(operator)["running"]["job"] == "next"
    assert billing(operator)["waiting"]["job"] == "run"


async def test_one_that_has_begun_or_ended_waits_for_nothing() -> None:
    operator = await orphaned([])
    live = job(operator)
    live["metadata"]["generation"] = 2
    operator.cluster.have(live)
    await operator.reconcile()

    assert "waiting" not in operator.status.get("billing", {})
