"""What becomes of a run whose pod can't start, ends beside another container, or goes at once."""

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.kinds import Manifest, conditions_of
from billing_operator.observed.stack import observe
from billing_operator.runs.jobs import Run, runs_of
from billing_operator.runs.report import RunReport
from support.operator.billing_shop import begin, billing, job, make, shop, until_books
from support.operator.in_memory import SHOP, OperatorInMemory
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod

PAID = RunReport(True, 200, True, 2, 8, 10, 0)  # noqa: FBT003 - in the order of its fields
QUOTA = "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2"


def run(*pods: Manifest) -> Run:
    (found,) = runs_of([a_job(suspend=False)], pods, CRON_UID)
    return found


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
            "ImagePullBackOff: no such image; to mend it, let the nodes pull the operator's image",
        ),
        (
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": "no user"}}},
            "CreateContainerConfigError: no user; to mend it, find out why: kubectl describe pod "
            "-n payments run-x",
        ),
    ],
    ids=["no image", "no start"],
)
def test_a_container_that_cannot_start_is_told_of(status: Manifest, words: str) -> None:
    assert words in run(a_run_pod(**status["state"])).stuck


def test_a_pod_that_no_node_takes_is_told_of() -> None:
    pod = a_run_pod()
    pod["status"] = {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient cpu",
            }
        ],
    }
    stuck = run(pod).stuck

    assert "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu" in stuck
    assert "make room on the nodes for spec.billing.resources" in stuck


async def test_a_run_without_a_pod_says_what_the_job_controller_was_told() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    operator.cluster.refusals["payments", job(operator)["metadata"]["uid"]] = QUOTA
    await operator.reconcile()

    assert f"job run: no pod is made: {QUOTA}" in billing(operator)["running"]["message"]
    assert "BillingRunStuck" in operator.announced
    again = len(operator.announced)
    await operator.reconcile()
    assert len(operator.announced) == again

    operator.cluster.have(a_run_pod(running={}))
    await operator.reconcile()
    assert "message" not in billing(operator)["running"]


async def test_a_run_that_never_had_a_pod_has_sent_nothing() -> None:
    operator = await shop()
    make(operator)
    await operator.reconcile()
    ended = job(operator)
    ended["status"]["conditions"] = [
        {"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}
    ]
    operator.cluster.have(ended)
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "NotSent"
    assert "unresolvedRun" not in billing(operator)


async def reported(operator: OperatorInMemory, report: RunReport | None) -> None:
    """The container that pays ends, and the pod goes on with another one."""
    text = report.text() if report else ""
    pod = a_run_pod(terminated={"message": text, "exitCode": 0})
    sidecar = {"name": "mesh", "state": {"running": {}}}
    pod["status"]["containerStatuses"].insert(0, sidecar)
    pod["status"]["phase"] = "Running"
    operator.cluster.have(pod)
    await operator.reconcile()


async def test_a_report_ends_a_run_though_another_container_keeps_its_job() -> None:
    operator = await shop()
    await begin(operator)
    operator.apps.counts["shop"] = Counts(10, 0)
    await reported(operator, PAID)

    assert billing(operator)["lastRun"]["outcome"] == "Succeeded"
    assert "running" not in billing(operator)
    assert conditions_of(job(operator)["status"]) == {}
    await until_books(operator)
    assert operator.condition("BillingAllowed") == ("True", "AsExpected")

    make(operator, "next")
    await operator.reconcile()
    assert billing(operator)["running"]["job"] == "next"


async def test_a_container_that_ended_without_a_report_ends_its_run_as_unknown() -> None:
    operator = await shop()
    await begin(operator)
    await reported(operator, None)

    assert billing(operator)["lastRun"]["outcome"] == "Unknown"
    assert "its container has ended" in billing(operator)["lastRun"]["message"]


async def test_a_job_that_is_removed_at_its_end_has_told_what_it_did() -> None:
    """As ttlSecondsAfterFinished 0 does; its pod was seen to end by a watch."""
    operator = await shop()
    await begin(operator)
    operator.apps.counts["shop"] = Counts(10, 0)
    operator.dependencies.runs.note_report("stack-uid", a_run_pod(report=PAID))
    operator.cluster.take("Job", "run")
    operator.cluster.take("Pod", "run-x")
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Succeeded"
    assert billing(operator)["lastRun"]["newlyPaid"] == 8


async def test_what_another_pod_said_is_not_the_report_of_the_run() -> None:
    operator = await shop()
    await begin(operator)
    another = a_run_pod(report=PAID)
    another["metadata"]["uid"] = "uid of another"
    operator.dependencies.runs.note_report("stack-uid", another)
    operator.cluster.take("Job", "run")
    operator.cluster.take("Pod", "run-x")
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Unknown"
    assert "ttlSecondsAfterFinished" in billing(operator)["lastRun"]["message"]


async def test_no_more_reports_are_kept_than_there_may_be_runs_at_their_end() -> None:
    operator = await shop()
    for number in range(50):
        pod = a_run_pod(report=PAID)
        pod["metadata"]["uid"] = f"{number:02}"
        operator.dependencies.runs.note_report("stack-uid", pod)
    seen = observe(operator.dependencies.inventory.children(SHOP), ())
    observed = await operator.dependencies.runs.look(operator.stack, seen)

    assert observed is not None
    assert sorted(observed.reports) == [f"{number:02}" for number in range(40, 50)]
