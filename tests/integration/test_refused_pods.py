"""What a namespace does not admit: the stack says so in its words, and recovers with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from billing_operator.kinds import Manifest
from support.cluster.final_checks import assert_settled
from support.cluster.limits import RECOVERED
from support.cluster.workspace import Workspace, conditions, holds

_ENFORCE = "pod-security.kubernetes.io/enforce"
_QUOTA: Manifest = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "few"},
    "spec": {"hard": {"pods": "2"}},
}
_LIMITS: Manifest = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "small"},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "8Mi"}}]},
}


def test_a_namespace_that_refuses_pods_is_told_of_and_recovered_from(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        with _pod_security(workspace, "restricted"):
            workspace.apply("shop")
            said = _refused(workspace, "antaeus")
            assert "violates PodSecurity" in said
            assert "what the admission of the namespace refuses" in said
        workspace.until_ready("shop", within=RECOVERED)
        lives = workspace.antaeus_instances("shop")

        for replicas, rule, words in (
            (2, _QUOTA, "exceeded quota: few"),
            (3, _LIMITS, "maximum memory usage per Container is 8Mi"),
        ):
            with _rule(workspace, rule):
                workspace.change("shop", payment={"replicas": replicas})
                said = _refused(workspace, "payment")
                assert words in said
                assert f"kubectl describe quota,limitrange -n {workspace.namespace}" in said
            workspace.until_ready("shop", within=RECOVERED)

        assert_settled(workspace, operator, "shop", lives=lives)


def _refused(workspace: Workspace, part: str) -> str:
    def is_refused(stack: Manifest) -> bool:
        said = conditions(stack).get("Stalled", {}).get("message", "")
        return holds(stack, "Stalled") and "FailedCreate" in said

    message = str(conditions(workspace.until("shop", is_refused))["Ready"]["message"])
    assert f"deployment shop-{part}: FailedCreate" in message
    return message


@contextmanager
def _rule(workspace: Workspace, rule: Manifest) -> Iterator[None]:
    workspace.kube.apply(rule | {"metadata": rule["metadata"] | {"namespace": workspace.namespace}})
    yield
    workspace.kube.delete(rule["kind"], rule["metadata"]["name"], workspace.namespace)


@contextmanager
def _pod_security(workspace: Workspace, level: str) -> Iterator[None]:
    workspace.kube("label", "namespace", workspace.namespace, f"{_ENFORCE}={level}")
    yield
    workspace.kube("label", "namespace", workspace.namespace, f"{_ENFORCE}-")
