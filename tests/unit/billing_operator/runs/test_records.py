"""What is remembered of runs and batches: until it is known to be over, and not longer."""

from typing import Any

import pytest

from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY
from billing_operator.runs.report import RunReport
from support.operator.admission_context import (
    FIRST,
    INVOICES,
    QUIET,
    at,
    decided,
    observed_runs,
)
from support.operator.builders import a_reading, an_instance
from support.operator.run_manifests import a_job, a_run_pod

BEGUN = {
    "job": "run",
    "uid": "uid of run",
    "admissionTime": "2025-01-01T00:00:00Z",
    "startTime": "2025-01-01T00:00:01Z",
    "leaveTime": "2025-01-01T00:00:02Z",
    "podUID": "uid of run-x",
    "antaeusInstance": FIRST,
    "paid": 2,
    "pending": 8,
}
ONCE_BEGUN = ("startTime", "leaveTime", "podUID")
KNOWN: Manifest = {"running": BEGUN}
PAID = RunReport(
    sent=True,
    status=200,
    answer=True,
    paid_before=2,
    pending_before=8,
    paid_after=10,
    pending_after=0,
)
UNSETTLED = {
    "job": "run",
    "uid": "uid of run",
    "time": "2025-01-01T00:01:00Z",
    "antaeusInstance": FIRST,
    "podUID": "uid of run-x",
}


def ended(report: RunReport | str | None = None, **changes: Any) -> Manifest:
    """What is said of a run that has ended, with what its pod said, if that is there."""
    pods = () if report is None else (a_run_pod(report=report),)
    return decided(observed_runs(a_job(ended="Failed"), pods=pods), KNOWN, **changes)


def test_a_run_that_is_under_way_is_not_written_again() -> None:
    assert decided(observed_runs(a_job(suspend=False)), KNOWN, now=at(60)) == KNOWN


def test_when_a_run_has_begun_is_written_down() -> None:
    admitted = {name: of for name, of in BEGUN.items() if name not in ONCE_BEGUN}
    found = decided(observed_runs(a_job(suspend=False)), {"running": admitted})

    assert found["running"] == admitted | {"startTime": "2025-01-01T00:00:00Z"}


def test_a_run_that_ended_well_is_told_with_its_counts() -> None:
    found = ended(PAID)

    assert found["lastRun"] == {
        "job": "run",
        "uid": "uid of run",
        "outcome": "Succeeded",
        "startTime": "2025-01-01T00:00:01Z",
        "completionTime": "2025-01-01T00:01:00Z",
        "antaeusInstance": FIRST,
        "paidBefore": 2,
        "pendingBefore": 8,
        "paidAfter": 10,
        "pendingAfter": 0,
        "newlyPaid": 8,
        "refused": [],
        "message": "8 newly paid, none pending",
    }
    assert found["lastSuccessfulTime"] == "2025-01-01T00:01:00Z"
    assert "unresolvedRun" not in found


@pytest.mark.parametrize(
    ("report", "outcome", "explanation"),
    [
        (
            RunReport(True, 200, False, 2, 8, 5, 5),  # noqa: FBT003 - in the order of its fields
            "Declined",
            "3 newly paid, 5 pending: their charges were declined",
        ),
        (
            RunReport(True, 500, None, 2, 8, 3, 7),  # noqa: FBT003 - in the order of its fields
            "Incomplete",
            "1 newly paid, 7 pending: the batch broke off",
        ),
        (RunReport(explanation="no way"), "NotSent", "no way; nothing was charged"),
    ],
    ids=["charges were declined", "the batch broke off", "nothing was sent"],
)
def test_a_batch_that_is_known_to_have_ended_lets_the_next_run_begin(
    report: RunReport, outcome: str, explanation: str
) -> None:
    observed = observed_runs(a_job(ended="Failed"), a_job("next"), pods=(a_run_pod(report=report),))
    found = decided(observed, KNOWN)

    assert found["lastRun"]["outcome"] == outcome
    assert found["lastRun"]["message"].startswith(explanation)
    assert found["running"]["job"] == "next"
    assert "lastSuccessfulTime" not in found


@pytest.mark.parametrize(
    "jobs",
    [
        (),
        (a_job(ended="Failed"),),
        (a_job(ended="Complete"),),
        (a_job(generation=3),),
    ],
    ids=["deleted", "failed and its pod gone", "complete and its pod gone", "suspended"],
)
def test_a_run_whose_end_nobody_saw_lets_no_other_begin(jobs: tuple[Manifest, ...]) -> None:
    found = decided(observed_runs(*jobs, a_job("next")), KNOWN)

    assert found["lastRun"]["outcome"] == "Unknown"
    assert "Antaeus may still go on" in found["lastRun"]["message"]
    assert found["unresolvedRun"] == UNSETTLED
    assert "running" not in found
    assert found["waiting"]["reason"] == "UnresolvedRun"


@pytest.mark.parametrize(
    "report",
    [
        "",
        "no words of a run",
        RunReport(sent=True, explanation="no answer (Connection reset)"),
        RunReport(sent=True, status=504, explanation="status 504"),
        # It has ended, and then Antaeus did not even tell its invoices: who knows why.
        RunReport(sent=True, status=200, answer=False, paid_before=2),
    ],
    ids=["no words", "words of another", "no answer", "a gateway gave up", "no counts at the end"],
)
def test_what_a_pod_does_not_say_for_certain_is_not_taken_for_an_end(
    report: RunReport | str,
) -> None:
    assert ended(report)["unresolvedRun"] == UNSETTLED


@pytest.mark.parametrize(
    ("changes", "activity"),
    [
        ({"instance": an_instance("second"), "reading": a_reading(2, 8, "second")}, {}),
        ({"now": at(QUIET)}, {"unchanged_seconds": QUIET}),
        ({"annotations": {"billing.antaeus.io/acknowledge-run": "uid of run"}}, {}),
    ],
    ids=["another Antaeus", "all is still", "a person says so"],
)
def test_a_batch_is_over_with_its_antaeus_after_a_while_or_when_a_person_says_so(
    changes: dict[str, Any], activity: dict[str, Any]
) -> None:
    found = decided(
        observed_runs(a_job("next"), **activity), {"unresolvedRun": UNSETTLED}, **changes
    )

    assert "unresolvedRun" not in found
    assert found["running"]["job"] == "next"


@pytest.mark.parametrize(
    ("changes", "activity"),
    [
        ({"now": at(QUIET - 1)}, {"unchanged_seconds": 9999.0}),
        ({"now": at(9999)}, {"unchanged_seconds": QUIET - 1}),
        (
            {"now": at(9999)},
            {"unchanged_seconds": 9999.0, "unknown_because": "no answer"},
        ),
        ({"now": at(9999), "instance": None}, {}),
        ({"now": at(9999), "instance": an_instance("second")}, {}),
        ({"annotations": {"billing.antaeus.io/acknowledge-run": "uid of another"}}, {}),
    ],
    ids=["it was still before", "something moved", "blind", "no Antaeus", "unread", "another run"],
)
def test_a_batch_that_may_go_on_is_not_over(
    changes: dict[str, Any], activity: dict[str, Any]
) -> None:
    found = decided(
        observed_runs(a_job("next"), **activity), {"unresolvedRun": UNSETTLED}, **changes
    )

    assert found["unresolvedRun"] == UNSETTLED
    assert "running" not in found


def test_a_job_that_was_deleted_before_it_began_leaves_nothing_behind() -> None:
    job = a_job(deletionTimestamp="2025-01-01T00:00:00Z")
    admitted = {name: of for name, of in BEGUN.items() if name != "startTime"}

    assert decided(observed_runs(job), {"running": admitted}) == {}


def test_a_job_that_a_person_let_begin_is_followed_to_its_end() -> None:
    by_hand = a_job(suspend=False)
    assert decided(observed_runs(by_hand)) == {}
    by_hand["metadata"]["annotations"] = {MAY_PAY: by_hand["metadata"]["uid"]}
    found = decided(observed_runs(by_hand))
    assert found["running"] == {
        "job": "run",
        "uid": "uid of run",
        "startTime": "2025-01-01T00:00:00Z",
    }

    gone = decided(observed_runs(), found)
    assert (gone["lastRun"]["job"], gone["lastRun"]["outcome"]) == ("run", "NotSent")


def test_a_job_that_was_suspended_in_the_middle_ends_once_and_is_followed_no_more() -> None:
    stopped = observed_runs(a_job(generation=3))
    found = decided(stopped, KNOWN)

    assert found["lastRun"]["outcome"] == "Unknown"
    assert decided(stopped, found) == found


@pytest.mark.parametrize(
    ("known", "invoices"),
    [
        (KNOWN, INVOICES),
        ({"unresolvedRun": UNSETTLED}, INVOICES),
        ({"lastRun": {"uid": "1", "paidAfter": 10, "antaeusInstance": FIRST}}, INVOICES),
        ({}, INVOICES | {"paid": 10}),
        ({}, INVOICES | {"antaeusInstance": {"podUID": "before", "restartCount": 0}}),
        ({}, {}),
    ],
    ids=["a run", "a run's batch", "a run told it", "known", "another instance", "first reading"],
)
def test_what_a_run_paid_is_no_direct_call(known: Manifest, invoices: Manifest) -> None:
    observed = observed_runs(a_job(suspend=False)) if known is KNOWN else observed_runs()

    assert "unmanagedRun" not in decided(
        observed, known, invoices=invoices, reading=a_reading(10, 0)
    )


def test_what_a_run_that_ends_now_paid_is_no_direct_call() -> None:
    assert "unmanagedRun" not in ended(PAID, reading=a_reading(10, 0))


def test_why_a_pod_does_not_start_is_said_while_it_does_not() -> None:
    stuck = a_run_pod(waiting={"reason": "ErrImagePull"})
    found = decided(observed_runs(a_job(suspend=False), pods=(stuck,)), KNOWN)

    assert found["running"]["message"].startswith("pod run-x: ErrImagePull; to mend it, ")
    assert "message" not in decided(observed_runs(a_job(suspend=False)), found)["running"]
