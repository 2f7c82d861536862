"""What a stack says about how payment behaves and remembers, beside its success rate and seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing_operator.kinds import Manifest
from billing_operator.names import PASSWORD_KEY

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
# The schema's defaults, as far as it has one for a whole part (a test compares them).
PROFILE_DEFAULTS: Manifest = {
    "declineReason": "generic",
    "rules": [],
    "faults": [],
    "idempotency": {"keepSeconds": 86400},
    "duplicates": {"mode": "report", "windowSeconds": 60},
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
        when_lost: what becomes of charges while it does not answer, in payment's own words.
    """

    host: str
    port: int
    database: int
    tls: bool
    user: str | None
    secret: str | None
    key: str
    prefix: str | None
    when_lost: str

    @property
    def url(self) -> str:
        """How payment is told where it is; the password is never part of it."""
        scheme = "rediss" if self.tls else "redis"
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{user}{host}:{self.port}/{self.database}"


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


def store(part: Manifest | None) -> Store | None:
    """Reads spec.payment.store; None where each pod remembers for itself."""
    if not part:
        return None
    secret = part.get("passwordSecretRef") or {}
    return Store(
        host=part["host"],
        port=part.get("port", DEFAULT_STORE_PORT),
        database=part.get("database", 0),
        tls=part.get("tls", False),
        user=part.get("user"),
        secret=secret.get("name"),
        key=secret.get("key", PASSWORD_KEY),
        prefix=part.get("prefix"),
        when_lost=part.get("whenLost", "refuse"),
    )
