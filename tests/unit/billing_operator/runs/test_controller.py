"""What is done about runs in a pass, and in which order: the status first, then the Job."""

from billing_operator.apps.answers import Calls, Counts
from billing_operator.errors import ClusterError
from billing_operator.invoices.readings import Reading
from billing_operator.reasons import Reason
from billing_operator.runs.report import RunReport
from support.operator.billing_shop import (
    LEAVE,
    as_another,
    begin,
    billing,
    end,
    instance_of,
    job,
    leave_of,
    make,
    shop,
    until_books,
)
from support.operator.in_memory import QUIET, STATUS, OperatorInMemory
from support.operator.run_manifests import a_run_pod

BROKEN = ClusterError(Reason.API_SERVER_ERROR, "it fails", status=500)
RESUME, SKIP = ("resume", "Job"), ("delete", "Job")
PAID = RunReport(
    sent=True,
    status=200,
    answer=True,
    paid_before=2,
    pending_before=8,
    paid_after=10,
    pending_after=0,
)


def runs(operator: OperatorInMemory, outcome: str) -> float | None:
    labels = {"namespace": "payments", "stack": "shop", "outcome": outcome}
    name = "billing_operator_billing_runs_total"
    return operator.metrics.registry.get_sample_value(name, labels)


async def test_a_stack_without_runs_costs_nothing_and_asks_nobody() -> None:
    operator = await shop()
    operator.apps.asked.clear()
    assert await operator.reconcile() is None

    assert operator.cluster.calls == []
    assert operator.apps.asked == []
    assert "billing" not in operator.status


async def test_the_status_comes_first_then_the_job_and_then_the_leave_of_its_one_pod() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()

    assert operator.cluster.writes == [STATUS, RESUME]
    assert billing(operator)["running"]["paid"] == 2
    assert job(operator)["spec"]["suspend"] is False

    pod = operator.cluster.have(a_run_pod(running={}))
    await operator.reconcile()

    assert operator.cluster.writes[-1] == LEAVE
    assert leave_of(operator) == {
        "billing.antaeus.io/may-pay": pod["metadata"]["uid"],
        "billing.antaeus.io/paid-before": "2",
    }
    await operator.reconcile()
    assert LEAVE not in operator.cluster.writes


async def test_a_run_is_followed_from_its_beginning_to_its_end() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    await operator.reconcile()
    assert "startTime" in billing(operator)["running"]

    end(operator, PAID)
    operator.apps.counts.clear()
    await operator.reconcile()

    # A pod that is listed before its Job may not have said yet what the Job ended with.
    lists = [kind for verb, kind in operator.cluster.calls if verb == "list one stack"]
    assert lists[:2] == ["Job", "Pod"]
    assert billing(operator).keys() == {"lastRun", "lastSuccessfulTime", "history"}
    assert billing(operator)["lastRun"]["newlyPaid"] == 8
    # What the run read is known, though Antaeus has not been read again, and may restart before.
    assert operator.status["invoices"]["paid"] == 10
    assert [reason for reason in operator.announced if "Run" in reason] == [
        "BillingRunStarted",
        "BillingRunSucceeded",
    ]
    assert runs(operator, "Succeeded") == 1
    assert runs(operator, "Unknown") == 0
    await operator.reconcile()
    assert operator.cluster.writes == []


async def test_an_operator_that_ended_between_the_two_is_followed_by_one_that_goes_on() -> None:
    operator = await shop()
    make(operator)
    operator.cluster.faults[RESUME] = BROKEN
    await operator.reconcile()
    assert job(operator)["spec"]["suspend"] is True

    other = as_another(operator)
    await other.reconcile()

    assert other.cluster.writes[-1] == RESUME
    assert job(other)["spec"]["suspend"] is False
    assert billing(other)["running"]["uid"] == billing(operator)["running"]["uid"]


async def test_one_that_was_written_down_is_taken_back_if_something_speaks_against_it() -> None:
    operator = await shop()
    make(operator)
    operator.cluster.faults[RESUME] = BROKEN
    await operator.reconcile()
    del operator.cluster.faults[RESUME]
    operator.change(hibernate=True)
    await operator.reconcile()

    assert RESUME not in operator.cluster.writes
    assert "running" not in billing(operator)
    assert billing(operator)["waiting"]["reason"] == "Hibernated"


async def test_a_job_that_changed_meanwhile_is_not_touched() -> None:
    operator = await shop()
    make(operator)
    operator.cluster.faults[RESUME] = BROKEN
    await operator.reconcile()
    del operator.cluster.faults[RESUME]
    live = job(operator)
    live["spec"]["suspend"] = False
    live["metadata"]["generation"] += 1
    await operator.watch()
    operator.cluster.have(live)
    await operator.reconcile(with_stale_cache=True)

    assert RESUME not in operator.cluster.writes


async def test_no_spec_that_nobody_has_judged_lets_a_run_begin() -> None:
    operator = await shop()
    make(operator)
    await operator.watch()
    # Since then, and nobody has told.
    operator.change(hibernate=True)
    await operator.reconcile(with_stale_cache=True)

    assert RESUME not in operator.cluster.writes


async def test_a_run_whose_pod_has_gone_is_unknown_until_all_has_been_still() -> None:
    operator = await shop()
    await begin(operator)
    operator.cluster.take("Pod", "run-x")
    end(operator, None)
    make(operator, "next")
    soon = await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Unknown"
    assert isinstance(soon, float)
    assert soon <= QUIET / 10
    for seconds in (10.0, QUIET / 2, QUIET / 2 - 20.0):
        operator.now += seconds
        operator.apps.taken["shop-payment-0"] = Calls(taken=int(operator.now), held=0)
        await operator.reconcile()
        assert "unresolvedRun" in billing(operator)
    operator.now += QUIET
    await operator.reconcile()
    assert billing(operator)["running"]["job"] == "next"
    assert "BillingRunResolved" in operator.announced


async def test_payment_that_does_not_tell_leaves_it_to_a_person() -> None:
    operator = await shop()
    await begin(operator)
    del operator.apps.taken["shop-payment-0"]
    operator.cluster.take("Pod", "run-x")
    end(operator, None)
    make(operator, "next")
    await operator.reconcile()
    operator.now += 3000
    await operator.reconcile()
    message = billing(operator)["waiting"]["message"]
    assert "payment's pods do not tell what they count" in message

    operator.annotate(acknowledge_run=message.rpartition("=")[2])
    await operator.reconcile()
    assert billing(operator)["waiting"]["reason"] == "ActivityUnknown"
    operator.apps.taken["shop-payment-0"] = Calls(taken=0, held=0)
    await until_books(operator)
    assert billing(operator)["running"]["job"] == "next"


async def test_a_run_that_is_late_is_removed_and_told_once() -> None:
    operator = await shop(hibernate=False)
    make(operator)
    operator.change(hibernate=True)
    await operator.reconcile()
    operator.now += 3600
    await operator.reconcile()

    assert SKIP in operator.cluster.writes
    assert operator.cluster.get("Job", "run") is None
    assert operator.announced.count("BillingRunSkipped") == 1
    assert runs(operator, "Skipped") == 1
    await operator.reconcile()
    assert SKIP not in operator.cluster.writes


async def test_a_stack_that_was_suspended_meanwhile_loses_no_run() -> None:
    operator = await shop()
    make(operator)
    operator.change(hibernate=True)
    await operator.reconcile()
    operator.now += 3600
    operator.cluster.faults[SKIP] = BROKEN
    await operator.reconcile()
    del operator.cluster.faults[SKIP]
    operator.change(suspend=True)
    await operator.reconcile()

    assert operator.cluster.get("Job", "run") is not None


async def test_when_a_run_will_be_late_it_is_looked_at() -> None:
    operator = await shop()
    operator.apps.counts.clear()
    make(operator)

    # What speaks against it passes by itself, and is told by a watch or a reading.
    assert await operator.reconcile() == 3600.0
    assert "Job" not in {kind for _, kind in operator.cluster.writes}
    operator.change(suspend=True)
    operator.now += 7200.0
    assert await operator.reconcile() is None


async def test_jobs_that_cannot_be_listed_leave_all_as_it_is() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    before = billing(operator)
    end(operator, PAID)
    operator.cluster.faults["list one stack", "Job"] = BROKEN

    assert await operator.reconcile() == 1.0
    assert billing(operator) == before
    del operator.cluster.faults["list one stack", "Job"]
    await operator.reconcile()
    assert billing(operator)["lastRun"]["outcome"] == "Succeeded"


async def test_a_direct_call_is_told_when_it_begins_and_when_it_is_over() -> None:
    operator = await shop()
    operator.apps.counts["shop"] = Counts(5, 5)
    operator.dependencies.readings.note("stack-uid", Reading(Counts(5, 5), instance_of(operator)))
    await operator.reconcile()
    operator.now += QUIET
    await operator.reconcile()
    assert "unmanagedRun" in billing(operator)
    operator.now += QUIET
    await operator.reconcile()

    assert "billing" not in operator.status
    assert operator.announced.count("UnmanagedPayCall") == 2


async def test_what_was_counted_of_a_stack_is_forgotten_with_it() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    operator.dependencies.run_metrics.forget(operator.stack.key)

    assert runs(operator, "Succeeded") is None
