"""What policies and meshes do to the pods of runs, and what is told of such runs."""

from copy import deepcopy

from billing_dev.eventually import eventually
from billing_operator.kinds import JOB, Manifest
from support.cluster.billing_runs import (
    charged,
    make_run_at_once,
    until_billing,
    until_noticed,
    until_run,
)
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace

_DEADLINE = 60


def with_sidecar(spec: Manifest) -> Manifest:
    """A second container that goes on for minutes: the same program, which nobody gives leave."""
    changed = deepcopy(spec)
    containers = changed["template"]["spec"]["containers"]
    sidecar = {k: v for k, v in containers[0].items() if k != "volumeMounts"}
    containers.append(sidecar | {"name": "mesh"})
    return changed


def removed_at_its_end(spec: Manifest) -> Manifest:
    """As a policy has it that wants no finished Jobs."""
    return spec | {"ttlSecondsAfterFinished": 0}


def test_a_run_beside_a_sidecar_ends_with_its_outcome_and_lets_the_next_begin(
    workspace: Workspace,
) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", {"payment": {"successRate": 1}})
        workspace.until_complete("shop")
        make_run_at_once(workspace, "first", with_sidecar)

        assert until_run(workspace, "first", "Succeeded")["newlyPaid"] > 0
        job = workspace.api.read(JOB, workspace.namespace, "first")
        assert job is not None
        assert job["status"]["active"] == 1
        make_run_at_once(workspace, "second")
        assert until_run(workspace, "second", "Succeeded")["newlyPaid"] == 0
        assert set(charged(workspace).values()) == {1}


def test_the_outcome_of_a_job_that_is_removed_at_its_end_is_known(workspace: Workspace) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", {"payment": {"successRate": 1}})
        workspace.until_complete("shop")
        for number in range(8):
            name = f"run-{number}"
            make_run_at_once(workspace, name, removed_at_its_end)
            until_run(workspace, name, "Succeeded")
            eventually(
                lambda name=name: workspace.api.read(JOB, workspace.namespace, name) is None,  # type: ignore[misc]
                within=NOTICED,
            )
        assert set(charged(workspace).values()) == {1}


def test_a_run_that_a_quota_refuses_is_told_within_a_minute_and_has_charged_nothing(
    workspace: Workspace,
) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", {"billing": {"activeDeadlineSeconds": _DEADLINE}})
        workspace.until_complete("shop")
        name = {"name": "cpu", "namespace": workspace.namespace}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": name}
        workspace.kube.apply(quota | {"spec": {"hard": {"limits.cpu": "4"}}})
        in_force = "--for=jsonpath={.status.hard}"
        workspace.kube("-n", workspace.namespace, "wait", in_force, "resourcequota/cpu")
        make_run_at_once(workspace, "refused")

        message = until_billing(
            workspace, lambda billing: billing.get("running", {}).get("message"), within=60
        )["running"]["message"]
        assert "job refused: no pod is made: " in message
        assert "must specify limits.cpu" in message
        assert "kubectl describe job" in message
        until_noticed(workspace, "Warning", "BillingRunStuck")
        until_run(workspace, "refused", "NotSent", within=2 * _DEADLINE)
        assert charged(workspace) == {}
