"""The operator's namespace takes no pod that asks for more than the operator does."""

import json

import pytest

from billing_dev.clients.kube import Kube, KubectlError, Manifest
from billing_dev.installation import NAMESPACE, REPLICAS, Images

_TRY = ("create", "--dry-run=server", "-f", "-")


def operator_pods(kube: Kube) -> list[Manifest]:
    return kube.list("pods", NAMESPACE, "app.kubernetes.io/name=billing-operator")


@pytest.fixture
def like_the_operators(kube: Kube, installed: Images) -> Manifest:  # noqa: ARG001 - makes it run
    """A pod that asks for just what the operator's asks for."""
    deployment = kube.must_get("deployment", "billing-operator", NAMESPACE)
    meta = {"name": "another", "namespace": NAMESPACE}
    spec = deployment["spec"]["template"]["spec"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def test_the_operator_runs_in_it(kube: Kube, like_the_operators: Manifest) -> None:
    pods = operator_pods(kube)
    assert [pod["status"]["containerStatuses"][0]["ready"] for pod in pods] == [True] * REPLICAS

    kube(*_TRY, stdin=json.dumps(like_the_operators))


@pytest.mark.parametrize(
    ("of_container", "of_pod"),
    [
        ({"privileged": True, "allowPrivilegeEscalation": True}, {}),
        ({}, {"hostNetwork": True}),
        ({"runAsNonRoot": False}, {}),
    ],
    ids=["privileged", "in the host's network", "as root"],
)
def test_a_pod_that_asks_for_more_is_refused(
    kube: Kube, like_the_operators: Manifest, of_container: Manifest, of_pod: Manifest
) -> None:
    spec = like_the_operators["spec"] | of_pod
    spec["containers"][0]["securityContext"] |= of_container

    with pytest.raises(KubectlError, match='violates PodSecurity "restricted:latest"'):
        kube(*_TRY, stdin=json.dumps(like_the_operators | {"spec": spec}))
