"""What is chosen for pods by fields that are Kubernetes' own, and what becomes of those pods."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, PAYMENT
from support.master import assert_settled
from support.scene import Scene

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
