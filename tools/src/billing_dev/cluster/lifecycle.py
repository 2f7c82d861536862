"""Brings a cluster up, again and again: what is healthy is used, what is not is made anew."""

import json
import shutil
from typing import Any

from billing_dev.cluster.docker import docker
from billing_dev.cluster.engine import ensure_engine
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.health import kubectl, wait_until_healthy, why_unhealthy
from billing_dev.cluster.kind_config import kind_config
from billing_dev.cluster.node_image import needs_enforcer, node_image, node_key
from billing_dev.cluster.paths import LABEL, RECIPE, Cluster
from billing_dev.cluster.programs import kind
from billing_dev.cluster.progress import one_at_a_time, run_logged, say, step
from billing_dev.cluster.recipe_key import key_of

# A node that was started again has its pods back within half a minute.
REVIVAL_SECONDS = 90
CREATION_SECONDS = 180


def up(name: str) -> Cluster:
    """Ends with that cluster healthy, and returns where everything about it is."""
    cluster = Cluster(name)
    with one_at_a_time():
        ensure_engine()
        key = _key(cluster)
        if _usable(cluster, key):
            return cluster
        _remove(cluster)
        _create(cluster)
        cluster.made_from.write_text(key)
    return cluster


def down(name: str) -> None:
    """Deletes that cluster; images and the engine stay, so the next one is quickly made."""
    cluster = Cluster(name)
    with one_at_a_time():
        ensure_engine()
        _remove(cluster)


def state(cluster: Cluster) -> str:
    """Returns the state of the node's container as Docker calls it, or "absent"."""
    return str(_node(cluster).get("State", {}).get("Status", "absent"))


def _key(cluster: Cluster) -> str:
    config = kind_config(cluster, network_in_image=True)
    return key_of(node_key(), RECIPE / "cluster", config)


def _node(cluster: Cluster) -> dict[str, Any]:
    """Returns Docker's description of our node; a container of another's making is refused."""
    containers = docker("ps", "--all", "--quiet", "--filter", f"name=^{cluster.node}$")
    if not containers:
        return {}
    description: dict[str, Any] = json.loads(docker("inspect", containers))[0]
    if LABEL not in description["Config"]["Labels"]:
        give_up(
            f"A container named {cluster.node} is there that was not made here, so it is left "
            "alone.\nRemove it, or choose another name with BILLING_CLUSTER_PREFIX."
        )
    return description


def _usable(cluster: Cluster, key: str) -> bool:
    """Says whether the cluster that is there can be used, after trying to get it back."""
    was = state(cluster)
    if was == "absent":
        return False
    if not cluster.made_from.exists() or cluster.made_from.read_text() != key:
        say(f"==> cluster {cluster.kind_name} is unfinished or of another recipe: making it again")
        return False
    if was == "running":
        _restore_context(cluster)
        if why_unhealthy(cluster) is None:
            return True
    with step(f"get cluster {cluster.kind_name} back, its node was {was}", usually="30 s"):
        wrong = _revive(cluster, was)
    if wrong:
        say(f"    it does not come back ({wrong}): making it again")
    return wrong is None


def _restore_context(cluster: Cluster) -> None:
    """Has the kubeconfig lead to the cluster again, where somebody has renamed what led there."""
    if f"name: {cluster.context}\n" not in cluster.kubeconfig.read_text():
        place = ["--name", cluster.kind_name, "--kubeconfig", str(cluster.kubeconfig)]
        run_logged([kind(), "export", "kubeconfig", *place], log=f"export-{cluster.kind_name}")


def _revive(cluster: Cluster, was: str) -> str | None:
    try:
        if was == "paused":
            docker("unpause", cluster.node)
        elif was != "running":
            docker("start", cluster.node)
    except ClusterError as problem:
        return str(problem)
    return wait_until_healthy(cluster, within=REVIVAL_SECONDS)


def _remove(cluster: Cluster) -> None:
    if state(cluster) != "absent":
        with step(f"delete cluster {cluster.kind_name}", usually="5 s"):
            docker("rm", "--force", "--volumes", cluster.node)
    shutil.rmtree(cluster.home, ignore_errors=True)


def _create(cluster: Cluster) -> None:
    image = node_image()
    program = kind()
    enforcer = needs_enforcer(image)
    cluster.audit_log.parent.mkdir(parents=True)
    shutil.copyfile(RECIPE / "cluster" / "audit-policy.yaml", cluster.audit_policy)
    config = cluster.home / "kind.json"
    config.write_text(kind_config(cluster, network_in_image=enforcer))
    with step(f"create cluster {cluster.kind_name}", usually="40 s"):
        place = ["--name", cluster.kind_name, "--kubeconfig", str(cluster.kubeconfig)]
        run_logged(
            [program, "create", "cluster", *place, "--image", image, "--config", config],
            log=f"create-{cluster.kind_name}",
        )
        docker("cp", "--follow-link", f"{cluster.node}:/usr/bin/kubectl", cluster.kubectl)
        if enforcer:
            kubectl(cluster, "apply", "--filename", str(RECIPE / "cluster/policy-enforcer.yaml"))
            # A new connection waits for the enforcer. A resolver's two questions (A and AAAA) go
            # out at once; sent on to two pods, the kernel drops one, which then takes 5 s.
            one_dns = ("scale", "deployment/coredns", "--replicas=1")
            kubectl(cluster, "--namespace=kube-system", *one_dns)
        if wrong := wait_until_healthy(cluster, within=CREATION_SECONDS):
            give_up(
                f"Cluster {cluster.kind_name} was made but does not get healthy: {wrong}.\n"
                f"Look into it: {cluster.kubectl} --kubeconfig {cluster.kubeconfig} get pods -A"
            )
