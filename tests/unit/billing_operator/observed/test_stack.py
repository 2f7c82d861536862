"""What the cluster has for a stack, in the terms of decisions."""

from typing import Any

import pytest

from billing_operator.kinds import Manifest, Ref
from billing_operator.observed.stack import AntaeusInstance, Pod, observe
from support.operator.builders import a_deployment, a_pod, an_instance


def one(live: Manifest) -> Pod:
    (pod,) = observe([], [live]).pods
    return pod


def test_children_are_found_by_kind_and_name() -> None:
    assert observe([a_deployment()], []).children == {
        Ref("Deployment", "shop-payment"): a_deployment()
    }


def test_a_pod_tells_its_part_address_and_image() -> None:
    pod = one(a_pod("payment"))

    assert (pod.part, pod.ip, pod.image) == ("payment", "10.0.0.1", "example.test/payment:1")
    assert (pod.running, pod.ready, pod.leaving, pod.trouble) == (True, True, False, None)


def test_a_pod_without_status_is_neither_running_nor_ready() -> None:
    live = a_pod()
    del live["status"]

    assert (one(live).running, one(live).ready, one(live).ip) == (False, False, "")


def test_the_image_is_that_of_our_container_wherever_a_sidecar_stands() -> None:
    live = a_pod("payment")
    live["spec"]["containers"].insert(0, {"name": "proxy", "image": "example.test/proxy:1"})

    assert one(live).image == "example.test/payment:1"


def test_pods_stand_in_the_order_of_their_names() -> None:
    pods = observe([], [a_pod(name="b"), a_pod(name="a")]).pods

    assert [pod.name for pod in pods] == ["a", "b"]


@pytest.mark.parametrize(
    "owners",
    [
        [],
        [{"kind": "ReplicaSet", "name": "shop-payment-5f", "uid": "1"}],
        [{"kind": "Job", "name": "shop-payment-5f", "uid": "1", "controller": True}],
        [{"kind": "ReplicaSet", "name": "shop-2-payment-5f", "uid": "1", "controller": True}],
    ],
    ids=["bare", "not controlled", "a job's", "another stack's"],
)
def test_a_pod_that_only_bears_our_labels_is_not_ours(owners: list[Manifest]) -> None:
    assert observe([], [a_pod(ownerReferences=owners)]).pods == ()


def test_pods_on_their_way_out_count_for_nothing() -> None:
    seen = observe([], [a_pod("antaeus", leaving=True)])

    assert seen.of("antaeus") == ()
    assert not seen.antaeus_runs


@pytest.mark.parametrize(("phase", "runs"), [("Running", True), ("Pending", False)])
def test_antaeus_runs_once_its_pod_does_ready_or_not(phase: str, runs: bool) -> None:  # noqa: FBT001 - a row of the table
    assert observe([], [a_pod("antaeus", phase=phase, ready=False)]).antaeus_runs is runs


def test_only_ready_payment_pods_answer() -> None:
    pods = [a_pod(name="a"), a_pod(name="b", ready=False), a_pod("antaeus", name="c")]

    assert [pod.name for pod in observe([], pods).payment_answers] == ["a"]


def test_a_rollout_is_complete_when_all_counts_agree() -> None:
    rollout = observe([a_deployment(wanted=2)], []).rollout("shop", "payment")

    assert rollout is not None
    assert (rollout.wanted, rollout.existing, rollout.ready, rollout.complete) == (2, 2, 2, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"ready": 1},
        {"updatedReplicas": 1},
        {"replicas": 3},
        {"generation": 2, "observed": 1},
    ],
    ids=["a pod not ready", "an old template", "an old pod left", "a stale status"],
)
def test_a_rollout_is_incomplete_while(changes: dict[str, Any]) -> None:
    rollout = observe([a_deployment(wanted=2, **changes)], []).rollout("shop", "payment")

    assert rollout is not None
    assert not rollout.complete


def test_a_deployment_without_status_has_only_begun() -> None:
    live = a_deployment()
    del live["status"]
    rollout = observe([live], []).rollout("shop", "payment")

    assert rollout is not None
    assert (rollout.ready, rollout.complete) == (0, False)


def test_there_is_no_rollout_without_a_deployment() -> None:
    assert observe([a_deployment("antaeus")], []).rollout("shop", "payment") is None


def test_trouble_of_an_earlier_generation_is_no_news() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    live = a_deployment(ready=0, generation=2, observed=1, conditions=[failure])
    rollout = observe([live], []).rollout("shop", "payment")

    assert rollout is not None
    assert rollout.trouble is None


def test_an_antaeus_in_a_crash_loop_has_nothing_left_to_forget() -> None:
    crashing = a_pod("antaeus", waiting={"reason": "CrashLoopBackOff"})
    assert not observe((), [crashing]).antaeus_runs
    assert observe((), [a_pod("antaeus")]).antaeus_runs


def an_antaeus(uid: str = "first", *, restarts: int = 0, ready: bool = True) -> Manifest:
    """Beside a sidecar that is restarted often, which costs no payment."""
    live = a_pod("antaeus", f"shop-antaeus-{uid}", ready=ready, uid=uid)
    (own,) = live["status"]["containerStatuses"]
    sidecar = {"name": "proxy", "restartCount": 7}
    live["status"]["containerStatuses"] = [sidecar, own | {"restartCount": restarts}]
    return live


def test_each_start_of_antaeus_is_an_instance_of_its_own() -> None:
    instances = [
        observe([], [live]).antaeus_instance
        for live in (an_antaeus(), an_antaeus(restarts=1), an_antaeus("second"))
    ]

    assert instances == [an_instance("first/0"), an_instance("first/1"), an_instance("second/0")]


@pytest.mark.parametrize(
    "pods",
    [[], [an_antaeus(ready=False)], [an_antaeus(), an_antaeus("second")]],
    ids=["none", "none is ready", "two are"],
)
def test_nobody_knows_whose_answer_it_is_unless_one_antaeus_alone_is_ready(
    pods: list[Manifest],
) -> None:
    assert observe([], pods).antaeus_instance is None


def test_an_antaeus_that_was_released_from_its_replica_set_still_answers() -> None:
    """Its Service leads to it as well, so nobody knows to which of the two a call goes."""
    released = a_pod("antaeus", "old", uid="first", ownerReferences=[])
    seen = observe([], [released, a_pod("antaeus", "new", uid="second")])

    assert [pod.name for pod in seen.pods] == ["new"]
    assert seen.antaeus_instance is None
    assert any(pod.may_host(AntaeusInstance("first", 0)) for pod in seen.all_of("antaeus"))
    ended = a_pod("antaeus", "old", uid="first", ownerReferences=[], phase="Succeeded")
    again = observe([], [ended, a_pod("antaeus", "new", uid="second")])
    assert again.antaeus_instance == AntaeusInstance("second", 0)
