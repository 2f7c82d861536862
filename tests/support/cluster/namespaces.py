"""Namespaces that tests make, each with a name of its own: one that goes takes its time."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from billing_dev.checks.leftovers import TEST_LABEL
from billing_dev.clients.api_server import ApiServer
from billing_dev.eventually import eventually
from billing_operator.kinds import CONFIG_MAP, SERVICE_ACCOUNT
from support.cluster.limits import NOTICED


@contextmanager
def a_namespace(api: ApiServer, purpose: str) -> Iterator[str]:
    """A namespace as Kubernetes makes it; goes with all that was made there."""
    name = f"{purpose}-{uuid.uuid4().hex[:8]}"
    api.make_namespace(name, {TEST_LABEL: "yes"})
    for kind, made in ((SERVICE_ACCOUNT, "default"), (CONFIG_MAP, "kube-root-ca.crt")):
        eventually(partial(api.read, kind, name, made), within=NOTICED)
    try:
        yield name
    finally:
        api.delete_namespace(name)
