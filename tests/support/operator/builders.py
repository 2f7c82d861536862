"""Builds what tests of the operator speak about; a test names only what matters to it."""

import base64
from typing import Any

from billing_operator.apps.answers import Counts
from billing_operator.inputs import Installation, Token
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest
from billing_operator.names import part_name, pods_of_stack, selector
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.spec.stack import Stack

NAMESPACE = "payments"
ANTAEUS_IMAGE = "example.test/antaeus:1"
PAYMENT_IMAGE = "example.test/payment:1"
OPERATOR_IMAGE = "example.test/operator:1"
OPERATOR_VERSION = "1.2.3"
MADE = "2025-01-01T00:00:00Z"


def a_body(
    name: str = "shop",
    *,
    uid: str = "stack-uid",
    generation: int = 1,
    version: int = 1,
    annotations: dict[str, str] | None = None,
    status: Manifest | None = None,
    **spec: Any,
) -> Manifest:
    """A BillingStack as the API server stores it; keywords are fields of its spec."""
    return {
        "apiVersion": "billing.antaeus.io/v1beta1",
        "kind": "BillingStack",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid,
            "generation": generation,
            "resourceVersion": str(version),
            "creationTimestamp": MADE,
            "annotations": annotations or {},
        },
        "spec": spec,
        "status": status or {},
    }


def a_stack(name: str = "shop", **changes: Any) -> Stack:
    """The same, as the operator reasons about it."""
    return Stack.from_body(a_body(name, **changes))


def an_installation(
    antaeus_image: str = ANTAEUS_IMAGE,
    payment_image: str = PAYMENT_IMAGE,
    version: str = OPERATOR_VERSION,
    operator_image: str = OPERATOR_IMAGE,
) -> Installation:
    """An operator in its usual namespace."""
    images = antaeus_image, payment_image, operator_image
    return Installation("billing-system", *images, version)


def a_token(made: str | None = "first") -> Token:
    """A token that the operator made, told from others by its id."""
    return Token("shop-token", "token", id=made, generated=True)


def owned(uid: str = "stack-uid", name: str = "shop") -> list[Manifest]:
    """Owner references of a stack's child."""
    return [
        {
            "apiVersion": "billing.antaeus.io/v1beta1",
            "kind": "BillingStack",
            "name": name,
            "uid": uid,
            "controller": True,
        }
    ]


def an_object(kind: str, name: str, *, uid: str = "", version: int = 1, **meta: Any) -> Manifest:
    """A live object of which only the metadata matter."""
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid or f"uid of {name}",
            "resourceVersion": str(version),
            **meta,
        },
    }


def a_secret(name: str = "shop-token", *, uid: str | None = "stack-uid", **data: str) -> Manifest:
    """A Secret with text as data; uid None makes it nobody's."""
    encoded = {k: base64.b64encode(text.encode("latin-1")).decode() for k, text in data.items()}
    return an_object("Secret", name, ownerReferences=owned(uid) if uid else []) | {"data": encoded}


def a_pod(
    part: str = "payment",
    name: str = "",
    *,
    stack: str = "shop",
    phase: str = "Running",
    ready: bool = True,
    leaving: bool = False,
    waiting: Manifest | None = None,
    conditions: list[Manifest] | None = None,
    **changes: Any,
) -> Manifest:
    """A live pod of a stack, ready unless told otherwise."""
    name = name or f"{stack}-{part}-0"
    labels = pods_of_stack(stack) | selector(stack, part)
    replica_set = {"kind": "ReplicaSet", "name": f"{stack}-{part}-5f", "controller": True}
    meta: Manifest = {"labels": labels, "ownerReferences": [replica_set | {"uid": "5f"}]}
    live = an_object("Pod", name, **meta | {"creationTimestamp": MADE} | changes)
    if leaving:
        live["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
    container: Manifest = {"name": part, "state": {"waiting": waiting} if waiting else {}}
    containers = [{"name": part, "image": f"example.test/{part}:1"}]
    live["spec"] = {"nodeName": "node-1", "containers": containers}
    live["status"] = {
        "phase": phase,
        "podIP": "10.0.0.1",
        "conditions": [{"type": "Ready", "status": str(ready)}, *(conditions or [])],
        "containerStatuses": [container],
    }
    return live


def a_deployment(
    part: str = "payment",
    *,
    stack: str = "shop",
    wanted: int = 1,
    ready: int | None = None,
    generation: int = 1,
    observed: int | None = None,
    conditions: list[Manifest] | None = None,
    **counts: int,
) -> Manifest:
    """A live Deployment of a stack, rolled out unless told otherwise."""
    name = part_name(stack, part)
    live = an_object("Deployment", name, generation=generation, ownerReferences=owned())
    ready = wanted if ready is None else ready
    live["spec"] = {"replicas": wanted}
    live["status"] = {
        "observedGeneration": generation if observed is None else observed,
        "updatedReplicas": wanted,
        "replicas": wanted,
        "readyReplicas": ready,
        "conditions": conditions or [],
        **counts,
    }
    return live


def an_instance(named: str = "first") -> AntaeusInstance:
    """An Antaeus by the uid of its pod and, behind a slash, how often it had restarted."""
    uid, _, restarts = named.partition("/")
    return AntaeusInstance(uid, int(restarts or 0))


def a_reading(paid: int = 2, pending: int = 8, instance: str = "first") -> Reading:
    """What Antaeus answered."""
    return Reading(Counts(paid, pending), an_instance(instance))
