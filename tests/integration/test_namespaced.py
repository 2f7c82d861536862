"""An operator that has rights in one namespace, and none anywhere else."""

import json

import pytest

from billing_operator.kinds import CHILDREN, SERVICE
from support.audit import rights_of
from support.confined import confined, rendered
from support.eventually import eventually
from support.in_process import running
from support.installation import ROOT
from support.kube import Kube
from support.limits import NOTICED, RECOVERED, REPAIRED_BY_EVENT
from support.master import assert_as_desired, assert_at_rest, children
from support.scene import NO_PODS, Scene, conditions, holds

NAMESPACED = ROOT / "deploy/namespaced"
_DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")


@pytest.mark.thorough
def test_a_stacks_life_needs_no_right_beyond_its_namespace(scene: Scene) -> None:
    """Nothing is asked that is refused, and nothing elsewhere."""
    user = f"system:serviceaccount:{scene.namespace}:billing-operator"
    mark = scene.audit.mark(scene.namespace)
    limited, _ = confined(scene)
    with running(scene.access, limited.token, scene.settings()) as operator:
        scene.apply("shop", NO_PODS)
        scene.until_ready("shop")
        scene.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 1})
        scene.until_ready("shop")
        scene.change("shop", networkPolicy={"enabled": True})
        scene.until_ready("shop")
        scene.kube.delete("service", "shop-payment", scene.namespace)
        eventually(
            lambda: scene.api.read(SERVICE, scene.namespace, "shop-payment"),
            within=REPAIRED_BY_EVENT,
        )
        assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
        assert_at_rest(scene, operator)

    records = scene.audit.everywhere_since(mark, scene.namespace, user)
    assert records
    assert [each for each in records if each["responseStatus"].get("code") == 403] == []
    asked = [each["objectRef"] for each in records if "objectRef" in each]
    assert {each.get("namespace") for each in asked} == {scene.namespace}
    used = set().union(*(rights_of(each) for each in records if "objectRef" in each))
    assert used <= _granted(scene)
    assert {verb for _, resource, verb in used if resource == "secrets"} == {"get", "create"}


@pytest.mark.thorough
def test_a_right_that_is_missing_is_named_and_holds_up_nothing_else(scene: Scene) -> None:
    """And once it is granted, the stack gets well by itself."""
    limited, role = confined(scene, only_reads="ingresses")
    with running(scene.access, limited.token, scene.settings()) as operator:
        scene.apply("shop", {"hibernate": True, "antaeus": {"ingress": {"enabled": True}}})
        body = scene.until("shop", lambda stack: holds(stack, "Forbidden"), within=NOTICED)
        assert "ingresses" in conditions(body)["Forbidden"]["message"]
        made = {name.kind for name in children(scene, "shop")}
        assert {kind.name for kind in CHILDREN} - made == {
            *("Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler")
        }

        scene.kube.apply(role)
        body = scene.until_ready("shop", within=RECOVERED)
        assert "Forbidden" not in conditions(body)
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)


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


def test_an_api_server_takes_the_installation_for_a_namespace(scene: Scene) -> None:
    for manifest in rendered(scene.kube, NAMESPACED):
        if manifest["metadata"].get("namespace") == "payments":
            manifest["metadata"]["namespace"] = scene.namespace
        scene.kube(*_DRY_RUN, "-f", "-", stdin=json.dumps(manifest), within=NOTICED)


def _granted(scene: Scene) -> set[tuple[str, str, str]]:
    role = scene.kube.must_get("role", "billing-operator-stacks", scene.namespace)
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
