"""Judges whether a cluster can be relied on."""

import json
import subprocess
import time
from typing import Any

from cluster.errors import ClusterError, give_up
from cluster.paths import Cluster

# What must be up beside the node: DNS, and whatever enforces NetworkPolicies.
_DNS = "coredns"
_ENFORCERS = ("policy-enforcer", "kindnet")

_POLL_SECONDS = 0.5


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Runs the cluster's own kubectl against it, whatever the user's current context is."""
    try:
        done = subprocess.run(
            [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        give_up(f"cluster {cluster.kind_name} is not there")
    if done.returncode:
        give_up(f"kubectl {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def why_unhealthy(cluster: Cluster) -> str | None:
    """Returns the first thing that is not as it must be, or None."""
    try:
        kubectl(cluster, "get", "--raw=/readyz", "--request-timeout=5s")
        found = kubectl(
            cluster, "get", "nodes,deployments,daemonsets", "--all-namespaces", "--output=json"
        )
    except ClusterError as problem:
        return str(problem)
    return judge(json.loads(found)["items"])


def judge(objects: list[dict[str, Any]]) -> str | None:
    """Returns what is wrong with the node, DNS or the enforcer, or None."""
    by_kind: dict[str, dict[str, dict[str, Any]]] = {}
    for thing in objects:
        by_kind.setdefault(thing["kind"], {})[thing["metadata"]["name"]] = thing.get("status", {})
    nodes = by_kind.get("Node", {})
    if not nodes or not all(_node_ready(status) for status in nodes.values()):
        return "the node is not ready"
    if not by_kind.get("Deployment", {}).get(_DNS, {}).get("availableReplicas"):
        return "DNS is not available"
    daemons = by_kind.get("DaemonSet", {})
    if not any(daemons.get(name, {}).get("numberReady") for name in _ENFORCERS):
        return "nothing enforces NetworkPolicies yet"
    return None


def wait_until_healthy(cluster: Cluster, *, within: float) -> str | None:
    """Waits, and returns what is still wrong when the time is over, or None."""
    deadline = time.monotonic() + within
    while (wrong := why_unhealthy(cluster)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return wrong


def _node_ready(status: dict[str, Any]) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in status.get("conditions", [])
    )
