"""Proves that a cluster enforces NetworkPolicies, before any test relies on that.

Two clients ask one server. Without a policy both get an answer; with one that admits only the
first, the second must get none: a cluster that ignores policies cannot pass.
"""

import json
import time
import uuid
from typing import Any

from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.health import kubectl
from billing_dev.cluster.paths import Cluster

PORT = 8000
READY_SECONDS = 60
# A policy takes effect within a second or so of being made.
EFFECT_SECONDS = 30

_ASK = (
    "import sys, urllib.request;"
    f"print(urllib.request.urlopen(f'http://{{sys.argv[1]}}:{PORT}', timeout=2).status)"
)


def prove_policies_block(cluster: Cluster, *, image: str) -> None:
    """Raises ClusterError unless a policy that must block, blocks, and lets the rest pass.

    The image is one with Python, such as the Python base, loaded into the cluster.
    """
    namespace = f"policy-probe-{uuid.uuid4().hex[:8]}"
    kubectl(cluster, "create", "namespace", namespace)
    try:
        _apply(
            cluster, namespace, *(_pod(role, image) for role in ("server", "friend", "stranger"))
        )
        ready = f"--timeout={READY_SECONDS}s"
        kubectl(cluster, "-n", namespace, "wait", "--for=condition=Ready", "pod", "--all", ready)
        _expect(cluster, namespace, {"friend": True, "stranger": True})
        _apply(cluster, namespace, _ONLY_FRIENDS)
        _expect(cluster, namespace, {"friend": True, "stranger": False})
    finally:
        kubectl(cluster, "delete", "namespace", namespace, "--wait=false")


def _expect(cluster: Cluster, namespace: str, wanted: dict[str, bool]) -> None:
    server = ["get", "pod", "server", "--output=jsonpath={.status.podIP}"]
    address = kubectl(cluster, "-n", namespace, *server)
    deadline = time.monotonic() + EFFECT_SECONDS
    while True:
        seen = {client: _answered(cluster, namespace, client, address) for client in wanted}
        if seen == wanted:
            return
        if time.monotonic() > deadline:
            give_up(
                f"NetworkPolicies of cluster {cluster.kind_name} don't work: of the clients "
                f"{wanted} should get an answer, and {seen} do"
            )


def _answered(cluster: Cluster, namespace: str, client: str, address: str) -> bool:
    ask = ["exec", client, "--", "python3", "-c", _ASK, address]
    try:
        return kubectl(cluster, "-n", namespace, *ask).strip() == "200"
    except ClusterError:
        return False


def _apply(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl(cluster, "-n", namespace, "apply", "--filename=-", stdin=document)


def _pod(role: str, image: str) -> dict[str, Any]:
    serve = ["python3", "-m", "http.server", str(PORT)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": role, "labels": {"role": role}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "command": serve,
                    "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                }
            ],
        },
    }


_ONLY_FRIENDS: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "only-friends"},
    "spec": {
        "podSelector": {"matchLabels": {"role": "server"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"role": "friend"}}}]}],
    },
}
