"""A BillingStack as the operator reasons about it: typed, frozen, with nothing left to look up."""

from dataclasses import dataclass, field

from billing_operator.kinds import BILLING_STACK, Key, Manifest
from billing_operator.names import (
    ACKNOWLEDGE_RESET,
    ACKNOWLEDGE_RUN,
    ANTAEUS,
    INTERRUPT_RUN,
    RENEW_TOKEN,
    ROTATE_TOKEN,
    TOKEN_KEY,
)
from billing_operator.spec.antaeus import Antaeus
from billing_operator.spec.billing import Billing
from billing_operator.spec.network import Peers
from billing_operator.spec.payment import Autoscaling, Payment

# Most of status.token.lastHandledRenew.
_MOST_OF_A_REQUEST = 256
# What the schema fills in where nobody has written a status.
_NEVER_OBSERVED = -1


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A Secret of the user's, and the key of the token in it."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One BillingStack.

    Attributes:
        uid: tells it from an earlier stack of the same name.
        version: its resourceVersion, which any change of it changes.
        generation: counts changes of its spec.
        renew_token: value of the annotation by which a person asks for a new token.
        rotate_token: value of the annotation by which a person asks for a rotation.
        token_max_age: seconds after which a generated token is rotated; None for never.
        acknowledged_reset: when the reset of the invoices happened that a person has dealt with.
        acknowledged_run: uid of the Job whose batch a person knows to be over.
        interrupted_run: uid of the Job whose batch a restart of Antaeus may cut off.
        status: as stored; input only for what must not be forgotten (times, the token's history).
        hibernate: whether no pod of it is to run.
        monitoring: labels of what has Prometheus read payment's metrics; None where nothing has.
    """

    key: Key
    uid: str
    generation: int
    suspend: bool
    antaeus: Antaeus
    payment: Payment
    secret_ref: SecretRef | None
    isolated: bool
    peers: Peers
    renew_token: str | None = None
    rotate_token: str | None = None
    token_max_age: float | None = None
    acknowledged_reset: str | None = None
    status: Manifest = field(default_factory=dict)
    hibernate: bool = False
    monitoring: Manifest | None = None
    billing: Billing = field(default_factory=lambda: Billing.of({}))
    acknowledged_run: str | None = None
    interrupted_run: str | None = None
    version: str = ""
    made: str | None = None

    @property
    def name(self) -> str:
        """Name of the stack, by which its children are named."""
        return self.key.name

    @property
    def as_read(self) -> Manifest:
        """What names it as it was when it was read, so that nothing happens to a changed one."""
        return {
            "kind": BILLING_STACK.name,
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "uid": self.uid,
                "resourceVersion": self.version,
            },
        }

    @property
    def namespace(self) -> str:
        """The namespace of the stack and of all its children."""
        return self.key.namespace

    def wanted_pods(self, part: str) -> int:
        """How many pods of a service there should be, by all that the spec says of it.

        Where an autoscaler decides, the fewest that it may choose.
        """
        if self.hibernate:
            return 0
        if part == ANTAEUS:
            return self.antaeus.container.replicas
        scaling = self.autoscaling
        return scaling.least if scaling else self.payment.container.replicas

    @property
    def autoscaling(self) -> Autoscaling | None:
        """Payment's, while the stack is awake: an autoscaler starts none where there are none."""
        return None if self.hibernate else self.payment.autoscaling

    @classmethod
    def from_body(cls, body: Manifest) -> "Stack":
        """Reads a custom resource as the API server stores it."""
        meta, spec = body["metadata"], body.get("spec") or {}
        annotations, token = meta.get("annotations") or {}, spec.get("token") or {}
        return cls(
            key=Key(meta["namespace"], meta["name"]),
            uid=meta["uid"],
            generation=meta.get("generation", 0),
            suspend=spec.get("suspend", False),
            antaeus=Antaeus.of(spec.get("antaeus") or {}),
            payment=Payment.of(spec.get("payment") or {}),
            secret_ref=_secret_ref(token.get("secretRef")),
            isolated=(spec.get("networkPolicy") or {}).get("enabled", True),
            peers=Peers.of(spec.get("networkPolicy") or {}),
            renew_token=_request(annotations.get(RENEW_TOKEN)),
            rotate_token=_request(annotations.get(ROTATE_TOKEN)),
            token_max_age=(token.get("rotation") or {}).get("maxAgeSeconds"),
            acknowledged_reset=annotations.get(ACKNOWLEDGE_RESET),
            status=_status(body),
            hibernate=spec.get("hibernate", False),
            monitoring=_monitoring(spec.get("monitoring") or {}),
            billing=Billing.of(spec.get("billing") or {}),
            acknowledged_run=annotations.get(ACKNOWLEDGE_RUN),
            interrupted_run=annotations.get(INTERRUPT_RUN),
            version=meta.get("resourceVersion", ""),
            made=meta.get("creationTimestamp"),
        )


def _monitoring(part: Manifest) -> Manifest | None:
    return (part.get("labels") or {}) if part.get("enabled", False) else None


def _status(body: Manifest) -> Manifest:
    """As stored; empty where nobody has written one yet."""
    status: Manifest = body.get("status") or {}
    return {} if status.get("observedGeneration") == _NEVER_OBSERVED else status


def _request(text: str | None) -> str | None:
    """A request as status remembers it, whose field has a maximum."""
    return text and text[:_MOST_OF_A_REQUEST]


def _secret_ref(part: Manifest | None) -> SecretRef | None:
    return SecretRef(part["name"], part.get("key", TOKEN_KEY)) if part else None
