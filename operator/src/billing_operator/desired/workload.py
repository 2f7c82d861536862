"""What the manifests of both services share."""

import math

from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.names import labels, part_name, selector
from billing_operator.spec.pods import Container, PodChoices
from billing_operator.spec.stack import Stack


def owner(stack: Stack) -> Manifest:
    """The reference by which Kubernetes removes a child when its stack goes."""
    return {
        "apiVersion": BILLING_STACK.api_version,
        "kind": BILLING_STACK.name,
        "name": stack.name,
        "uid": stack.uid,
        "controller": True,
    }


def metadata(stack: Stack, name: str, with_labels: dict[str, str]) -> Manifest:
    """Metadata of any child."""
    return {
        "name": name,
        "namespace": stack.namespace,
        "labels": with_labels,
        "ownerReferences": [owner(stack)],
    }


def part_metadata(stack: Stack, part: str) -> Manifest:
    """Metadata of a child that belongs to one of the two services."""
    return metadata(stack, part_name(stack.name, part), labels(stack.name, part))


def service_account(stack: Stack, part: str) -> Manifest:
    """An account with no rights, so that the pods run under no shared one."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": part_metadata(stack, part),
        "automountServiceAccountToken": False,
    }


def service(stack: Stack, part: str, spec: Manifest) -> Manifest:
    """A Service in front of a part's pods; spec says type and ports."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": part_metadata(stack, part),
        "spec": {"selector": selector(stack.name, part), **spec},
    }


def pod_template(
    stack: Stack, part: str, chosen: PodChoices, *, spec: Manifest, annotations: dict[str, str]
) -> Manifest:
    """A pod template of a part, with what no pod of a stack goes without.

    What the operator sets is stronger than what a user chose.
    """
    annotations = chosen.annotations | annotations
    template_metadata: Manifest = {"labels": chosen.labels | labels(stack.name, part)}
    if annotations:
        template_metadata["annotations"] = annotations
    return {
        "metadata": template_metadata,
        "spec": {
            "serviceAccountName": part_name(stack.name, part),
            "automountServiceAccountToken": False,
            # Otherwise a Service called "payment" would put a PAYMENT_PORT of its own in there.
            "enableServiceLinks": False,
            **_pod_fields(stack, part, chosen),
            **spec,
        },
    }


def _pod_fields(stack: Stack, part: str, chosen: PodChoices) -> Manifest:
    """The fields of a pod's spec that a user chose."""
    made = dict(chosen.spec)
    if spreads := made.get("topologySpreadConstraints"):
        # Without a selector Kubernetes would count no pod at all, and so spread none.
        own_pods = {"labelSelector": {"matchLabels": selector(stack.name, part)}}
        made["topologySpreadConstraints"] = [own_pods | spread for spread in spreads]
    return made


def container(wanted: Container, name: str, image: str, env: list[Manifest]) -> Manifest:
    """The part of a container that the user may shape; a user's variables come last."""
    made: Manifest = {"name": name, "image": image, "env": [*env, *wanted.env]}
    if wanted.pull_policy:
        made["imagePullPolicy"] = wanted.pull_policy
    if resources := {kind: of for kind, of in wanted.resources.items() if of}:
        made["resources"] = resources
    return made


def tcp(number: int, name: str) -> Manifest:
    """A container port."""
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def probe(path: str, port: str, *, period: int, budget: int, timeout: int) -> Manifest:
    """An HTTP probe that fails once nothing has answered for budget seconds."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": max(1, math.ceil(budget / period)),
    }
