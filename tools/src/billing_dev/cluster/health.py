"""Judges whether a cluster can be relied on."""

import json
import subprocess
import time
from typing import Any

from billing_dev.cluster.docker import docker
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.paths import Cluster

# What must be up beside the node: DNS, and whatever enforces NetworkPolicies (kind's own network
# does). A pod is known by the name of its owner, which its own begins with.
_NEEDED = {
    "DNS is not available": ("coredns-",),
    "nothing enforces NetworkPolicies": ("policy-enforcer-", "kindnet-"),
}

# An API server that hangs is not healthy, and nobody waits for it.
_SOON = "--request-timeout=5s"
_HERE = ("--namespace=kube-system", "--output=json", _SOON)
_POLL_SECONDS = 0.5


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Runs the cluster's own kubectl against it, whatever the user's current context is."""
    try:
        done = subprocess.run(
            [
                cluster.kubectl,
                f"--kubeconfig={cluster.kubeconfig}",
                # People use the file, too, and may have made it lead elsewhere by now.
                f"--context={cluster.context}",
                *arguments,
            ],
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
        kubectl(cluster, "get", "--raw=/readyz", _SOON)
        began = docker("inspect", "--format", "{{.State.StartedAt}}", cluster.node)
        objects = kubectl(cluster, "get", "nodes,pods", *_HERE)
    except ClusterError as problem:
        return str(problem)
    return judge(json.loads(objects)["items"], node_began=began)


def judge(objects: list[dict[str, Any]], *, node_began: str) -> str | None:
    """Returns what is wrong with the node, DNS or the enforcer, or None.

    What began before the node did is a memory: a node that was started again still tells for a
    while how its pods were when it stopped.
    """
    nodes = [thing for thing in objects if thing["kind"] == "Node"]
    if not nodes or not all(_is_ready(node) for node in nodes):
        return "the node is not ready"
    up = [pod for pod in objects if pod["kind"] == "Pod" and _runs_since(pod, node_began)]
    for wrong, owners in _NEEDED.items():
        if not any(pod["metadata"]["name"].startswith(owners) for pod in up):
            return wrong
    return None


def wait_until_healthy(cluster: Cluster, *, within: float) -> str | None:
    """Waits, and returns what is still wrong when the time is over, or None."""
    deadline = time.monotonic() + within
    while (wrong := why_unhealthy(cluster)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return wrong


def _is_ready(thing: dict[str, Any]) -> bool:
    conditions = thing.get("status", {}).get("conditions", [])
    return any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions
    )


def _runs_since(pod: dict[str, Any], moment: str) -> bool:
    containers = pod.get("status", {}).get("containerStatuses", [])
    starts = [status.get("state", {}).get("running", {}).get("startedAt") for status in containers]
    # Both are UTC; Kubernetes tells whole seconds, Docker tells more.
    return _is_ready(pod) and all(
        start and start >= moment[: len("2026-01-31T12:00:00")] for start in starts
    )
