"""What a user chooses about the pods of either service, in Kubernetes' own words."""

from dataclasses import dataclass, field, fields

from billing_operator.kinds import Manifest

DEFAULT_TMP_SIZE = "256Mi"
# Fields of a service and the fields of a pod's spec that they become.
_POD_FIELDS = {
    "nodeSelector": "nodeSelector",
    "tolerations": "tolerations",
    "affinity": "affinity",
    "topologySpreadConstraints": "topologySpreadConstraints",
    "priorityClassName": "priorityClassName",
    "imagePullSecrets": "imagePullSecrets",
    "podSecurityContext": "securityContext",
}


@dataclass(frozen=True, slots=True)
class PodChoices:
    """What a user chooses about a service's pods; all that is empty was left to others.

    Attributes:
        labels: of the pod, besides the operator's.
        annotations: of the pod, besides the operator's.
        spec: fields of the pod's spec, by their names there.
        security: the container's securityContext.
        tmp: an emptyDir for /tmp.
    """

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    spec: Manifest = field(default_factory=dict)
    security: Manifest = field(default_factory=dict)
    tmp: Manifest = field(default_factory=dict)

    @classmethod
    def of(cls, part: Manifest) -> "PodChoices":
        """Reads spec.antaeus or spec.payment."""
        tmp = part.get("tmp")
        return cls(
            labels=part.get("podLabels") or {},
            annotations=part.get("podAnnotations") or {},
            spec={of_pod: part[name] for name, of_pod in _POD_FIELDS.items() if part.get(name)},
            security=part.get("securityContext") or {},
            tmp={} if tmp is None else {"sizeLimit": DEFAULT_TMP_SIZE, **tmp},
        )

    def as_chosen(self) -> Manifest:
        """All of it, without what was left to others."""
        every = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Container:
    """What both services let a user choose about their container.

    Attributes:
        image: None stands for the operator's default.
        pull_policy: None leaves the choice to Kubernetes.
    """

    image: str | None
    pull_policy: str | None
    replicas: int
    resources: Manifest
    env: tuple[Manifest, ...]

    @classmethod
    def of(cls, part: Manifest, resources: Manifest) -> "Container":
        """Reads spec.antaeus or spec.payment; the resources are its own by default."""
        return cls(
            image=part.get("image"),
            pull_policy=part.get("imagePullPolicy"),
            replicas=part.get("replicas", 1),
            resources=part.get("resources", resources),
            env=tuple(part.get("env") or ()),
        )
