"""Which run may begin: the oldest, when nothing speaks against it, and never two."""

from typing import Any

import pytest

from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY
from billing_operator.observed.stack import observe
from billing_operator.runs.admission import billing, to_begin, to_skip
from billing_operator.runs.context import ObservedRuns
from support.operator.admission_context import FIRST, a_context, at, decided, observed_runs
from support.operator.builders import a_pod, a_reading, a_stack, an_instance
from support.operator.run_manifests import a_job, a_run_pod

ADMITTED = {
    "job": "run",
    "uid": "uid of run",
    "admissionTime": "2025-01-01T00:01:00Z",
    "antaeusInstance": FIRST,
    "paid": 2,
    "pending": 8,
}
UNSETTLED = {
    "job": "old",
    "uid": "uid of old",
    "time": "2025-01-01T00:00:30Z",
    "antaeusInstance": FIRST,
}
DIRECT = {"time": "2025-01-01T00:00:30Z", "antaeusInstance": FIRST, "paid": 2}


def named(observed: ObservedRuns, known: Manifest, instance: str = "first") -> str | None:
    """The run that is let begin by a status, while this Antaeus answers."""
    run = to_begin(known, observed.runs, an_instance(instance))
    return run.name if run else None


def test_a_run_begins_when_nothing_speaks_against_it() -> None:
    observed = observed_runs(a_job())
    found = decided(observed)

    assert found == {"running": ADMITTED}
    assert named(observed, found) == "run"


def test_a_run_does_not_begin_with_another_antaeus_than_it_was_admitted_with() -> None:
    """Between the status and the Job, Antaeus may start anew and forget what was paid."""
    observed = observed_runs(a_job())

    assert named(observed, {"running": ADMITTED}) == "run"
    assert named(observed, {"running": ADMITTED}, "second") is None
    assert named(observed, {"running": ADMITTED}, "first/1") is None
    assert to_begin({"running": ADMITTED}, observed.runs, None) is None


def test_nothing_is_said_where_there_is_no_run() -> None:
    assert decided(observed_runs()) == {}


def test_the_oldest_begins_and_the_next_waits_for_it() -> None:
    observed = observed_runs(a_job(made="2025-01-01T00:00:01Z"), a_job("first"))
    found = decided(observed)

    assert found["running"]["job"] == "first"
    assert found["waiting"] == {
        "job": "run",
        "reason": "RunUnderWay",
        "message": "run first is under way, and there is one at a time",
    }


def test_what_was_written_down_is_not_written_again() -> None:
    """A pass may end between the status and the Job, and the next one goes on from there."""
    observed = observed_runs(a_job())

    assert decided(observed, {"running": ADMITTED}, now=at(30)) == {"running": ADMITTED}
    assert named(observed, {"running": ADMITTED}) == "run"


@pytest.mark.parametrize(
    ("reason", "spec", "known", "changes"),
    [
        ("Suspended", {"suspend": True}, {}, {}),
        ("Hibernated", {"hibernate": True}, {}, {}),
        ("TokenRotating", {}, {}, {"rotating": True}),
        ("InvoicesReset", {}, {}, {"reset": True}),
        ("UnresolvedRun", {}, {"unresolvedRun": UNSETTLED}, {}),
        ("UnmanagedPayCall", {}, {"unmanagedRun": DIRECT}, {}),
        ("NotReady", {}, {}, {"unready": "AntaeusStarting: antaeus: 0 of 1 pods ready"}),
        ("NoPaymentPod", {}, {}, {"takes_charges": False}),
        ("InvoicesUnknown", {}, {}, {"reading": None}),
        # Another Antaeus than the one that was read: it may have forgotten everything.
        ("InvoicesUnknown", {}, {}, {"instance": an_instance("second")}),
        ("InvoicesUnknown", {}, {}, {"instance": None}),
    ],
    ids=[
        "the stack is suspended",
        "the stack is hibernated",
        "the token is rotating",
        "the invoices were reset",
        "an earlier run is unresolved",
        "somebody called pay directly",
        "Antaeus is not ready",
        "payment has no pod that is ready",
        "the invoices were never read",
        "another Antaeus than the one that was read",
        "no Antaeus is there",
    ],
)
@pytest.mark.parametrize("written", [False, True], ids=["new", "written down already"])
def test_what_speaks_against_a_run_keeps_it_waiting_and_is_named(
    reason: str, spec: Manifest, known: Manifest, changes: dict[str, Any], *, written: bool
) -> None:
    """Also one that was written down: it has not begun, so it can still be taken back."""
    observed = observed_runs(a_job())
    before = known | ({"running": ADMITTED} if written else {})
    found = decided(observed, before, spec=spec, **changes)

    assert "running" not in found
    assert (found["waiting"]["job"], found["waiting"]["reason"]) == ("run", reason)
    assert named(observed, found) is None


@pytest.mark.parametrize(
    ("known", "value"), [({"unresolvedRun": UNSETTLED}, "uid of old")], ids=["an unresolved run"]
)
def test_who_knows_that_a_batch_is_over_is_told_how_to_say_so(known: Manifest, value: str) -> None:
    observed = observed_runs(a_job(), unknown_because="payment's pods do not tell what they count")
    message = decided(observed, known)["waiting"]["message"]
    said = {"billing.antaeus.io/acknowledge-run": value}
    words = "kubectl annotate --overwrite -n payments bst shop"

    assert message.endswith(f"{words} billing.antaeus.io/acknowledge-run={value}")
    assert "which can't be told now, since payment's pods do not tell" in message
    assert "unresolvedRun" not in decided(observed, known, annotations=said)
    # Whether somebody else charges is still not known.
    assert decided(observed, known, annotations=said)["waiting"]["reason"] == "ActivityUnknown"
    assert decided(observed_runs(a_job()), known, annotations=said)["running"]["job"] == "run"


def test_a_record_of_an_earlier_life_is_made_anew() -> None:
    earlier = ADMITTED | {"antaeusInstance": {"podUID": "earlier", "restartCount": 0}}

    assert decided(observed_runs(a_job()), {"running": earlier}) == {"running": ADMITTED}


def test_a_job_that_a_person_let_begin_goes_first_if_the_person_says_so() -> None:
    by_hand = a_job("by-hand", suspend=False, made="2025-01-01T00:00:30Z")
    observed = observed_runs(a_job(), by_hand)
    # It has no leave to pay, and nobody means to give it any.
    assert decided(observed, {"running": ADMITTED}) == {"running": ADMITTED}

    by_hand["metadata"]["annotations"] = {MAY_PAY: by_hand["metadata"]["uid"]}
    observed = observed_runs(a_job(), by_hand)
    found = decided(observed, {"running": ADMITTED})
    assert found["running"]["job"] == "by-hand"
    assert found["waiting"]["job"] == "run"
    assert named(observed, found) is None


def test_nothing_begins_beside_a_pod_that_may_pay_whatever_the_status_says() -> None:
    pod = a_run_pod("by-hand", running={})
    pod["metadata"]["annotations"] = {MAY_PAY: pod["metadata"]["uid"]}
    observed = observed_runs(a_job(), a_job("by-hand", suspend=False), pods=(pod,))

    assert named(observed, {"running": ADMITTED}) is None
    found = decided(observed, {})
    assert (found["running"]["job"], "leaveTime" in found["running"]) == ("by-hand", True)


@pytest.mark.parametrize(
    "job",
    [
        a_job(suspend=False),
        a_job(generation=3),
        a_job(ended="Failed"),
        a_job(deletionTimestamp="2025-01-01T00:00:00Z"),
    ],
    ids=["runs", "was suspended again", "has ended", "is being deleted"],
)
def test_a_job_that_has_begun_once_is_never_let_begin(job: Manifest) -> None:
    assert named(observed_runs(job), {"running": ADMITTED}) is None


@pytest.mark.parametrize(
    ("job", "spec", "known", "why"),
    [
        (a_job(), {}, {}, "it could not begin within 3600 s"),
        (
            a_job(),
            {"billing": {"startingDeadlineSeconds": 60}},
            {},
            "it could not begin within 60 s",
        ),
        (a_job(generation=3), {}, {"lastRun": {"uid": "uid of run"}}, "it was suspended after"),
    ],
    ids=["past the default deadline", "past a deadline that was set", "stopped after it had begun"],
)
def test_a_run_that_is_not_to_begin_any_more_is_skipped_with_the_reason(
    job: Manifest, spec: Manifest, known: Manifest, why: str
) -> None:
    observed = observed_runs(job)
    found = decided(observed, known, spec=spec, now=at(3540))

    assert "running" not in found
    assert "waiting" not in found
    assert found["lastSkipped"]["message"].startswith(why)
    skipped = to_skip(found, observed.runs)
    assert skipped is not None
    assert skipped.name == "run"


def test_a_run_that_is_not_late_yet_is_not_skipped() -> None:
    assert "lastSkipped" not in decided(
        observed_runs(a_job()), now=at(3539), spec={"hibernate": True}
    )


def test_a_suspended_stack_skips_nothing() -> None:
    found = decided(observed_runs(a_job()), now=at(9999), spec={"suspend": True})

    assert "lastSkipped" not in found
    assert found["waiting"]["reason"] == "Suspended"


def test_runs_are_skipped_one_after_the_other() -> None:
    both = (a_job("a"), a_job("b"))
    first = decided(observed_runs(*both), now=at(9999))
    again = decided(observed_runs(*both), first, now=at(10000))
    second = decided(observed_runs(both[1]), first, now=at(10001))

    assert first["lastSkipped"]["job"] == again["lastSkipped"]["job"] == "a"
    assert second["lastSkipped"]["job"] == "b"


def test_a_time_before_the_schedule_was_set_is_not_made_up_for() -> None:
    spec = {"billing": {"schedule": "0 * * * *", "timeZone": "Etc/UTC"}}
    before, after = "2025-01-01T00:00:59Z", "2025-01-01T01:01:00+01:00"
    known = decided(observed_runs(), spec=spec)

    assert known == {
        "schedule": {"expression": "0 * * * * Etc/UTC", "effectiveTime": "2025-01-01T00:01:00Z"}
    }
    early = decided(observed_runs(a_job(scheduled=before)), known, spec=spec, now=at(30))
    assert early["lastSkipped"]["message"] == "its time was before the schedule was set"
    assert early["schedule"] == known["schedule"]
    assert "running" in decided(observed_runs(a_job(scheduled=after)), known, spec=spec, now=at(30))
    # Made by hand, it has no time of its own.
    assert "running" in decided(observed_runs(a_job()), known, spec=spec, now=at(30))


def test_another_schedule_begins_when_it_is_set() -> None:
    known = {"schedule": {"expression": "0 * * * *", "effectiveTime": "2024-01-01T00:00:00Z"}}
    found = decided(observed_runs(), known, spec={"billing": {"schedule": "5 * * * *"}})

    assert found["schedule"]["effectiveTime"] == "2025-01-01T00:01:00Z"
    assert decided(observed_runs(), known) == {}


def test_a_run_whose_schedule_was_removed_meanwhile_is_skipped() -> None:
    """Also where nothing else speaks against it any more."""
    scheduled = a_job(scheduled="2025-01-01T00:00:00Z")
    by_hand = a_job("by-hand", made="2025-01-01T00:00:01Z")
    known = {"schedule": {"expression": "* * * * *", "effectiveTime": "2024-12-31T00:00:00Z"}}
    found = decided(observed_runs(scheduled, by_hand), known)

    assert found["lastSkipped"]["job"] == "run"
    assert "the schedule by which it was made was removed" in found["lastSkipped"]["message"]
    assert found["running"]["job"] == "by-hand"
    still = decided(observed_runs(scheduled), known, spec={"billing": {"schedule": "* * * * *"}})
    assert still["running"]["job"] == "run"


def test_a_batch_is_not_over_while_its_pod_is_still_to_end() -> None:
    """Its successor is ready, and it may charge on until its process has gone."""
    pods = a_pod("antaeus", "old", uid="first", leaving=True), a_pod("antaeus", "new", uid="second")
    now_second: dict[str, Any] = {
        "reading": a_reading(2, 8, "second"),
        "instance": an_instance("second"),
    }
    ending = observe((), pods).all_of("antaeus")
    found = decided(
        observed_runs(a_job()), {"unresolvedRun": UNSETTLED}, antaeus_pods=ending, **now_second
    )

    assert found["unresolvedRun"] == UNSETTLED
    assert "(its pod old on node node-1 is still to end)" in found["waiting"]["message"]
    gone = observe((), pods[1:]).all_of("antaeus")
    later = decided(
        observed_runs(a_job()), {"unresolvedRun": UNSETTLED}, antaeus_pods=gone, **now_second
    )
    assert "unresolvedRun" not in later
    assert later["running"]["job"] == "run"


def test_without_sight_of_the_runs_all_stays_as_it_was() -> None:
    stack = a_stack(status={"billing": {"running": ADMITTED}})

    assert billing(stack, None, a_context()) == {"running": ADMITTED}
