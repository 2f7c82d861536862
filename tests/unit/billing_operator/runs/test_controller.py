"""What is done about runs in a pass, and in which order: the status first, then the Job."""

from billing_operator.apps.answers import Calls, Counts
from billing_operator.errors import ClusterError
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest
from billing_operator.runs.report import RunReport
from support.run_manifests import a_job, a_run_pod
from support.world import QUIET, STATUS, World, ready

BROKEN = ClusterError("ApiServerError", "it fails", status=500)
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


async def shop(**spec: object) -> World:
    """A stack that is ready, with invoices."""
    world = await ready(**spec)
    world.apps.counts["shop"] = Counts(2, 8)
    world.apps.taken["shop-payment-0"] = Calls(taken=0, held=0)
    world.tools.readings.note("stack-uid", Reading(Counts(2, 8), _life(world)))
    await world.reconcile()
    return world


def _life(world: World) -> str:
    pod = world.cluster.must_get("Pod", "shop-antaeus-0")
    return f"{pod['metadata']['uid']}/0"


def make(world: World, name: str = "run") -> None:
    cron_uid = world.cluster.must_get("CronJob", "shop-billing")["metadata"]["uid"]
    made = world.utc_now().isoformat()
    world.cluster.have(a_job(name, owner=cron_uid, made=made))


def end(world: World, said: RunReport | str | None, name: str = "run") -> None:
    live = world.cluster.must_get("Job", name)
    live["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
    world.cluster.have(live)
    if said is not None:
        world.cluster.have(a_run_pod(name, said))


def job(world: World, name: str = "run") -> Manifest:
    return world.cluster.must_get("Job", name)


def billing(world: World) -> Manifest:
    found: Manifest = world.status["billing"]
    return found


def runs(world: World, outcome: str) -> float | None:
    labels = {"namespace": "payments", "stack": "shop", "outcome": outcome}
    name = "billing_operator_billing_runs_total"
    return world.metrics.registry.get_sample_value(name, labels)


async def test_a_stack_without_runs_costs_nothing_and_asks_nobody() -> None:
    world = await shop()
    world.apps.asked.clear()
    assert await world.reconcile() is None

    assert world.cluster.calls == []
    assert world.apps.asked == []
    assert "billing" not in world.status


async def test_the_status_comes_first_and_then_the_job_which_is_told_what_was_paid() -> None:
    world = await shop()
    make(world)
    await world.reconcile()

    assert world.cluster.writes == [STATUS, RESUME]
    assert billing(world)["running"]["paid"] == 2
    assert job(world)["spec"]["suspend"] is False
    annotations = job(world)["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"billing.antaeus.io/paid-before": "2"}


async def test_a_run_is_followed_from_its_beginning_to_its_end() -> None:
    world = await shop()
    make(world)
    await world.reconcile()
    await world.reconcile()
    assert "startedAt" in billing(world)["running"]

    end(world, PAID)
    await world.reconcile()

    # A pod that is listed before its Job may not have said yet what the Job ended with.
    lists = [kind for verb, kind in world.cluster.calls if verb == "list one stack"]
    assert lists == ["Job", "Pod"]
    assert billing(world).keys() == {"lastRun", "lastSuccessAt"}
    assert billing(world)["lastRun"]["newlyPaid"] == 8
    # What the run read is known at once: Antaeus may restart before it is read again.
    assert world.status["invoices"]["paid"] == 10
    assert [reason for reason in world.announced if "Run" in reason] == [
        "BillingRunBegun",
        "BillingRunSucceeded",
    ]
    assert runs(world, "Succeeded") == 1
    assert runs(world, "Unknown") == 0
    await world.reconcile()
    assert world.cluster.writes == []


async def test_an_operator_that_ended_between_the_two_is_followed_by_one_that_goes_on() -> None:
    world = await shop()
    make(world)
    world.cluster.faults[RESUME] = BROKEN
    await world.reconcile()
    assert job(world)["spec"]["suspend"] is True

    other = _as_another(world)
    await other.reconcile()

    assert other.cluster.writes[-1] == RESUME
    assert job(other)["spec"]["suspend"] is False
    assert billing(other)["running"]["uid"] == billing(world)["running"]["uid"]


def _as_another(world: World) -> World:
    """The same cluster, and an operator that has only just begun."""
    other = World(*world.cluster.objects.values())
    other.apps.__dict__.update(world.apps.__dict__)
    other.tools.readings.note("stack-uid", Reading(Counts(2, 8), _life(world)))
    return other


async def test_one_that_was_written_down_is_taken_back_if_something_speaks_against_it() -> None:
    world = await shop()
    make(world)
    world.cluster.faults[RESUME] = BROKEN
    await world.reconcile()
    del world.cluster.faults[RESUME]
    world.change(hibernate=True)
    await world.reconcile()

    assert RESUME not in world.cluster.writes
    assert "running" not in billing(world)
    assert billing(world)["waiting"]["reason"] == "Hibernated"


async def test_a_job_that_changed_meanwhile_is_not_touched() -> None:
    world = await shop()
    make(world)
    world.cluster.faults[RESUME] = BROKEN
    await world.reconcile()
    del world.cluster.faults[RESUME]
    live = job(world)
    live["spec"]["suspend"] = False
    live["metadata"]["generation"] += 1
    await world.watch()
    world.cluster.have(live)
    await world.reconcile(blind=True)

    assert RESUME not in world.cluster.writes


async def test_no_spec_that_nobody_has_judged_lets_a_run_begin() -> None:
    world = await shop()
    make(world)
    await world.watch()
    # Since then, and nobody has told.
    world.change(hibernate=True)
    await world.reconcile(blind=True)

    assert RESUME not in world.cluster.writes


async def test_a_run_whose_pod_has_gone_is_unknown_until_all_has_been_still() -> None:
    world = await shop()
    make(world)
    await world.reconcile()
    end(world, None)
    make(world, "next")
    soon = await world.reconcile()

    assert billing(world)["lastRun"]["outcome"] == "Unknown"
    assert isinstance(soon, float)
    assert soon <= QUIET / 10
    for seconds in (10.0, QUIET / 2, QUIET / 2 - 20.0):
        world.now += seconds
        world.apps.taken["shop-payment-0"] = Calls(taken=int(world.now), held=0)
        await world.reconcile()
        assert "unsettled" in billing(world)
    world.now += QUIET
    await world.reconcile()
    assert billing(world)["running"]["job"] == "next"
    assert "BillingRunSettled" in world.announced


async def test_payment_that_does_not_tell_leaves_it_to_a_person() -> None:
    world = await shop()
    del world.apps.taken["shop-payment-0"]
    make(world)
    await world.reconcile()
    end(world, None)
    make(world, "next")
    await world.reconcile()
    world.now += 3000
    await world.reconcile()
    message = billing(world)["waiting"]["message"]
    assert "payment's pods do not tell what they count" in message

    world.annotate(acknowledge_run=message.rpartition("=")[2])
    await world.reconcile()
    assert billing(world)["running"]["job"] == "next"


async def test_a_run_that_is_late_is_removed_and_told_once() -> None:
    world = await shop(hibernate=False)
    make(world)
    world.change(hibernate=True)
    await world.reconcile()
    world.now += 3600
    await world.reconcile()

    assert SKIP in world.cluster.writes
    assert world.cluster.get("Job", "run") is None
    assert world.announced.count("BillingRunSkipped") == 1
    assert runs(world, "Skipped") == 1
    await world.reconcile()
    assert SKIP not in world.cluster.writes


async def test_a_stack_that_was_suspended_meanwhile_loses_no_run() -> None:
    world = await shop()
    make(world)
    world.change(hibernate=True)
    await world.reconcile()
    world.now += 3600
    world.cluster.faults[SKIP] = BROKEN
    await world.reconcile()
    del world.cluster.faults[SKIP]
    world.change(suspend=True)
    await world.reconcile()

    assert world.cluster.get("Job", "run") is not None


async def test_when_a_run_will_be_late_it_is_looked_at() -> None:
    world = await shop()
    make(world)
    world.change(suspend=True)

    assert await world.reconcile() == 3600.0
    assert "Job" not in {kind for _, kind in world.cluster.writes}


async def test_jobs_that_cannot_be_listed_leave_all_as_it_is() -> None:
    world = await shop()
    make(world)
    await world.reconcile()
    before = billing(world)
    end(world, PAID)
    world.cluster.faults["list one stack", "Job"] = BROKEN

    assert await world.reconcile() == 1.0
    assert billing(world) == before
    del world.cluster.faults["list one stack", "Job"]
    await world.reconcile()
    assert billing(world)["lastRun"]["outcome"] == "Succeeded"


async def test_a_direct_call_is_told_when_it_begins_and_when_it_is_over() -> None:
    world = await shop()
    world.apps.counts["shop"] = Counts(5, 5)
    world.tools.readings.note("stack-uid", Reading(Counts(5, 5), _life(world)))
    await world.reconcile()
    world.now += QUIET
    await world.reconcile()
    assert "direct" in billing(world)
    world.now += QUIET
    await world.reconcile()

    assert "billing" not in world.status
    assert world.announced.count("PaidDirectly") == 2


async def test_what_is_known_of_a_stack_is_forgotten_with_it() -> None:
    world = await shop()
    make(world)
    await world.reconcile()
    world.tools.runs.forget("stack-uid")
    world.tools.run_metrics.forget(world.stack.key)

    assert runs(world, "Succeeded") is None
