"""What keeps pods from being well, and what to do about it."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.observed import troubles
from billing_operator.observed.troubles import PodProblem
from support.operator.builders import a_deployment, a_pod

POD = "pod shop-payment-0"


def of_pod(live: Manifest) -> PodProblem:
    found = troubles.of_pod(live, "payment")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("ErrImagePull", "spec.payment.imagePullSecrets"),
        ("ImagePullBackOff", "spec.payment.image"),
        ("ErrImageNeverPull", "spec.payment.image"),
        ("InvalidImageName", "spec.payment.image"),
        ("ImageInspectError", "spec.payment.image"),
        ("CreateContainerConfigError", "spec.payment.env"),
        ("CrashLoopBackOff", "kubectl logs -n payments shop-payment-0 -c payment --previous"),
        ("RunContainerError", "kubectl describe pod -n payments shop-payment-0"),
    ],
)
def test_a_container_that_waits_for_a_person_says_what_to_do(reason: str, remedy: str) -> None:
    found = of_pod(a_pod(ready=False, waiting={"reason": reason, "message": "why"}))

    assert (found.where, found.reason, found.message) == (POD, reason, "why")
    assert found.needs_action
    assert str(found).startswith(f"{POD}: {reason}: why; to mend it, ")
    assert remedy in found.remedy


def test_a_reason_that_nobody_knows_is_told_and_may_pass() -> None:
    found = of_pod(a_pod(ready=False, waiting={"reason": "SomethingNew"}))

    assert str(found) == f"{POD}: SomethingNew"
    assert not found.needs_action


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_container_that_is_being_made_is_no_trouble(reason: str) -> None:
    assert troubles.of_pod(a_pod(ready=False, waiting={"reason": reason}), "payment") is None


def test_a_crash_tells_how_the_container_last_ended() -> None:
    live = a_pod(ready=False, waiting={"reason": "CrashLoopBackOff", "message": "back-off 10s"})
    ended = {"terminated": {"reason": "Error", "exitCode": 3}}
    live["status"]["containerStatuses"][0]["lastState"] = ended

    assert of_pod(live).message == "back-off 10s, ended with Error (3)"


def test_a_container_that_wants_more_memory_than_it_may_have_says_so() -> None:
    live = a_pod(ready=False, waiting={"reason": "CrashLoopBackOff"})
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    live["status"]["containerStatuses"][0]["lastState"] = ended

    assert of_pod(live).message == "ended with OOMKilled (137)"
    assert of_pod(live).remedy == "raise spec.payment.resources.limits.memory"


def restarted(times: int, *, after: str, ready: bool = False) -> Manifest:
    """A pod whose container runs, after others that began at noon and ended at a time."""
    live = a_pod(ready=ready)
    live["status"]["containerStatuses"][0] |= {
        "restartCount": times,
        "ready": ready,
        "state": {"running": {}},
        "lastState": {
            "terminated": {
                "reason": "Error",
                "exitCode": 3,
                "startedAt": "2025-01-01T12:00:00Z",
                "finishedAt": f"2025-01-01T{after}Z",
            }
        },
    }
    return live


def test_a_container_that_tries_again_is_in_the_same_trouble_as_between_two_tries() -> None:
    found = of_pod(restarted(2, after="12:09:59"))

    assert (found.reason, found.message) == ("CrashLoopBackOff", "ended with Error (3)")
    assert "kubectl logs" in found.remedy


@pytest.mark.parametrize(
    "live",
    [
        restarted(1, after="12:00:01"),
        restarted(9, after="12:10:00"),
        restarted(9, after="12:00:01", ready=True),
    ],
    ids=["the first restart", "after a good run", "well again"],
)
def test_a_container_that_starts_anew_is_no_trouble(live: Manifest) -> None:
    assert troubles.of_pod(live, "payment") is None


def test_a_container_that_runs_first_counts_as_well() -> None:
    live = a_pod(ready=False, waiting={"reason": "PodInitializing"})
    first = {"name": "mesh", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    live["status"]["initContainerStatuses"] = [first]

    assert "-c mesh --previous" in of_pod(live).remedy


def test_the_spec_has_no_remedy_for_a_container_that_somebody_injected() -> None:
    live = a_pod(ready=False)
    live["status"]["containerStatuses"] = [
        {"name": "mesh", "state": {"waiting": {"reason": "ErrImagePull"}}}
    ]

    assert of_pod(live).remedy == "find out why: kubectl describe pod -n payments shop-payment-0"


def test_memory_is_no_remedy_for_what_came_after_it() -> None:
    live = a_pod(ready=False, waiting={"reason": "ImagePullBackOff"})
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    live["status"]["containerStatuses"][0]["lastState"] = ended

    assert "spec.payment.image" in of_pod(live).remedy


def test_a_pod_that_fits_on_no_node_is_trouble() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    condition["message"] = "Insufficient memory"
    live = a_pod(phase="Pending", ready=False, conditions=[condition])
    del live["status"]["containerStatuses"]

    assert str(of_pod(live)).startswith(f"{POD}: Unschedulable: Insufficient memory; to mend it, ")
    assert "spec.payment.resources.requests" in of_pod(live).remedy


@pytest.mark.parametrize(
    ("condition", "remedy"),
    [
        (
            {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"},
            "what the admission of the namespace refuses",
        ),
        (
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"},
            "kubectl describe pods -n payments -l billing.antaeus.io/part=payment,",
        ),
    ],
    ids=["ReplicaFailure", "Progressing"],
)
def test_a_rollout_that_failed_is_trouble(condition: Manifest, remedy: str) -> None:
    live = a_deployment(ready=0, conditions=[condition | {"message": "no"}])
    found = troubles.of_rollout(live, "payment")

    assert found is not None
    assert (found.where, found.message) == ("deployment shop-payment", "no")
    assert found.needs_action
    assert remedy in found.remedy


@pytest.mark.parametrize(
    "said", ["exceeded quota: few", "maximum memory usage per Container is 8Mi"]
)
def test_a_quota_or_a_limit_is_named_as_such(said: str) -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    live = a_deployment(ready=0, conditions=[failure | {"message": said}])
    found = troubles.of_rollout(live, "payment")

    assert found is not None
    assert "kubectl describe quota,limitrange -n payments" in found.remedy


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("1 node(s) had untolerated taint {spot: }", "spec.payment.nodeSelector, .affinity, .tol"),
        ("didn't match Pod's node affinity/selector", "spec.payment.nodeSelector, .affinity, .tol"),
        ("didn't match pod topology spread constraints", "and .topologySpreadConstraints to the"),
        ("no nodes available to schedule pods", "find out why: kubectl describe pod"),
    ],
)
def test_what_nodes_do_not_fit_is_not_mended_by_smaller_requests(said: str, remedy: str) -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    live = a_pod(phase="Pending", ready=False, conditions=[condition | {"message": said}])
    del live["status"]["containerStatuses"]

    assert remedy in of_pod(live).remedy
    assert "kubectl describe pod -n payments shop-payment-0" in of_pod(live).remedy


def test_an_image_of_root_that_may_not_run_as_root_needs_a_user_and_no_variable() -> None:
    said = "container has runAsNonRoot and image will run as root"
    waiting = {"reason": "CreateContainerConfigError", "message": said}

    remedy = of_pod(a_pod(ready=False, waiting=waiting)).remedy

    assert "spec.payment.securityContext.runAsUser" in remedy


def test_a_priority_class_that_is_not_there_is_named_as_such() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    failure["message"] = 'pods "x" is forbidden: no PriorityClass with name gold was found'
    found = troubles.of_rollout(a_deployment(ready=0, conditions=[failure]), "payment")

    assert found is not None
    assert "spec.payment.priorityClassName" in found.remedy


def test_a_rollout_on_its_way_is_no_trouble() -> None:
    condition = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}

    assert troubles.of_rollout(a_deployment(conditions=[condition]), "payment") is None


def test_a_long_story_leaves_room_for_the_remedy() -> None:
    waiting = {"reason": "ErrImagePull", "message": "x" * 5000}
    found = of_pod(a_pod(ready=False, waiting=waiting))

    assert len(str(found)) < 1500
    assert str(found).endswith(found.remedy)
