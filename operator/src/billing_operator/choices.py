"""What a user chooses in Kubernetes' own words, and what is taken over as it stands."""

from dataclasses import dataclass, field, fields

from billing_operator.kinds import Manifest

DEFAULT_TMP_SIZE = "256Mi"
DEFAULT_HOST = "antaeus.local"
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
            spec={there: part[name] for name, there in _POD_FIELDS.items() if part.get(name)},
            security=part.get("securityContext") or {},
            tmp={} if tmp is None else {"sizeLimit": DEFAULT_TMP_SIZE, **tmp},
        )

    def as_chosen(self) -> Manifest:
        """All of it, without what was left to others."""
        every = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Peers:
    """Whom a user lets talk to the stack's pods, as NetworkPolicies write it.

    Attributes:
        antaeus_from: who may reach Antaeus; None stands for anybody.
        monitoring_from: who may read payment's metrics.
        antaeus_egress: where Antaeus may go besides payment and DNS; None stands for anywhere.
    """

    antaeus_from: list[Manifest] | None = None
    monitoring_from: list[Manifest] = field(default_factory=list)
    antaeus_egress: list[Manifest] | None = None

    @classmethod
    def of(cls, part: Manifest) -> "Peers":
        """Reads spec.networkPolicy."""
        return cls(
            antaeus_from=part.get("antaeusFrom"),
            monitoring_from=part.get("monitoringFrom") or [],
            antaeus_egress=part.get("antaeusEgress"),
        )


@dataclass(frozen=True, slots=True)
class Ingress:
    """How Antaeus is reached from outside by its name.

    Attributes:
        class_name: which controller serves it; None leaves that to the cluster.
        tls_secret: holds the certificate; None stands for plain HTTP.
    """

    host: str
    class_name: str | None
    tls_secret: str | None
    annotations: Manifest

    @property
    def url(self) -> str:
        """Where it answers, at the usual port."""
        return f"{'https' if self.tls_secret else 'http'}://{self.host}"

    @classmethod
    def of(cls, part: Manifest) -> "Ingress | None":
        """Reads spec.antaeus.ingress."""
        if not part.get("enabled", False):
            return None
        return cls(
            host=part.get("host", DEFAULT_HOST),
            class_name=part.get("className"),
            tls_secret=part.get("tlsSecretName"),
            annotations=part.get("annotations") or {},
        )
