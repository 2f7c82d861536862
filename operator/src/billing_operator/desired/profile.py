"""The profile that payment re-reads while it runs: how it answers charges."""

import hashlib
import json

from billing_operator.desired import workload
from billing_operator.kinds import Manifest
from billing_operator.names import PAYMENT, PROFILE_KEY, labels, profile_name
from billing_operator.spec.stack import Stack


def config_map(stack: Stack) -> Manifest:
    """The ConfigMap that every payment pod mounts."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": workload.metadata(stack, profile_name(stack.name), labels(stack.name, PAYMENT)),
        "data": {PROFILE_KEY: document(stack)},
    }


def document(stack: Stack) -> str:
    """The profile as payment reads it."""
    wanted: Manifest = {"successRate": stack.payment.success_rate}
    if stack.payment.seed is not None:
        wanted["seed"] = stack.payment.seed
    return json.dumps(wanted | stack.payment.profile, indent=2) + "\n"


def digest(stack: Stack) -> str:
    """SHA-256 of the document, which a payment pod reports once it answers by it."""
    return _digest(document(stack))


def stored_digest(live: Manifest | None) -> str:
    """SHA-256 of the document that a ConfigMap holds; of an empty one where it holds none."""
    return _digest(((live or {}).get("data") or {}).get(PROFILE_KEY) or "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
