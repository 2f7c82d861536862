"""Antaeus: one pod that usually forgets every payment when it restarts, so it rarely is."""

import hashlib
import json

from billing_operator.desired import workload
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import CLAIM, Manifest
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    APPLIED_TEMPLATE,
    CHARGE_PORT,
    PAYMENT,
    TEMPLATE_ORIGIN,
    TOKEN_ID,
    part_name,
    selector,
)
from billing_operator.spec.spelling import in_one_spelling
from billing_operator.spec.stack import Stack

HEALTH_PATH = "/rest/health"
# The volume of its database.
_DATABASE = "database"


def service_account(stack: Stack) -> Manifest:
    """Antaeus' account."""
    return workload.service_account(stack, ANTAEUS)


def service(stack: Stack) -> Manifest:
    """How Antaeus is reached."""
    port: Manifest = {
        "name": "http",
        "port": ANTAEUS_PORT,
        "targetPort": "http",
        "protocol": "TCP",
        "appProtocol": "http",
    }
    if stack.antaeus.node_port is not None:
        port["nodePort"] = stack.antaeus.node_port
    return workload.service(stack, ANTAEUS, {"type": stack.antaeus.service_type, "ports": [port]})


def claims(stack: Stack) -> tuple[Manifest, ...]:
    """The claim on a volume for its database, where the stack asks for one.

    It is nobody's unless it is to go with the stack: what was paid stands in it alone.
    """
    persistence = stack.antaeus.persistence
    if persistence is None or persistence.template is None:
        return ()
    wanted, metadata = persistence.template, workload.part_metadata(stack, ANTAEUS)
    if wanted.retained:
        del metadata["ownerReferences"]
    spec: Manifest = {
        "accessModes": wanted.access_modes,
        "resources": {"requests": {"storage": wanted.size}},
    }
    if wanted.storage_class is not None:
        spec["storageClassName"] = wanted.storage_class
    return (
        {
            "apiVersion": CLAIM.api_version,
            "kind": CLAIM.name,
            "metadata": metadata,
            "spec": spec,
        },
    )


def charge_url(stack: Stack) -> str:
    """Where Antaeus sends its charges, from the stack's own namespace.

    The bare name is found at the first question to DNS; a longer one short of the cluster's whole
    domain is looked for in two other places before.
    """
    return f"http://{part_name(stack.name, PAYMENT)}:{CHARGE_PORT}"


def base_url(stack: Stack) -> str:
    """Where a billing run finds Antaeus, from the stack's own namespace."""
    return f"http://{part_name(stack.name, ANTAEUS)}:{ANTAEUS_PORT}"


def deployment(stack: Stack, template: Manifest) -> Manifest:
    """Antaeus' Deployment around a pod template, which may be an older one that is held back."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": workload.part_metadata(stack, ANTAEUS)
        | {"annotations": {APPLIED_TEMPLATE: json.dumps(template, separators=(",", ":"))}},
        "spec": {
            "replicas": stack.wanted_pods(ANTAEUS),
            # Each pod has invoices of its own: two at once would charge every customer twice.
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": stack.antaeus.startup_seconds + 120,
            "selector": {"matchLabels": selector(stack.name, ANTAEUS)},
            "template": template,
        },
    }


def template(stack: Stack, token: Token, installation: Installation) -> Manifest:
    """The pod as this version of the operator would start it now."""
    annotations = {TEMPLATE_ORIGIN: template_origin(stack, token)}
    if token.id:
        annotations[TOKEN_ID] = token.id
    spec: Manifest = {
        "terminationGracePeriodSeconds": 30,
        "containers": [_container(stack, token, installation)],
    }
    pod = stack.antaeus.pod
    volumes: list[Manifest] = []
    if pod.tmp:
        volumes.append({"name": "tmp", "emptyDir": pod.tmp})
    if name := _claim_name(stack):
        volumes.append({"name": _DATABASE, "persistentVolumeClaim": {"claimName": name}})
    if volumes:
        spec["volumes"] = volumes
    return workload.pod_template(stack, ANTAEUS, pod, spec=spec, annotations=annotations)


def template_origin(stack: Stack, token: Token) -> str:
    """Digest of all that a user chose about the pod, and of nothing that the operator chose.

    Of two spellings of one choice it is the same. While it stays the same, a running Antaeus is
    left alone, whatever a newer operator or another default image would make of the same choices.
    """
    container, persistence = stack.antaeus.container, stack.antaeus.persistence
    chosen = {
        "image": container.image,
        "imagePullPolicy": container.pull_policy,
        "resources": container.resources,
        "env": container.env,
        "startupSeconds": stack.antaeus.startup_seconds,
        "secret": [token.secret_name, token.key, token.id],
        "pod": stack.antaeus.pod.as_chosen(),
        "volume": persistence and [_claim_name(stack), persistence.mount_path],
    }
    # What is not chosen is left out, so that a field of a newer version changes no digest.
    chosen = in_one_spelling({name: value for name, value in chosen.items() if value})
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def _startup_probe(seconds: int) -> Manifest:
    # The first one fails as the container starts: as many as go into the time, and one more.
    period = 2
    return workload.probe(HEALTH_PATH, "http", period=period, budget=seconds + period, timeout=2)


def _container(stack: Stack, token: Token, installation: Installation) -> Manifest:
    wanted = stack.antaeus.container
    env: list[Manifest] = [
        {"name": "PAYMENT_PROVIDER_ENDPOINT", "value": charge_url(stack)},
        {
            "name": "PAYMENTS_API_TOKEN",
            "valueFrom": {"secretKeyRef": {"name": token.secret_name, "key": token.key}},
        },
    ]
    made = workload.container(wanted, ANTAEUS, wanted.image or installation.antaeus_image, env) | {
        "ports": [workload.tcp(ANTAEUS_PORT, "http")],
        "startupProbe": _startup_probe(stack.antaeus.startup_seconds),
        "readinessProbe": workload.probe(HEALTH_PATH, "http", period=5, budget=15, timeout=5),
        # A minute and more: a pay call that keeps it busy must never cost it its memory.
        "livenessProbe": workload.probe(HEALTH_PATH, "http", period=15, budget=75, timeout=10),
    }
    pod = stack.antaeus.pod
    if pod.security:
        made["securityContext"] = pod.security
    mounts: list[Manifest] = []
    if pod.tmp:
        mounts.append({"name": "tmp", "mountPath": "/tmp"})  # noqa: S108 - in the pod
    if persistence := stack.antaeus.persistence:
        mounts.append({"name": _DATABASE, "mountPath": persistence.mount_path})
    if mounts:
        made["volumeMounts"] = mounts
    return made


def _claim_name(stack: Stack) -> str | None:
    persistence = stack.antaeus.persistence
    if persistence is None:
        return None
    return persistence.existing_claim or part_name(stack.name, ANTAEUS)
