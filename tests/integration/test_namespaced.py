"""An operator that has rights in one namespace, and none anywhere else."""

import json

import pytest

from billing_dev.clients.audit import rights_of
from billing_dev.clients.kube import Kube
from billing_dev.eventually import eventually
from billing_dev.tree import ROOT
from billing_operator.kinds import CHILDREN, SERVICE
from integration.confined import confined, rendered
from support.cluster.final_checks import assert_as_desired, assert_at_rest, children
from support.cluster.in_process import running
from support.cluster.limits import NOTICED, RECOVERED, REPAIRED_BY_EVENT
from support.cluster.workspace import NO_PODS, Workspace, conditions, holds

pytestmark = pytest.mark.minutes

NAMESPACED = ROOT / "deploy/namespaced"
_DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")


@pytest.mark.thorough
def test_a_stacks_life_needs_no_right_beyond_its_namespace(workspace: Workspace) -> None:
    """Nothing is asked that is refused, and nothing elsewhere."""
    user = f"system:serviceaccount:{workspace.namespace}:billing-operator"
    mark = workspace.audit.mark(workspace.namespace)
    limited, _ = confined(workspace)
    with running(workspace.access, limited.token, workspace.settings()) as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until_ready("shop")
        workspace.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 1})
        workspace.until_ready("shop")
        workspace.change("shop", networkPolicy={"enabled": True})
        workspace.until_ready("shop")
        workspace.kube.delete("service", "shop-payment", workspace.namespace)
        eventually(
            lambda: workspace.api.read(SERVICE, workspace.namespace, "shop-payment"),
            within=REPAIRED_BY_EVENT,
        )
        assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
        assert_at_rest(workspace, operator)

    records = workspace.audit.everywhere_since(mark, workspace.namespace, user)
    assert records
    assert [each for each in records if each["responseStatus"].get("code") == 403] == []
    asked = [each["objectRef"] for each in records if "objectRef" in each]
    assert {each.get("namespace") for each in asked} == {workspace.namespace}
    used = set().union(*(rights_of(each) for each in records if "objectRef" in each))
    assert used <= _granted(workspace)
    assert {verb for _, resource, verb in used if resource == "secrets"} == {"get", "create"}


@pytest.mark.thorough
def test_a_right_that_is_missing_is_named_and_holds_up_nothing_else(workspace: Workspace) -> None:
    """And once it is granted, the stack gets well by itself."""
    limited, role = confined(workspace, only_reads="ingresses")
    with running(workspace.access, limited.token, workspace.settings()) as operator:
        workspace.apply("shop", {"hibernate": True, "antaeus": {"ingress": {"enabled": True}}})
        body = workspace.until("shop", lambda stack: holds(stack, "Forbidden"), within=NOTICED)
        assert "ingresses" in conditions(body)["Forbidden"]["message"]
        made = {name.kind for name in children(workspace, "shop")}
        assert {kind.name for kind in CHILDREN} - made == {
            *("Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler", "PersistentVolumeClaim")
        }

        workspace.kube.apply(role)
        body = workspace.until_ready("shop", within=RECOVERED)
        assert conditions(body)["Forbidden"]["status"] == "False"
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)


def test_the_installation_for_a_namespace_grants_nothing_in_others(
    kube: Kube,
    installed: object,  # noqa: ARG001 - brings the kind
) -> None:
    manifests = rendered(kube, NAMESPACED)

    bindings = [each for each in manifests if each["kind"].endswith("RoleBinding")]
    assert {(each["kind"], each["metadata"]["namespace"]) for each in bindings} == {
        ("RoleBinding", "billing-system"),
        ("RoleBinding", "payments"),
    }
    assert {each["subjects"][0]["namespace"] for each in bindings} == {"billing-system"}
    roles = {each["metadata"]["name"] for each in manifests if each["kind"] == "ClusterRole"}
    # For people: they say nothing of the operator.
    assert roles == {"billingstacks-edit", "billingstacks-view"}
    (deployment,) = (each for each in manifests if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "BILLING_NAMESPACES", "value": "payments"} in container["env"]


def test_an_api_server_takes_the_installation_for_a_namespace(workspace: Workspace) -> None:
    for manifest in rendered(workspace.kube, NAMESPACED):
        if manifest["metadata"].get("namespace") == "payments":
            manifest["metadata"]["namespace"] = workspace.namespace
        workspace.kube(*_DRY_RUN, "-f", "-", stdin=json.dumps(manifest), within=NOTICED)


def _granted(workspace: Workspace) -> set[tuple[str, str, str]]:
    role = workspace.kube.must_get("role", "billing-operator-stacks", workspace.namespace)
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
