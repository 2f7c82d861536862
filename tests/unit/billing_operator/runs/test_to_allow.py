"""Who is told that it may pay: what was decided is held against what is there by then."""

from copy import deepcopy

from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY
from billing_operator.runs.jobs import runs_of, with_leave
from billing_operator.runs.leave import to_allow
from support.operator.admission_context import FIRST, decided, observed_runs
from support.operator.builders import an_instance
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod

GIVEN: Manifest = {
    "running": {
        "job": "run",
        "uid": "uid of run",
        "admissionTime": "2025-01-01T00:01:00Z",
        "antaeusInstance": FIRST,
        "paid": 2,
        "podUID": "uid of run-x",
        "leaveTime": "2025-01-01T00:01:10Z",
    }
}


def allowed(
    status: Manifest = GIVEN,
    *pods: Manifest,
    job: Manifest | None = None,
    instance: str | None = "first",
) -> str | None:
    """UID of the pod that is told, if one is."""
    there = pods or (a_run_pod(running={}),)
    runs = runs_of([job or a_job(suspend=False)], there, CRON_UID)
    of_now = an_instance(instance) if instance else None
    pod = to_allow(status, runs, with_leave(there), of_now)
    return pod.uid if pod else None


def but(**changes: object) -> Manifest:
    """The status, with other values in its record."""
    return {"running": {**GIVEN["running"], **changes}}


def told(name: str, uid: str) -> Manifest:
    """A pod of another Job that has leave."""
    pod = a_run_pod(name, running={})
    pod["metadata"] |= {"uid": uid, "annotations": {MAY_PAY: uid}}
    return pod


def test_the_pod_of_the_record_is_told() -> None:
    assert allowed() == "uid of run-x"


def test_nobody_is_told_what_was_not_decided() -> None:
    assert allowed({}) is None
    assert allowed(but(leaveTime=None)) is None
    assert allowed(but(leaveMessage="spec.hibernate is true")) is None


def test_nobody_is_told_for_another_antaeus() -> None:
    assert allowed(GIVEN, instance="second") is None
    assert allowed(GIVEN, instance="first/1") is None
    assert allowed(GIVEN, instance=None) is None


def test_another_pod_of_the_job_is_not_told() -> None:
    another = a_run_pod(running={})
    another["metadata"]["uid"] = "uid of another"

    assert allowed(GIVEN, another) is None


def test_a_pod_that_does_not_run_any_more_is_not_told() -> None:
    assert allowed(GIVEN, a_run_pod(terminated={"exitCode": 1})) is None
    assert allowed(GIVEN, job=a_job(ended="Failed")) is None
    assert allowed(GIVEN, job=a_job(suspend=True, generation=3)) is None


def test_nobody_is_told_beside_a_pod_that_was_told_before() -> None:
    assert allowed(GIVEN, a_run_pod(running={}), told("old", "uid of old")) is None


def test_a_run_waits_for_a_pod_with_leave_of_which_no_record_knows() -> None:
    """As after a loss of the status."""
    orphan = told("old", "uid of old")
    found = decided(observed_runs(a_job(), pods=(orphan,)))

    assert found["waiting"]["reason"] == "RunUnderWay"
    assert "kubectl delete --force -n payments pod old-x" in found["waiting"]["message"]


def test_a_job_that_a_person_no_longer_lets_pay_gets_no_leave() -> None:
    record = deepcopy(GIVEN)
    for name in ("admissionTime", "leaveTime", "antaeusInstance", "paid"):
        del record["running"][name]
    by_hand = a_job(suspend=False)
    pod = a_run_pod(running={})
    runs = observed_runs(by_hand, pods=(pod,))
    assert "leaveTime" not in decided(runs, record)["running"]

    by_hand["metadata"]["annotations"] = {MAY_PAY: "uid of run"}
    runs = observed_runs(by_hand, pods=(pod,))
    assert "leaveTime" in decided(runs, record)["running"]
