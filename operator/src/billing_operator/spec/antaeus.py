"""What a stack says of Antaeus, the service that holds invoices: spec.antaeus."""

from dataclasses import dataclass
from typing import Any

from billing_operator.kinds import Manifest
from billing_operator.spec.pods import Container, PodChoices

# A custom resource stored before a field had a default, or written while the schema was absent,
# may lack what the schema fills in. These are the schema's defaults (a test compares them).
DEFAULT_STARTUP_SECONDS = 300
DEFAULT_HOST = "antaeus.local"
DEFAULT_ACCESS_MODES = ["ReadWriteOnce"]
ANTAEUS_RESOURCES: Manifest = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"memory": "4Gi"},
}


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


@dataclass(frozen=True, slots=True)
class ClaimTemplate:
    """A PersistentVolumeClaim that the operator makes.

    Attributes:
        storage_class: None leaves it to the cluster.
        retained: whether it outlives the stack.
    """

    storage_class: str | None
    access_modes: list[str]
    size: str
    retained: bool

    @classmethod
    def of(cls, part: Manifest) -> "ClaimTemplate":
        """Reads spec.antaeus.persistence.template."""
        return cls(
            storage_class=part.get("storageClassName"),
            access_modes=part.get("accessModes", DEFAULT_ACCESS_MODES),
            size=part["size"],
            retained=part.get("whenDeleted", "Retain") == "Retain",
        )


@dataclass(frozen=True, slots=True)
class Persistence:
    """Where an Antaeus that keeps its invoices has them.

    Attributes:
        existing_claim: a claim of the user's; None where there is a template.
    """

    mount_path: str
    existing_claim: str | None
    template: ClaimTemplate | None

    @classmethod
    def of(cls, part: Manifest | None) -> "Persistence | None":
        """Reads spec.antaeus.persistence."""
        if not part:
            return None
        template = part.get("template")
        return cls(
            mount_path=part["mountPath"],
            existing_claim=part.get("existingClaim"),
            template=ClaimTemplate.of(template) if template else None,
        )


@dataclass(frozen=True, slots=True)
class Antaeus:
    """The service that holds invoices.

    Attributes:
        persistence: None where each start makes its invoices anew.
    """

    container: Container
    pod: PodChoices
    startup_seconds: int
    service_type: str
    node_port: int | None
    ingress: Ingress | None
    persistence: Persistence | None = None

    @classmethod
    def of(cls, part: Manifest) -> "Antaeus":
        """Reads spec.antaeus."""
        service: dict[str, Any] = part.get("service") or {}
        return cls(
            container=Container.of(part, ANTAEUS_RESOURCES),
            pod=PodChoices.of(part),
            startup_seconds=part.get("startupSeconds", DEFAULT_STARTUP_SECONDS),
            service_type=service.get("type", "ClusterIP"),
            node_port=service.get("nodePort"),
            ingress=Ingress.of(part.get("ingress") or {}),
            persistence=Persistence.of(part.get("persistence")),
        )
