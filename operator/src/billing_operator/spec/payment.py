"""What a stack says of payment, the service that takes charges: spec.payment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing_operator.kinds import Manifest
from billing_operator.names import PASSWORD_KEY
from billing_operator.spec.pods import Container, PodChoices

# The further parts of payment's profile. They are payment's own, and handed on as they are.
PROFILE_PARTS = (
    "declineReason",
    "rules",
    "faults",
    "latency",
    "limits",
    "idempotency",
    "duplicates",
)
# A custom resource stored before a field had a default, or written while the schema was absent,
# may lack what the schema fills in. These are the schema's defaults (a test compares them).
DEFAULT_SUCCESS_RATE = 0.5
DEFAULT_UNAVAILABLE = 1
DEFAULT_LEAST_PODS = 1
DEFAULT_TARGET_CPU = 80
PAYMENT_RESOURCES: Manifest = {
    "requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"memory": "256Mi"},
}
# As far as it has one for a whole part.
PROFILE_DEFAULTS: Manifest = {
    "declineReason": "Generic",
    "rules": [],
    "faults": [],
    "idempotency": {"ttlSeconds": 86400},
    "duplicates": {"mode": "Report", "windowSeconds": 60},
}
DEFAULT_STORE_PORT = 6379


@dataclass(frozen=True, slots=True)
class Store:
    """The Redis in which all payment pods of a stack remember together.

    Attributes:
        host: a name or an IP address.
        user: None is the store's default user.
        secret: name of the Secret with its password; None where it wants none.
        key: of the password in that Secret.
        prefix: what all keys begin with; None leaves it to the stack's own name.
        failure_policy: what becomes of charges while it does not answer, in payment's own words.
    """

    host: str
    port: int
    database: int
    tls: bool
    user: str | None
    secret: str | None
    key: str
    prefix: str | None
    failure_policy: str

    @property
    def url(self) -> str:
        """How payment is told where it is; the password is never part of it."""
        scheme = "rediss" if self.tls else "redis"
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{user}{host}:{self.port}/{self.database}"

    @classmethod
    def of(cls, part: Manifest | None) -> "Store | None":
        """Reads spec.payment.store; None where each pod remembers for itself."""
        if not part:
            return None
        secret = part.get("passwordSecretRef") or {}
        return cls(
            host=part["host"],
            port=part.get("port", DEFAULT_STORE_PORT),
            database=part.get("database", 0),
            tls=part.get("tls", False),
            user=part.get("user"),
            secret=secret.get("name"),
            key=secret.get("key", PASSWORD_KEY),
            prefix=part.get("prefix"),
            failure_policy=part.get("failurePolicy", "Refuse"),
        )


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """Within which bounds an autoscaler chooses how many pods there are.

    Attributes:
        target_cpu: CPU that the pods should use on average, in percent of what they request.
    """

    least: int
    most: int
    target_cpu: int

    @classmethod
    def of(cls, part: Manifest | None) -> "Autoscaling | None":
        """Reads spec.payment.autoscaling."""
        if part is None:
            return None
        return cls(
            least=part.get("minReplicas", DEFAULT_LEAST_PODS),
            most=part["maxReplicas"],
            target_cpu=part.get("targetCPUUtilizationPercentage", DEFAULT_TARGET_CPU),
        )


@dataclass(frozen=True, slots=True)
class Payment:
    """The service that takes charges.

    Attributes:
        success_rate: probability that a charge succeeds, 0 to 1.
        seed: makes outcomes reproducible; None leaves them random.
        most_unavailable: so many pods may be evicted at a time; None sets no limit.
        profile: the further parts of its profile that are not what they are by default.
        store: None where each pod remembers for itself.
    """

    container: Container
    pod: PodChoices
    success_rate: float
    seed: int | None
    require_token: bool
    profile: Manifest
    store: Store | None
    most_unavailable: int | None
    autoscaling: Autoscaling | None

    @property
    def most_pods(self) -> int:
        """So many pods there may be, awake."""
        return self.autoscaling.most if self.autoscaling else self.container.replicas

    @classmethod
    def of(cls, part: Manifest) -> "Payment":
        """Reads spec.payment."""
        return cls(
            container=Container.of(part, PAYMENT_RESOURCES),
            pod=PodChoices.of(part),
            success_rate=part.get("successRate", DEFAULT_SUCCESS_RATE),
            seed=part.get("seed"),
            require_token=part.get("requireToken", True),
            most_unavailable=_most_unavailable(part.get("podDisruptionBudget") or {}),
            autoscaling=Autoscaling.of(part.get("autoscaling")),
            profile=profile_parts(part),
            store=Store.of(part.get("store")),
        )


def profile_parts(payment: Manifest) -> Manifest:
    """The further parts of the profile that are not what they are by default.

    Without the others, a profile that asks for nothing new is one for every version of payment.
    """
    return dict(_chosen(payment))


def _chosen(payment: Manifest) -> Iterator[tuple[str, Any]]:
    for name in PROFILE_PARTS:
        default = PROFILE_DEFAULTS.get(name)
        wanted = payment.get(name, default)
        if isinstance(default, dict):
            wanted = default | (wanted or {})
        if wanted != default:
            yield name, wanted


def _most_unavailable(part: Manifest) -> int | None:
    most: int = part.get("maxUnavailable", DEFAULT_UNAVAILABLE)
    return most if part.get("enabled", True) else None
