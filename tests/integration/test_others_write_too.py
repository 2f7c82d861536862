"""Others who write to a stack's children: no quarrel lasts, and at rest nothing is written."""

import json
from collections.abc import Iterator

import pytest

from billing_operator.kinds import DEPLOYMENT, SERVICE, Manifest
from support.eventually import eventually
from support.kube import KubectlError
from support.limits import NOTICED, REPAIRED_BY_EVENT
from support.master import assert_as_desired, assert_at_rest
from support.scene import NO_PODS, Scene

_ROUNDS = 5
# What injectors of sidecars, proxies and defaults do.
_INJECTS = """
Object{
  metadata: Object.metadata{annotations: {"example.test/injected": "yes"}},
  spec: Object.spec{template: Object.spec.template{
    metadata: Object.spec.template.metadata{labels: {"example.test/mesh": "on"}},
    spec: Object.spec.template.spec{
      initContainers: [Object.spec.template.spec.initContainers{name: "mesh", image: "mesh"}],
      containers: object.spec.template.spec.containers.map(each,
        Object.spec.template.spec.containers{
          name: each.name,
          env: [Object.spec.template.spec.containers.env{name: "HTTP_PROXY", value: "proxy.test"}]
        })}}}}
"""


def test_what_is_the_stacks_is_refused_to_others_and_taken_back_if_forced(scene: Scene) -> None:
    """By server-side apply, which tells whose a field is."""
    with scene.operator() as operator:
        scene.apply("shop", NO_PODS)
        scene.until_ready("shop")
        ours = _selector(scene)
        with pytest.raises(KubectlError, match='conflict with "billing-operator"'):
            _claim(scene, "other")

        mark = scene.audit.mark(scene.namespace)
        for number in range(_ROUNDS):
            _claim(scene, f"other-{number}", "--force-conflicts")
            eventually(
                lambda: _selector(scene),
                lambda found: found == ours,
                within=REPAIRED_BY_EVENT,
                every=0.02,
            )

        operator.until_idle()
        wrote = scene.audit.writes_since(mark, scene.namespace)
        assert [each.what for each in wrote] == ["services/shop-payment"] * _ROUNDS
        assert_as_desired(scene, operator.settings, scene.until_ready("shop"))
        assert_at_rest(scene, operator)


@pytest.mark.usefixtures("injected")
def test_what_admission_adds_to_deployments_stays_and_costs_no_further_write(
    scene: Scene,
) -> None:
    with scene.operator() as operator:
        scene.apply("shop", NO_PODS)
        body = scene.until_ready("shop")

        for part in ("antaeus", "payment"):
            live = scene.api.read(DEPLOYMENT, scene.namespace, f"shop-{part}") or {}
            assert live["metadata"]["annotations"]["example.test/injected"] == "yes"
            pod = live["spec"]["template"]["spec"]
            assert [each["name"] for each in pod["initContainers"]] == ["mesh"]
            (container,) = pod["containers"]
            assert {"name": "HTTP_PROXY", "value": "proxy.test"} in container["env"]
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)

        scene.change("shop", payment={"podLabels": {"team": "billing"}})
        scene.until_ready("shop")
        live = scene.api.read(DEPLOYMENT, scene.namespace, "shop-payment") or {}
        labels = live["spec"]["template"]["metadata"]["labels"]
        assert (labels["team"], labels["example.test/mesh"]) == ("billing", "on")
        assert_at_rest(scene, operator)


@pytest.fixture
def injected(scene: Scene) -> Iterator[None]:
    """A policy of the cluster's that changes Deployments of the namespace, as webhooks do."""
    name = f"inject-{scene.namespace}"
    meta, api_version = {"name": name}, "admissionregistration.k8s.io/v1"
    spec: Manifest = {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": scene.namespace}},
            "resourceRules": [
                {
                    "apiGroups": ["apps"],
                    "apiVersions": ["v1"],
                    "resources": ["deployments"],
                    "operations": ["CREATE", "UPDATE"],
                }
            ],
        },
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [
            {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": _INJECTS}}
        ],
    }
    policy, binding = "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"
    scene.kube.apply(
        {"apiVersion": api_version, "kind": policy, "metadata": meta, "spec": spec},
        {
            "apiVersion": api_version,
            "kind": binding,
            "metadata": meta,
            "spec": {"policyName": name},
        },
    )
    eventually(lambda: _is_injected(scene), within=NOTICED)
    yield
    scene.kube("delete", f"{policy},{binding}", name)


def _is_injected(scene: Scene) -> bool:
    """A policy takes a moment to be in effect."""
    kind = ("create", "deployment", "probe", "--image=none", "--dry-run=server", "-o", "yaml")
    return "example.test/injected" in scene.kube("-n", scene.namespace, *kind)


def _claim(scene: Scene, name: str, *options: str) -> None:
    """Applies the Service's selector as somebody else's tool would."""
    manifest = {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.name,
        "metadata": {"name": "shop-payment", "namespace": scene.namespace},
        "spec": {"selector": {"app": name}},
    }
    apply = ("apply", "--server-side", "--field-manager=somebody", *options, "-f", "-")
    scene.kube(*apply, stdin=json.dumps(manifest))


def _selector(scene: Scene) -> Manifest:
    live = scene.api.read(SERVICE, scene.namespace, "shop-payment") or {}
    found: Manifest = live["spec"]["selector"]
    return found
