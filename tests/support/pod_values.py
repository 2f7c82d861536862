"""Two values of each field that is taken over from Kubernetes, to set, change and remove it.

Among them is what the API server writes in another way than it was given, or drops.
"""

from billing_operator.kinds import Manifest
from support.kubernetes_types import PLACES

_BY_HOST: Manifest = {
    "topologyKey": "kubernetes.io/hostname",
    "maxSkew": 1,
    "whenUnsatisfiable": "ScheduleAnyway",
}
_NEAR: Manifest = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}
_ON_LINUX: Manifest = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}
    ]
}
_ANY_TAINT: Manifest = {"key": "", "operator": "Exists", "value": "", "effect": "NoExecute"}

# Of either service.
_OF_PODS: dict[str, tuple[object, object]] = {
    "podLabels": ({"team": "billing"}, {"team": "finance", "example.com/tier": ""}),
    "podAnnotations": ({"example.com/note": "one"}, {"example.com/note": ""}),
    "nodeSelector": ({"kubernetes.io/os": "linux"}, {"kubernetes.io/arch": "amd64"}),
    "tolerations": (
        [{"key": "dedicated", "operator": "Exists"}],
        [_ANY_TAINT | {"tolerationSeconds": 0}],
    ),
    "affinity": (
        {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _ON_LINUX}},
        {
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []},
            "podAffinity": {},
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": _NEAR | {"namespaceSelector": {}}}
                ]
            },
        },
    ),
    "topologySpreadConstraints": (
        [_BY_HOST],
        [_BY_HOST | {"labelSelector": {}}, _BY_HOST | {"topologyKey": "zone", "maxSkew": 2}],
    ),
    "priorityClassName": ("system-cluster-critical", "system-node-critical"),
    "imagePullSecrets": ([{"name": "registry"}], [{"name": "other"}, {"name": "registry"}]),
}
_OF_ANTAEUS: dict[str, tuple[object, object]] = {
    "podSecurityContext": (
        {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        {"runAsUser": 10001, "supplementalGroups": [0], "seLinuxOptions": {}, "sysctls": []},
    ),
    "securityContext": (
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        {"readOnlyRootFilesystem": True, "runAsGroup": 0, "capabilities": {"add": []}},
    ),
    "tmp": ({}, {"sizeLimit": "1.5Gi", "medium": "Memory"}),
}
_TO_FRIENDS: Manifest = {"podSelector": {"matchLabels": {"friend": "yes"}}}
_OF_PEERS: dict[str, tuple[object, object]] = {
    # From pods of the stack's own namespace to those of all: nothing but an empty selector is new.
    "antaeusFrom": ([_TO_FRIENDS], [_TO_FRIENDS | {"namespaceSelector": {}}]),
    "monitoringFrom": (
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        [{"ipBlock": {"cidr": "10.0.0.0/8", "except": []}}],
    ),
    "antaeusEgress": ([], [{"ports": [{"port": "https"}, {"port": 80, "endPort": 90}]}, {}]),
}
VALUES: dict[str, dict[str, tuple[object, object]]] = {
    "antaeus": _OF_PODS | _OF_ANTAEUS,
    "payment": _OF_PODS,
    "networkPolicy": _OF_PEERS,
}


def spec_of(which: int) -> dict[str, dict[str, object]]:
    """A spec with the first (0) or the second (1) value of every field."""
    return {
        part: {name: values[which] for name, values in fields.items()}
        for part, fields in VALUES.items()
    }


def nothing() -> dict[str, dict[str, None]]:
    """A merge patch that removes every one of the fields."""
    return {part: dict.fromkeys(fields) for part, fields in VALUES.items()}


def without_values() -> set[str]:
    """Fields that were copied and have no values here."""
    copied = {f"{part}.{name}" for part, fields in PLACES.items() for name in fields}
    return copied - {f"{part}.{name}" for part, fields in VALUES.items() for name in fields}
