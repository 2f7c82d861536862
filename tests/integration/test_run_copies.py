"""Copies of a run that was let begin, as dashboards, restores and people make them: none pays."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from billing_operator.kinds import JOB, POD, Kind, Manifest
from support.cluster.billing_runs import (
    accepted,
    charged,
    make_run_at_once,
    run_pods,
    until_charging,
    until_run,
)
from support.cluster.workspace import Workspace

_INVOICES = 12
_SECONDS_EACH = 1.0
# What a copy may not have, or gets anew.
_OF_ITS_OWN = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation")
_OF_ITS_JOB = tuple(
    f"{prefix}{label}"
    for prefix in ("", "batch.kubernetes.io/")
    for label in ("controller-uid", "job-name")
)


def stripped(live: Manifest, name: str) -> Manifest:
    """As `kubectl get -o yaml` shows it, without what the API server would refuse."""
    copy = {part: deepcopy(live[part]) for part in ("apiVersion", "kind", "metadata", "spec")}
    copy["metadata"] = {k: v for k, v in copy["metadata"].items() if k not in _OF_ITS_OWN}
    copy["metadata"]["name"] = name
    return copy


def of_job(job: Manifest, _pod: Manifest) -> Manifest:
    copy = stripped(job, "copy")
    del copy["spec"]["selector"]
    for labels in (copy["metadata"]["labels"], copy["spec"]["template"]["metadata"]["labels"]):
        without_job(labels)
    return copy


def without_job(labels: dict[str, str]) -> None:
    for label in _OF_ITS_JOB:
        labels.pop(label, None)


def without_owner(job: Manifest, pod: Manifest) -> Manifest:
    copy = of_job(job, pod)
    del copy["metadata"]["ownerReferences"]
    return copy


def with_manual_selector(job: Manifest, pod: Manifest) -> Manifest:
    copy = of_job(job, pod)
    copy["spec"] |= {"manualSelector": True, "selector": {"matchLabels": {"copy": "of-a-run"}}}
    copy["spec"]["template"]["metadata"]["labels"]["copy"] = "of-a-run"
    return copy


def bare_pod(_job: Manifest, pod: Manifest) -> Manifest:
    copy = stripped(pod, "copy")
    del copy["metadata"]["ownerReferences"]
    del copy["spec"]["nodeName"]
    # Else the Job takes it for one of its own, and removes it as one too many.
    without_job(copy["metadata"]["labels"])
    return copy


@pytest.mark.parametrize("made", [of_job, without_owner, with_manual_selector, bare_pod])
def test_a_copy_of_a_run_at_work_does_not_pay_beside_it(
    workspace: Workspace, made: Callable[[Manifest, Manifest], Manifest]
) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", spec())
        workspace.until_complete("shop")
        make_run_at_once(workspace, "original")
        until_charging(workspace)
        (pod,) = run_pods(workspace)
        job = workspace.api.read(JOB, workspace.namespace, "original")
        assert job is not None

        copy = made(job, pod)
        kind: Kind = JOB if copy["kind"] == JOB.name else POD
        workspace.api.apply(kind, copy | {"metadata": in_namespace(copy, workspace)})

        assert until_run(workspace, "original", "Succeeded")["newlyPaid"] == _INVOICES
        assert set(accepted(workspace).values()) == {1}
        assert set(charged(workspace).values()) == {1}
        (of_copy,) = (p for p in run_pods(workspace) if p["metadata"]["uid"] != of(pod))
        name = of_copy["metadata"]["name"]
        log = workspace.kube("-n", workspace.namespace, "logs", name, "--ignore-errors")
        assert "POST" not in log


def test_a_run_that_was_suspended_in_the_middle_and_resumed_does_not_pay_again(
    workspace: Workspace,
) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", spec())
        workspace.until_complete("shop")
        make_run_at_once(workspace, "run")
        until_charging(workspace)
        for suspend in (True, False):
            job = workspace.api.read(JOB, workspace.namespace, "run")
            if job is None:
                break  # the operator has skipped what was suspended
            workspace.api.merge(JOB, workspace.namespace, "run", {"spec": {"suspend": suspend}})

        until_run(workspace, "run", "Unknown")
        workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        assert set(accepted(workspace).values()) == {1}


def spec() -> dict[str, Any]:
    """A batch of some seconds, in which no two charges have the same amount."""
    return {
        "antaeus": {"env": [{"name": "ANTAEUS_INVOICES", "value": str(_INVOICES)}]},
        "payment": {"successRate": 1, "latency": {"fixed": {"seconds": _SECONDS_EACH}}},
    }


def in_namespace(copy: Manifest, workspace: Workspace) -> Manifest:
    metadata: Manifest = copy["metadata"]
    return metadata | {"namespace": workspace.namespace}


def of(live: Manifest) -> str:
    uid: str = live["metadata"]["uid"]
    return uid
