"""The stacks of a cluster, as these commands have to know them."""

import json
from collections.abc import Iterable, Mapping
from typing import NoReturn

from cluster.errors import give_up
from shipping.context import Context
from support.kube import Kubectl, Manifest

CRD = "billingstacks.billing.antaeus.io"


def crd(kube: Kubectl) -> Manifest | None:
    """The custom resource as the cluster knows it, if it does."""
    found = kube("get", "crd", CRD, "--ignore-not-found", "--output=json")
    return json.loads(found) if found else None


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
    """The stack that STACK (and NAMESPACE) name."""
    text = environment.get("STACK", "").strip()
    namespace, slash, name = text.rpartition("/")
    if not slash:
        namespace = environment.get("NAMESPACE", "").strip() or context.namespace
    wanted = f"{namespace}/{name}"
    there = {place(stack): stack for stack in stacks(context.kube)}
    if not name or wanted not in there:
        _refuse(f"There is no stack {wanted}." if name else "Which? STACK=namespace/name", there)
    return there[wanted]


def _refuse(why: str, there: Iterable[str]) -> NoReturn:
    known = "\n".join(f"  {one}" for one in sorted(there)) or "  none"
    give_up(f"{why} Stacks of this cluster:\n{known}")
