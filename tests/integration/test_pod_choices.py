"""What is chosen for pods by fields that are Kubernetes' own, and what becomes of those pods."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, PAYMENT
from support.cluster.final_checks import assert_settled
from support.cluster.workspace import Workspace

pytestmark = pytest.mark.minutes

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
def test_antaeus_runs_where_only_restricted_pods_may(workspace: Workspace) -> None:
    label = (
        "label",
        "namespace",
        workspace.namespace,
        "pod-security.kubernetes.io/enforce=restricted",
    )
    workspace.kube(*label)
    with workspace.operator() as operator:
        workspace.apply("shop", {"antaeus": _RESTRICTED})
        workspace.until_complete("shop")

        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


@pytest.mark.thorough
def test_what_is_chosen_for_payments_pods_rolls_them_and_leaves_antaeus_alone(
    workspace: Workspace,
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")

        workspace.change("shop", payment={"podLabels": {"team": "billing"}})
        workspace.until_ready("shop")

        pods = workspace.pods("shop", PAYMENT)
        assert [pod["metadata"]["labels"]["team"] for pod in pods] == ["billing"]
        assert_settled(workspace, operator, "shop", lives=lives)


@pytest.mark.thorough
def test_what_is_chosen_for_antaeus_pod_starts_it_anew(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")

        workspace.change("shop", antaeus={"podAnnotations": {"example.com/note": "one"}})
        workspace.until_complete("shop")

        [pod] = workspace.pods("shop", ANTAEUS)
        assert pod["metadata"]["annotations"]["example.com/note"] == "one"
        later = workspace.antaeus_instances("shop")
        assert later.isdisjoint(lives)
        assert_settled(workspace, operator, "shop", lives=later)
