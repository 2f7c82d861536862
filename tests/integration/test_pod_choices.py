"""Fields that are Kubernetes' own: set, changed, removed, set back, and what becomes of pods."""

import copy

import pytest

from billing_operator.kinds import SECRET, Manifest, Ref, deployment
from billing_operator.names import ANTAEUS, PAYMENT
from support.in_process import InProcess
from support.master import assert_as_desired, assert_at_rest, assert_settled, children
from support.pod_values import nothing, spec_of
from support.scene import NO_PODS, Scene

# What a namespace asks for that enforces the strictest Pod Security Standard.
_RESTRICTED: Manifest = {
    "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "tmp": {"sizeLimit": "64Mi"},
}
_OF_THE_SERVER = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
_REVISION = "deployment.kubernetes.io/revision"


def test_every_such_field_can_be_set_changed_removed_and_set_back(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop", NO_PODS)
        fresh = _settled(scene, operator)

        scene.change("shop", **spec_of(0))
        first = _settled(scene, operator)
        assert_as_desired(scene, operator.settings, scene.read("shop"))
        scene.change("shop", **spec_of(1))
        second = _settled(scene, operator)
        scene.change("shop", **nothing())
        assert _settled(scene, operator) == fresh
        scene.change("shop", **spec_of(0))
        assert _settled(scene, operator) == first

        # Much of the second the server writes in its own way, so these stand for all of it.
        (rule,) = second[Ref("NetworkPolicy", "shop-antaeus")]["spec"]["ingress"]
        assert {} in [peer.get("namespaceSelector") for peer in rule["from"]]
        (volume,) = _pod_of(second, ANTAEUS)["volumes"]
        assert volume["emptyDir"] == {"sizeLimit": "1536Mi", "medium": "Memory"}
        assert len(_pod_of(second, PAYMENT)["topologySpreadConstraints"]) == 2


@pytest.mark.thorough
def test_antaeus_runs_where_only_restricted_pods_may(scene: Scene) -> None:
    label = ("label", "namespace", scene.namespace, "pod-security.kubernetes.io/enforce=restricted")
    scene.kube(*label)
    with scene.operator() as operator:
        scene.apply("shop", {"antaeus": _RESTRICTED})
        scene.until_complete("shop")

        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))


@pytest.mark.thorough
def test_what_is_chosen_for_payments_pods_rolls_them_and_leaves_antaeus_alone(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop")
        scene.until_complete("shop")
        lives = scene.antaeus_lives("shop")

        scene.change("shop", payment={"podLabels": {"team": "billing"}})
        scene.until_ready("shop")

        pods = scene.pods("shop", PAYMENT)
        assert [pod["metadata"]["labels"]["team"] for pod in pods] == ["billing"]
        assert_settled(scene, operator, "shop", lives=lives)


@pytest.mark.thorough
def test_what_is_chosen_for_antaeus_pod_starts_it_anew(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop")
        scene.until_complete("shop")
        lives = scene.antaeus_lives("shop")

        scene.change("shop", antaeus={"podAnnotations": {"example.com/note": "one"}})
        scene.until_complete("shop")

        [pod] = scene.pods("shop", ANTAEUS)
        assert pod["metadata"]["annotations"]["example.com/note"] == "one"
        later = scene.antaeus_lives("shop")
        assert later.isdisjoint(lives)
        assert_settled(scene, operator, "shop", lives=later)


def _settled(scene: Scene, operator: InProcess) -> dict[Ref, Manifest]:
    """The children once the stack says that it is ready, and nothing more is written."""
    scene.until_ready("shop")
    assert_at_rest(scene, operator)
    return {
        name: _content(live)
        for name, live in children(scene, "shop").items()
        if name.kind != SECRET.name
    }


def _pod_of(found: dict[Ref, Manifest], part: str) -> Manifest:
    made: Manifest = found[deployment(f"shop-{part}")]["spec"]["template"]["spec"]
    return made


def _content(live: Manifest) -> Manifest:
    """All of an object but what the API server and controllers write into it."""
    made = copy.deepcopy(live)
    made.pop("status", None)
    meta = made["metadata"]
    for name in _OF_THE_SERVER:
        meta.pop(name, None)
    meta.get("annotations", {}).pop(_REVISION, None)
    return made
