"""The stacks of a cluster, as these commands have to know them."""

import json
from collections.abc import Mapping
from typing import NoReturn

from billing_dev.clients.kube import Kubectl, KubectlError, Manifest
from billing_dev.cluster.errors import give_up
from billing_dev.shipping.context import Context

CRD = "billingstacks.billing.antaeus.io"


def crd(kube: Kubectl) -> Manifest | None:
    """The custom resource as the cluster knows it, if it does."""
    live = kube("get", "crd", CRD, "--ignore-not-found", "--output=json")
    return json.loads(live) if live else None


def stacks(kube: Kubectl) -> list[Manifest]:
    """All stacks of the cluster."""
    if crd(kube) is None:
        return []
    items: list[Manifest] = json.loads(kube("get", CRD, "-A", "--output=json"))["items"]
    return items


def place(stack: Manifest) -> str:
    """Namespace and name of a stack, as STACK= takes them."""
    return f"{stack['metadata']['namespace']}/{stack['metadata']['name']}"


def chosen(environment: Mapping[str, str], context: Context) -> Manifest:
    """The stack that STACK (and NAMESPACE) name; whoever may use its namespace may choose it."""
    namespace, slash, name = environment.get("STACK", "").strip().rpartition("/")
    if not slash:
        namespace = environment.get("NAMESPACE", "").strip() or context.namespace
    if not name:
        _refuse("Which stack? STACK=namespace/name", context.kube)
    stack = context.kube.get(CRD, name, namespace)
    if stack is None:
        _refuse(f"There is no stack {namespace}/{name}.", context.kube)
    return stack


def _refuse(why: str, kube: Kubectl) -> NoReturn:
    try:
        places = sorted(place(stack) for stack in stacks(kube))
    except KubectlError:
        give_up(why)
    known = "\n".join(f"  {one}" for one in places) or "  none"
    give_up(f"{why} Stacks of this cluster:\n{known}")
