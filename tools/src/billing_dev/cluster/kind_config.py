"""Writes kind's configuration of a cluster. It is JSON, which is YAML too."""

import json
from typing import Any

from billing_dev.cluster.paths import Cluster

# Where the node, and in it the API server, find these.
_POLICY_IN_NODE = "/etc/kubernetes/audit-policy.yaml"
_LOG_FOLDER_IN_NODE = "/var/log/kubernetes-audit"


def kind_config(cluster: Cluster, *, network_in_image: bool) -> str:
    """Returns the configuration; with the network in the node's image, kind brings none."""
    document: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"disableDefaultCNI": network_in_image, "podSubnet": "10.244.0.0/16"},
        "nodes": [
            {
                "role": "control-plane",
                "extraPortMappings": [
                    {"hostPort": host, "containerPort": node, "listenAddress": "127.0.0.1"}
                    for host, node in cluster.ports.items()
                ],
                "extraMounts": [
                    _mount(str(cluster.audit_policy), _POLICY_IN_NODE, read_only=True),
                    _mount(str(cluster.audit_log.parent), _LOG_FOLDER_IN_NODE, read_only=False),
                ],
            }
        ],
        "kubeadmConfigPatches": [json.dumps(_audited_api_server()), json.dumps(_KUBELET)],
    }
    if cluster.has_mirrors:
        document["containerdConfigPatches"] = [_MIRRORS]
    return json.dumps(document, indent=2)


# Newer versions of containerd look there anyhow.
MIRRORS_IN_NODE = "/etc/containerd/certs.d"
_MIRRORS = f"""\
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{MIRRORS_IN_NODE}"
"""

# Kubernetes has given up cgroup v1; plenty of machines have not.
_KUBELET = {
    "kind": "KubeletConfiguration",
    "apiVersion": "kubelet.config.k8s.io/v1beta1",
    "failCgroupV1": False,
}


def _mount(host: str, node: str, *, read_only: bool) -> dict[str, Any]:
    return {"hostPath": host, "containerPath": node, "readOnly": read_only}


def _audited_api_server() -> dict[str, Any]:
    # As a map and without an apiVersion: kind makes of it what kubeadm takes in each Kubernetes.
    arguments = {
        "audit-policy-file": _POLICY_IN_NODE,
        "audit-log-path": f"{_LOG_FOLDER_IN_NODE}/audit.log",
        "audit-log-maxsize": "20",
        "audit-log-maxbackup": "2",
    }
    volumes = (
        ("audit-policy", _POLICY_IN_NODE, "File", True),
        ("audit-log", _LOG_FOLDER_IN_NODE, "DirectoryOrCreate", False),
    )
    return {
        "kind": "ClusterConfiguration",
        "apiServer": {
            "extraArgs": arguments,
            "extraVolumes": [
                {
                    "name": name,
                    "hostPath": path,
                    "mountPath": path,
                    "pathType": path_type,
                    "readOnly": read_only,
                }
                for name, path, path_type, read_only in volumes
            ],
        },
    }
