"""Mistakes in the fields that are Kubernetes' own, with what is said of each."""

from typing import Any

_SPREAD = {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
_WHERE = "preferredDuringSchedulingIgnoredDuringExecution"


def _node(**requirement: Any) -> dict[str, Any]:
    terms = [{"matchExpressions": [{"key": "zone", **requirement}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


def _near(weight: int, **term: Any) -> dict[str, Any]:
    wish = {"weight": weight, "podAffinityTerm": {"topologyKey": "zone", **term}}
    return {"affinity": {"podAffinity": {_WHERE: [wish]}}}


def _port(**of: Any) -> dict[str, Any]:
    return {"antaeusEgress": [{"ports": [of]}]}


WRONG_CHOICES: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "payment",
        {"podLabels": {"billing.antaeus.io/stack": "other"}},
        ["spec.payment.podLabels", "billing.antaeus.io/*", "use other keys"],
    ),
    (
        "antaeus",
        {"podLabels": {"app.kubernetes.io/name": "other"}},
        ["spec.antaeus.podLabels", "are set for you", "use other keys"],
    ),
    ("antaeus", {"podLabels": {"a b": "c"}}, ["podLabels", "correct the key"]),
    ("antaeus", {"podLabels": {"a": "b c"}}, ["spec.antaeus.podLabels.a", "should match"]),
    (
        "antaeus",
        {"podAnnotations": {"billing.antaeus.io/token-id": "mine"}},
        ["spec.antaeus.podAnnotations", "is the operator's", "use other keys"],
    ),
    ("payment", {"podAnnotations": {"/": ""}}, ["spec.payment.podAnnotations", "correct the key"]),
    ("payment", {"nodeSelector": {"-": ""}}, ["spec.payment.nodeSelector", "correct the key"]),
    (
        "payment",
        {"tolerations": [{"key": "spot", "operator": "Is"}]},
        ["spec.payment.tolerations[0].operator", '"Exists"'],
    ),
    ("payment", {"tolerations": [{"value": "a"}]}, ["tolerations[0]", "add the key"]),
    (
        "payment",
        {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
        ["tolerations[0]", "takes no value", "remove it"],
    ),
    (
        "payment",
        {"tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 1}]},
        ["tolerations[0]", "tolerationSeconds needs effect NoExecute"],
    ),
    ("antaeus", _node(operator="In"), ["matchExpressions[0]", "In and NotIn need some"]),
    (
        "antaeus",
        _node(operator="Gt", values=["1", "2"]),
        ["matchExpressions[0]", "Gt and Lt one", "correct values or operator"],
    ),
    ("antaeus", _near(0), ["weight", "greater than or equal to 1"]),
    (
        "antaeus",
        _near(1, matchLabelKeys=["pod-template-hash"]),
        ["podAffinityTerm", "need labelSelector", "add it, or remove them"],
    ),
    (
        "antaeus",
        _near(1, labelSelector={"matchExpressions": [{"key": "a", "operator": "NotIn"}]}),
        ["matchExpressions[0]", "In and NotIn need some"],
    ),
    (
        "payment",
        {"topologySpreadConstraints": [_SPREAD, _SPREAD | {"maxSkew": 2}]},
        ["spec.payment.topologySpreadConstraints[1]", "Duplicate value"],
    ),
    (
        "payment",
        {"topologySpreadConstraints": [_SPREAD | {"minDomains": 2}]},
        ["topologySpreadConstraints[0]", "minDomains needs whenUnsatisfiable DoNotSchedule"],
    ),
    ("payment", {"priorityClassName": "Much"}, ["spec.payment.priorityClassName", "should match"]),
    ("payment", {"imagePullSecrets": [{}]}, ["imagePullSecrets[0].name", "Required"]),
    (
        "antaeus",
        {"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
        ["spec.antaeus.securityContext", "runAsNonRoot excludes runAsUser 0", "name another"],
    ),
    ("antaeus", {"securityContext": {"privileged": True}}, ["unknown field", "privileged"]),
    (
        "antaeus",
        {"podSecurityContext": {"seccompProfile": {"type": "Localhost"}}},
        ["seccompProfile", "localhostProfile goes with type Localhost"],
    ),
    ("antaeus", {"tmp": {"sizeLimit": "-1Gi"}}, ["spec.antaeus.tmp.sizeLimit", "should match"]),
    (
        "antaeus",
        {"persistence": {"mountPath": "/data"}},
        ["spec.antaeus.persistence", "exactly one of existingClaim and template"],
    ),
    (
        "antaeus",
        {"persistence": {"mountPath": "/data", "existingClaim": "a", "template": {"size": "1Gi"}}},
        ["spec.antaeus.persistence", "give one, and remove the other"],
    ),
    (
        "antaeus",
        {"persistence": {"mountPath": "data", "existingClaim": "a"}},
        ["persistence.mountPath", "should match"],
    ),
    (
        "antaeus",
        {"replicas": 2, "persistence": {"mountPath": "/data", "existingClaim": "a"}},
        ["spec.antaeus.replicas", "less than or equal to 1"],
    ),
    ("billing", {"schedule": "0 0 31 2 *"}, ["billing.schedule never comes", "correct the day"]),
    ("payment", {"tmp": {}}, ["unknown field", "spec.payment.tmp"]),
    ("networkPolicy", {"antaeusFrom": [{}]}, ["antaeusFrom[0]", "give one of the two"]),
    (
        "networkPolicy",
        {"monitoringFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]},
        ["monitoringFrom[0]", "a peer is an ipBlock, or pods", "give one of the two"],
    ),
    (
        "networkPolicy",
        {"antaeusFrom": [{"ipBlock": {"cidr": "10.0.0.1"}}]},
        ["antaeusFrom[0].ipBlock.cidr", "should match"],
    ),
    ("networkPolicy", _port(port="http", endPort=90), ["ports[0]", "endPort needs a port that is"]),
    ("networkPolicy", _port(port=91, endPort=90), ["ports[0]", "correct port, or remove endPort"]),
    ("networkPolicy", _port(port=1, protocol="ICMP"), ["ports[0].protocol", '"SCTP"']),
]
