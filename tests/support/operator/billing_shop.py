"""A stack in memory with invoices, and runs that a test makes of it."""

from billing_operator.apps.answers import Calls, Counts
from billing_operator.kinds import Manifest
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.runs.report import RunReport
from support.operator.in_memory import OperatorInMemory, ready
from support.operator.run_manifests import a_job, a_run_pod

LEAVE = ("annotate", "Pod")


async def shop(**spec: object) -> OperatorInMemory:
    """A stack that is ready, with invoices."""
    return await with_invoices(await ready(**spec))


async def with_invoices(operator: OperatorInMemory) -> OperatorInMemory:
    """Has a stack that is ready tell its invoices."""
    operator.apps.counts["shop"] = Counts(2, 8)
    operator.apps.taken["shop-payment-0"] = Calls(taken=0, held=0)
    await operator.dependencies.invoices.read(operator.stack)
    await operator.reconcile()
    return operator


def as_another(operator: OperatorInMemory) -> OperatorInMemory:
    """The same cluster, and an operator that has only just begun."""
    other = OperatorInMemory(*operator.cluster.objects.values())
    other.apps.__dict__.update(operator.apps.__dict__)
    other.now = operator.now
    return other


def instance_of(operator: OperatorInMemory) -> AntaeusInstance:
    pod = operator.cluster.must_get("Pod", "shop-antaeus-0")
    return AntaeusInstance(pod["metadata"]["uid"], 0)


def make(operator: OperatorInMemory, name: str = "run") -> None:
    cron_uid = operator.cluster.must_get("CronJob", "shop-billing")["metadata"]["uid"]
    made = operator.utc_now().isoformat()
    operator.cluster.have(a_job(name, owner=cron_uid, made=made))


async def begin(operator: OperatorInMemory, name: str = "run") -> None:
    """Makes a run, and has its pod get leave to pay."""
    make(operator, name)
    await operator.reconcile()
    operator.cluster.have(a_run_pod(name, running={}))
    await operator.reconcile()


def end(operator: OperatorInMemory, said: RunReport | str | None, name: str = "run") -> None:
    live = operator.cluster.must_get("Job", name)
    live["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
    operator.cluster.have(live)
    if said is not None:
        operator.cluster.have(a_run_pod(name, said))


def job(operator: OperatorInMemory, name: str = "run") -> Manifest:
    return operator.cluster.must_get("Job", name)


async def until_books(operator: OperatorInMemory) -> None:
    """Has the last run's books made, once all has been still for a while."""
    for _ in range(2):
        operator.now += 3.0
        await operator.reconcile()


def leave_of(operator: OperatorInMemory, pod: str = "run-x") -> dict[str, str]:
    found: dict[str, str] = operator.cluster.must_get("Pod", pod)["metadata"]["annotations"]
    return found


def billing(operator: OperatorInMemory) -> Manifest:
    found: Manifest = operator.status["billing"]
    return found
