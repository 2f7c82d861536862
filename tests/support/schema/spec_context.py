"""What the schema can't say of some fields: values that Kubernetes takes, and what goes with them.

A new field needs an entry here only where what is made of its type, pattern and limits is refused.
"""

import re
from typing import Any, NamedTuple

from billing_operator.kinds import Manifest

_TERM = r"\.affinity\..*"


class _Beside(NamedTuple):
    """Members that an object has besides the one that a path goes through.

    Attributes:
        of: which paths.
        at: the object, by the end of its own path.
    """

    of: str
    at: str
    members: Manifest


_BUSY = {"status": {"code": 503}}
_VALUES: dict[str, tuple[Any, ...]] = {
    r"^\.antaeus\.service\.nodePort$": (31001, 31002),
    # Not what a stack has that runs no pods.
    r"^\.antaeus\.replicas$": (1, 0),
    r"^\.payment\.replicas$": (2, 1),
    r"\.persistence\.template\.size$": ("1Gi", "2Gi"),
    r"\.persistence\.template\.accessModes\[\]$": ("ReadWriteMany", "ReadWriteOncePod"),
    r"\.persistence\.mountPath$": ("/data", "/database"),
    r"\.schedule$": ("0 0 1 * *", "@daily"),
    r"\.timeZone$": ("Europe/Copenhagen", "Etc/UTC"),
    r"\.ipBlock\.except\[\]$": ("10.1.0.0/16", "10.2.0.0/16"),
    # Each of the others needs or excludes something beside it.
    r"\.matchExpressions\[\]\.operator$": ("Exists", "DoesNotExist"),
    r"\.matchFields\[\]\.operator$": ("In", "NotIn"),
    r"\.matchFields\[\]\.key$": ("metadata.name",),
    # The others need a feature of Kubernetes that is off by default.
    r"\.seLinuxChangePolicy$": ("Recursive",),
    r"\.(seccomp|appArmor)Profile\.type$": ("RuntimeDefault", "Unconfined"),
}
_KEYS = {r"\.resources\.(limits|requests)\{\}": "memory"}
_BESIDE = (
    _Beside(r"\.antaeus\.persistence\.mountPath$", ".persistence", {"existingClaim": "claim"}),
    _Beside(r"\.nodePort$", ".service", {"type": "NodePort"}),
    _Beside(r"\.billing\.timeZone$", ".billing", {"schedule": "@daily"}),
    _Beside(r"\.ingress\.(?!enabled)", ".ingress", {"enabled": True}),
    _Beside(r"\.monitoring\.labels", ".monitoring", {"enabled": True}),
    _Beside(r"\.podDisruptionBudget\b", ".payment", {"replicas": 2}),
    _Beside(r"\.minReplicas$", ".autoscaling", {"maxReplicas": 5}),
    _Beside(r"\.tolerations\[\]\.effect$", ".tolerations[]", {"operator": "Exists"}),
    _Beside(r"\.tolerations\[\]\.(value|operator)$", ".tolerations[]", {"key": "alpha"}),
    _Beside(
        r"\.tolerationSeconds$", ".tolerations[]", {"operator": "Exists", "effect": "NoExecute"}
    ),
    _Beside(r"\.values\[\]$", ".matchExpressions[]", {"operator": "In"}),
    _Beside(r"\.matchFields\[\]\.(key|operator)$", ".matchFields[]", {"values": ["alpha"]}),
    _Beside(r"atch(LabelKeys)(\[\])?$", ".podAffinityTerm", {"labelSelector": {}}),
    _Beside(
        rf"{_TERM}atch(LabelKeys)(\[\])?$",
        ".requiredDuringSchedulingIgnoredDuringExecution[]",
        {"labelSelector": {}},
    ),
    _Beside(r"\.localhostProfile$", "Profile", {"type": "Localhost"}),
    _Beside(r"\.endPort$", ".ports[]", {"port": 1}),
    _Beside(r"\.rules\[\](?!\.(accept|decline|fault)\b)", ".rules[]", {"accept": True}),
    _Beside(r"\.fault\.charged$", ".fault", _BUSY),
    _Beside(r"\.latency\.capSeconds$", ".latency", {"fixed": {"seconds": 1}}),
    _Beside(r"\.uniform\.minSeconds$", ".uniform", {"maxSeconds": 9}),
    _Beside(r"\.limits\.burst$", ".payment.limits", {"perSecond": 5}),
    _Beside(r"\.limits\.retryAfterSeconds$", ".payment.limits", {"concurrent": 5}),
)
# What a member is where it has to be there and nothing is said of it.
_EXAMPLES: dict[str, Any] = {r"\.faults\[\]\.fault$": _BUSY}
# Optional, but one of their members is not.
_NEVER_EMPTY = (
    r"(\.matchFields\[\]\.values|\.valueFrom|\.latency|\.payment\.limits|\.fault|\.ipBlock)$"
)

# Their values start pods, which need the other fields to be as they usually are; or they may not
# stand beside another field.
ALONE = frozenset(
    {
        *("token.rotation", "billing.timeZone", "monitoring.labels"),
        *("antaeus.replicas", "payment.replicas"),
        *("payment.podDisruptionBudget", "payment.autoscaling"),
    }
)
# Fields that no child shows, and what does.
WITHOUT_CHILDREN = {
    ".suspend": "nothing is written at all",
    ".token.secretRef.name": "its token is copied into the stack's own Secret",
    ".token.secretRef.key": "its token is copied into the stack's own Secret",
    ".token.rotation.maxAgeSeconds": "it says when a token is replaced",
}


def values(path: str) -> tuple[Any, ...]:
    """Values for the field, where those of its schema would not do."""
    return next((found for of, found in _VALUES.items() if re.search(of, path)), ())


def key(path: str) -> str:
    """The key by which a map has its one entry."""
    return next((found for of, found in _KEYS.items() if re.search(of, path)), "alpha")


def beside(path: str, at: str) -> Manifest:
    """What an object at one path needs, so that the field at the longer path may stand in it."""
    found = (each for each in _BESIDE if re.search(each.of, path) and at.endswith(each.at))
    return {name: of for each in found for name, of in each.members.items()}


def example(path: str) -> Any:
    """A whole value, where one is not to be put together; None where it is."""
    return next((found for of, found in _EXAMPLES.items() if re.search(of, path)), None)


def may_be_empty(path: str) -> bool:
    """Whether an object without required members may have none."""
    return not re.search(_NEVER_EMPTY, path)
