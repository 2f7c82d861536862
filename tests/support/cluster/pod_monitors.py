"""A cluster that knows PodMonitors for a while, as one where Prometheus' operator is installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from billing_dev.clients.kube import Kube, KubectlError
from billing_dev.eventually import eventually
from billing_operator.kinds import POD_MONITOR, Manifest
from support.cluster.limits import NOTICED

_CRD = f"{POD_MONITOR.plural}.{POD_MONITOR.group}"


@contextmanager
def known(kube: Kube) -> Iterator[None]:
    """Makes the kind known, and takes it away again with all that is of it."""
    kube.apply(_definition())
    try:
        eventually(lambda: _is_served(kube), within=NOTICED)
        yield
    finally:
        kube("delete", "crd", _CRD, "--wait=true")


def _is_served(kube: Kube) -> bool:
    """A definition is established some moments before there is a store for its objects."""
    try:
        kube("get", _CRD, "-A")
    except KubectlError:
        return False
    return True


def _definition() -> Manifest:
    """The outline of the original, which is 30,000 lines and checks no more of what we send."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _CRD},
        "spec": {
            "group": POD_MONITOR.group,
            "scope": "Namespaced",
            "names": {
                "kind": POD_MONITOR.name,
                "listKind": f"{POD_MONITOR.name}List",
                "plural": POD_MONITOR.plural,
                "singular": POD_MONITOR.name.lower(),
            },
            "versions": [version],
        },
    }
