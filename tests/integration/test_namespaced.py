"""An operator that has rights in one namespace, and none anywhere else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from billing_operator.kinds import SERVICE
from support.audit import rights_of
from support.eventually import eventually
from support.in_process import running
from support.installation import NAMESPACE, ROOT
from support.kube import Kube, Manifest
from support.limits import NOTICED, REPAIRED_BY_EVENT
from support.master import assert_as_desired, assert_at_rest
from support.scene import NO_PODS, Scene

NAMESPACED = ROOT / "deploy/namespaced"
_DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")


def rendered(kube: Kube, folder: Path) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(kube("kustomize", str(folder))) if each]


@pytest.fixture
def confined(scene: Scene) -> Iterator[Scene]:
    """A scene whose operator is an account of its own, with the rights of deploy/namespaced."""
    folder = ROOT / ".build" / f"rights-{scene.namespace}"
    folder.mkdir(parents=True)
    rights = {"namespace": scene.namespace, "resources": ["../../deploy/namespaced/rights"]}
    (folder / "kustomization.yaml").write_text(json.dumps(rights))
    role, binding = rendered(scene.kube, folder)
    (subject,) = binding["subjects"]
    assert subject["namespace"] == NAMESPACE
    subject["namespace"] = scene.namespace
    meta = {"name": subject["name"], "namespace": scene.namespace}
    scene.kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    scene.kube.apply(role, binding)
    token = scene.kube("-n", scene.namespace, "create", "token", subject["name"]).strip()
    yield replace(scene, token=token)
    (folder / "kustomization.yaml").unlink()
    folder.rmdir()


@pytest.mark.thorough
def test_a_stacks_life_needs_no_right_beyond_its_namespace(confined: Scene) -> None:
    """Each right of the role is used, and nothing is asked that is refused."""
    scene, user = confined, f"system:serviceaccount:{confined.namespace}:billing-operator"
    mark = scene.audit.mark(scene.namespace)
    with running(scene.access, scene.token, scene.settings()) as operator:
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
