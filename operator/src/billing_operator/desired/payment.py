"""The payment service: any number of pods that keep nothing which a rollout could lose."""

from billing_operator.desired import workload
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest
from billing_operator.names import (
    CHARGE_PORT,
    OPS_PORT,
    PASSWORD_KEY,
    PAYMENT,
    PROFILE_DIR,
    PROFILE_KEY,
    SECONDARY_TOKEN_ID_KEY,
    SECONDARY_TOKEN_KEY,
    TOKEN_ID_KEY,
    TOKEN_KEY,
    profile_name,
    selector,
)
from billing_operator.spec.payment import Store
from billing_operator.spec.stack import Stack

_TOKEN_DIR = "/etc/payment/token"
_STORE_DIR = "/etc/payment/store"
_STORE_MOUNT = {"name": "store", "mountPath": _STORE_DIR, "readOnly": True}
# It goes on accepting while endpoints change, then waits for kept connections (6 s without a
# request, payment's default) and for the slowest answer that Antaeus waits for.
_DRAIN_SECONDS = 5
_ANSWER_SECONDS = 30
_GRACE_SECONDS = 60
_NOBODY = 65532


def service_account(stack: Stack) -> Manifest:
    """Payment's account."""
    return workload.service_account(stack, PAYMENT)


def service(stack: Stack) -> Manifest:
    """Where Antaeus charges. Probes and readers of metrics go to each pod, not through here."""
    port = {
        "name": "charges",
        "port": CHARGE_PORT,
        "targetPort": "charges",
        "protocol": "TCP",
        "appProtocol": "http",
    }
    return workload.service(stack, PAYMENT, {"type": "ClusterIP", "ports": [port]})


def deployment(
    stack: Stack, token: Token, installation: Installation, *, scaled_by_others: bool = False
) -> Manifest:
    """Payment's Deployment: a new pod is ready before an old one leaves.

    Args:
        scaled_by_others: whether the number of its pods is left to whoever set it.
    """
    replicas = {} if scaled_by_others else {"replicas": stack.wanted_pods(PAYMENT)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": workload.part_metadata(stack, PAYMENT),
        "spec": {
            **replicas,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 300,
            "selector": {"matchLabels": selector(stack.name, PAYMENT)},
            "template": _template(stack, token, installation),
        },
    }


def _template(stack: Stack, token: Token, installation: Installation) -> Manifest:
    spec = {
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "fsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(stack, installation)],
        "volumes": [
            # Whole directories: the kubelet refreshes those, but never a subPath or a variable.
            {"name": "profile", "configMap": {"name": profile_name(stack.name)}},
            # All its keys at once, so that a token and its name are always of one moment.
            {"name": "token", "secret": {"secretName": token.secret_name}},
            *_store_volumes(stack.payment.store),
        ],
    }
    return workload.pod_template(stack, PAYMENT, stack.payment.pod, spec=spec, annotations={})


def _store_volumes(store: Store | None) -> list[Manifest]:
    if store is None or store.secret is None:
        return []
    # A directory here too: payment reads a changed password anew, for its next connection.
    items = [{"key": store.key, "path": PASSWORD_KEY}]
    return [{"name": "store", "secret": {"secretName": store.secret, "items": items}}]


def _store_mounts(store: Store | None) -> list[Manifest]:
    return [_STORE_MOUNT] if _store_volumes(store) else []


def _store_env(stack: Stack) -> list[Manifest]:
    store = stack.payment.store
    if store is None:
        return []
    env = [
        {"name": "PAYMENT_STORE_URL", "value": store.url},
        # The uid is not in it: a stack that is made again goes on where it was.
        {"name": "PAYMENT_STORE_PREFIX", "value": store.prefix or str(stack.key)},
        {"name": "PAYMENT_STORE_FAILURE_POLICY", "value": store.failure_policy},
    ]
    if store.secret:
        file = f"{_STORE_DIR}/{PASSWORD_KEY}"
        env.append({"name": "PAYMENT_STORE_PASSWORD_FILE", "value": file})
    return env


def _container(stack: Stack, installation: Installation) -> Manifest:
    wanted = stack.payment.container
    env: list[Manifest] = [
        {"name": "PAYMENT_REQUIRE_TOKEN", "value": str(stack.payment.require_token).lower()},
        {"name": "PAYMENT_TOKEN_FILE", "value": f"{_TOKEN_DIR}/{TOKEN_KEY}"},
        {"name": "PAYMENT_TOKEN_ID_FILE", "value": f"{_TOKEN_DIR}/{TOKEN_ID_KEY}"},
        {"name": "PAYMENT_PREVIOUS_TOKEN_FILE", "value": f"{_TOKEN_DIR}/{SECONDARY_TOKEN_KEY}"},
        {
            "name": "PAYMENT_PREVIOUS_TOKEN_ID_FILE",
            "value": f"{_TOKEN_DIR}/{SECONDARY_TOKEN_ID_KEY}",
        },
        {"name": "PAYMENT_PROFILE_FILE", "value": f"{PROFILE_DIR}/{PROFILE_KEY}"},
        {"name": "PAYMENT_DRAIN_SECONDS", "value": str(_DRAIN_SECONDS)},
        {"name": "PAYMENT_ANSWER_SECONDS", "value": str(_ANSWER_SECONDS)},
        # As its termination message, which the kubelet reports however the container ends.
        {"name": "PAYMENT_TOTALS_FILE", "value": "/dev/termination-log"},
        *_store_env(stack),
    ]
    return workload.container(wanted, PAYMENT, wanted.image or installation.payment_image, env) | {
        "ports": [workload.tcp(CHARGE_PORT, "charges"), workload.tcp(OPS_PORT, "ops")],
        "startupProbe": workload.probe("/readyz", "ops", period=1, budget=60, timeout=2),
        "readinessProbe": workload.probe("/readyz", "ops", period=2, budget=4, timeout=2),
        "livenessProbe": workload.probe("/livez", "ops", period=10, budget=60, timeout=5),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "profile", "mountPath": PROFILE_DIR, "readOnly": True},
            {"name": "token", "mountPath": _TOKEN_DIR, "readOnly": True},
            *_store_mounts(stack.payment.store),
        ],
    }
