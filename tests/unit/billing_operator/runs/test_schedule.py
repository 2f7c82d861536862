"""Since when a schedule holds: a run for a time before that is none that anybody asked for."""

from billing_operator.kinds import Manifest
from billing_operator.runs.admission import to_skip
from billing_operator.runs.jobs import runs_of
from support.operator.admission_context import at, decided, observed_runs
from support.operator.billing_shop import billing, shop
from support.operator.run_manifests import CRON_UID, a_job

DAILY: Manifest = {"billing": {"schedule": "@daily"}}


def skipped(scheduled: float, *, applied: float) -> bool:
    """Whether a run is skipped, as the status is first written at 0."""
    job = a_job(scheduled=at(scheduled).isoformat())
    found = decided(observed_runs(job), spec=DAILY, schedule_applied=at(applied))
    return to_skip(found, runs_of([job], (), CRON_UID)) is not None


def test_a_run_counts_from_when_the_cron_job_was_given_the_schedule() -> None:
    """And not from when that was written down, which may be after the first time."""
    assert not skipped(-1, applied=-2)
    assert not skipped(-2, applied=-2)
    assert skipped(-3, applied=-2)


async def test_that_time_is_the_one_of_the_apply() -> None:
    operator = await shop()
    operator.change(**DAILY)
    await operator.reconcile()
    live = operator.cluster.must_get("CronJob", "shop-billing")
    live["metadata"]["managedFields"][0]["time"] = "2024-12-31T23:59:58Z"
    operator.cluster.have(live)
    body = operator.cluster.must_get("BillingStack", "shop")
    del body["status"]["billing"]["schedule"]
    operator.cluster.have(body)
    await operator.reconcile()

    assert billing(operator)["schedule"]["effectiveTime"] == "2024-12-31T23:59:58Z"


async def test_a_schedule_that_no_cron_job_has_yet_holds_from_now_on() -> None:
    operator = await shop()
    operator.change(**DAILY, suspend=True)
    await operator.reconcile()

    assert billing(operator)["schedule"]["effectiveTime"] == "2025-01-01T00:00:00Z"
