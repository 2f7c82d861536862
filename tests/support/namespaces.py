"""Namespaces that tests make, each with a name of its own: one that goes takes its time."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from support.eventually import eventually
from support.kube import Kube
from support.limits import NOTICED

# On each that is made here.
LABEL = "billing.antaeus.io/test=yes"


@contextmanager
def a_namespace(kube: Kube, purpose: str) -> Iterator[str]:
    """A namespace as Kubernetes makes it; goes with all that was made there."""
    name = f"{purpose}-{uuid.uuid4().hex[:8]}"
    kube("create", "namespace", name)
    kube("label", "namespace", name, LABEL)
    for kind, made in (("serviceaccount", "default"), ("configmap", "kube-root-ca.crt")):
        eventually(partial(kube.get, kind, made, name), within=NOTICED)
    try:
        yield name
    finally:
        kube("delete", "namespace", name, "--wait=false")


def clear_away(kube: Kube) -> None:
    """Deletes what runs that were broken off have left behind; not while others are at work."""
    kube("delete", "namespaces", "-l", LABEL, "--wait=false")
