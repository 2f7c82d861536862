"""What Jobs and pods say of billing runs."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.runs.jobs import Run, runs_of
from billing_operator.runs.report import RunReport
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod

PAID = RunReport(sent=True, status=200, answer=True, paid_before=2, paid_after=10)


def run(job: Manifest, *pods: Manifest) -> Run:
    (found,) = runs_of([job], pods, CRON_UID)
    return found


def states(job: Manifest) -> set[str]:
    found = run(job)
    return {name for name in ("waiting", "under_way", "stopped") if getattr(found, name)} | (
        {"ended"} if found.ended else set()
    )


@pytest.mark.parametrize(
    ("job", "state"),
    [
        (a_job(), {"waiting"}),
        (a_job(suspend=False), {"under_way"}),
        # Somebody let it begin and suspended it again, whether or not anybody saw it.
        (a_job(generation=3), {"stopped"}),
        (a_job(ended="Complete"), {"ended"}),
        (a_job(ended="Failed"), {"ended"}),
        (a_job(deletionTimestamp="2025-01-01T00:00:00Z"), set()),
        (a_job(suspend=False, deletionTimestamp="2025-01-01T00:00:00Z"), {"under_way"}),
    ],
    ids=[
        "a new one waits",
        "one that was let begin is under way",
        "one that was suspended again is stopped",
        "one that is complete has ended",
        "one that failed has ended",
        "a new one that is being deleted is in none",
        "one that runs while it is deleted is under way",
    ],
)
def test_a_job_is_in_one_state_at_a_time(job: Manifest, state: set[str]) -> None:
    assert states(job) == state


def test_runs_are_in_the_order_in_which_they_were_made() -> None:
    jobs = [
        a_job("b", made="2025-01-01T00:00:00Z"),
        a_job("c", made="2024-12-31T23:59:59Z"),
        a_job("a", made="2025-01-01T00:00:00Z"),
    ]

    assert [found.name for found in runs_of(jobs, [], CRON_UID)] == ["c", "a", "b"]


def test_a_job_that_only_bears_the_labels_is_no_run() -> None:
    assert runs_of([a_job(owner="another")], [], CRON_UID) == ()


def test_a_run_says_what_its_pod_said_at_the_end() -> None:
    job = a_job(ended="Complete")

    assert run(job, a_run_pod(report=PAID)).report == PAID
    assert run(job).report is None
    assert run(job, a_run_pod("another", report=PAID)).report is None
    assert run(job, a_run_pod(running={})).report is None


def test_of_two_pods_neither_is_believed() -> None:
    other = a_run_pod(report=PAID)
    other["metadata"]["name"] = "second"

    assert run(a_job(ended="Complete"), a_run_pod(report=PAID), other).report is None


def test_a_pod_that_is_being_made_is_not_stuck() -> None:
    starting = a_run_pod(waiting={"reason": "ContainerCreating"})

    assert run(a_job(suspend=False), starting).stuck == ""


@pytest.mark.parametrize("text", ["yesterday", "", "2025-01-01T00:00:00", "99999999999"])
def test_a_job_with_a_time_that_nobody_can_read_is_as_one_that_a_person_made(text: str) -> None:
    annotations = {"batch.kubernetes.io/cronjob-scheduled-timestamp": text}
    job = a_job()
    job["metadata"]["annotations"] = annotations

    assert run(job).scheduled is None
