"""Every name, label and port that more than one module must agree on."""

from typing import Final

GROUP: Final = "billing.antaeus.io"

# Field manager of every write: of children and of the status of stacks.
MANAGER: Final = "billing-operator"

ANTAEUS: Final = "antaeus"
PAYMENT: Final = "payment"
BILLING: Final = "billing"

ANTAEUS_PORT: Final = 8000
CHARGE_PORT: Final = 9000
OPS_PORT: Final = 9001

# Selectors use labels of our own domain: pods of a Helm release may well carry the usual
# app.kubernetes.io/name and /instance, and must never receive a charge. And others rewrite those,
# as /managed-by, on whatever they find.
STACK_LABEL: Final = f"{GROUP}/stack"
PART_LABEL: Final = f"{GROUP}/part"
MANAGED_BY: Final = {"app.kubernetes.io/managed-by": MANAGER}
# The pods of the operator itself, as deploy/base labels them; NetworkPolicies let them read.
OPERATOR_LABELS: Final = {"app.kubernetes.io/name": MANAGER}

# Set by people.
ADOPT: Final = f"{GROUP}/adopt"
RENEW_TOKEN: Final = f"{GROUP}/renew-token"
ROTATE_TOKEN: Final = f"{GROUP}/rotate-token"
ACKNOWLEDGE_RESET: Final = f"{GROUP}/acknowledge-reset"
ACKNOWLEDGE_RUN: Final = f"{GROUP}/acknowledge-run"
INTERRUPT_RUN: Final = f"{GROUP}/interrupt-run"
# Set by the operator on children and pods.
APPLIED_TEMPLATE: Final = f"{GROUP}/applied-template"
TEMPLATE_ORIGIN: Final = f"{GROUP}/template-origin"
TOKEN_ID: Final = f"{GROUP}/token-id"
# On the pod of a run: so many invoices were paid when it was given leave to pay.
PAID_BEFORE: Final = f"{GROUP}/paid-before"
# On the pod of a run, its own uid: this pod may pay, and no copy of it or of its Job. A person sets
# it on a Job, to that Job's uid, to have it begin by hand.
MAY_PAY: Final = f"{GROUP}/may-pay"
PROFILE_NUDGE: Final = f"{GROUP}/profile"

# Where the pod of a run finds its own uid and those two, each in a file.
RUN_DIR: Final = "/etc/billing/run"
UID_FILE: Final = "uid"
MAY_PAY_FILE: Final = "may-pay"
PAID_BEFORE_FILE: Final = "paid-before"
# The script of the operator's image that is a run (operator/pyproject.toml).
RUN_COMMAND: Final = "billing-run"

TOKEN_KEY: Final = "token"
TOKEN_ID_KEY: Final = "id"
# Beside these while two tokens are valid: the one that Antaeus is not started with.
SECONDARY_TOKEN_KEY: Final = "secondary"
SECONDARY_TOKEN_ID_KEY: Final = "secondary-id"
PROFILE_KEY: Final = "profile.json"
# Where payment pods have it.
PROFILE_DIR: Final = "/etc/payment/profile"
PASSWORD_KEY: Final = "password"


def part_name(stack: str, part: str) -> str:
    """Name of the objects that belong to one of the two services of a stack, or to its billing."""
    return f"{stack}-{part}"


def token_secret_name(stack: str) -> str:
    """Name of the Secret from which both services have the token, the operator's own."""
    return f"{stack}-token"


def profile_name(stack: str) -> str:
    """Name of the ConfigMap that holds payment's profile."""
    return f"{stack}-profile"


def default_deny_name(stack: str) -> str:
    """Name of the NetworkPolicy that shuts the stack's pods off before the others open them."""
    return f"{stack}-default-deny"


def selector(stack: str, part: str) -> dict[str, str]:
    """Labels by which a part's pods are found; frozen, since a Deployment can't change them."""
    return {PART_LABEL: part, STACK_LABEL: stack}


def selector_text(stack: str, part: str) -> str:
    """The same, as list calls and the scale subresource write it."""
    return ",".join(f"{name}={value}" for name, value in selector(stack, part).items())


def labels(stack: str, part: str) -> dict[str, str]:
    """Labels of everything that belongs to a part; may grow, unlike the selector."""
    return {**selector(stack, part), "app.kubernetes.io/name": part, **stack_labels(stack)}


def stack_labels(stack: str) -> dict[str, str]:
    """Labels of what belongs to the stack as a whole."""
    return {
        STACK_LABEL: stack,
        "app.kubernetes.io/instance": stack,
        "app.kubernetes.io/part-of": "billing",
        **MANAGED_BY,
    }


def pods_of_stack(stack: str) -> dict[str, str]:
    """The label that every pod of a stack has, whichever its part."""
    return {STACK_LABEL: stack}


def service_host(stack: str, part: str, namespace: str) -> str:
    """DNS name of a part's Service, short of the cluster's own domain."""
    return f"{part_name(stack, part)}.{namespace}.svc"
