"""A namespace for each test, and an operator that runs in this process with the rights it ships."""

from collections.abc import Iterator

import pytest

from billing_dev.clients.api_server import Access, ApiServer
from billing_dev.clients.audit import AuditLog
from billing_dev.clients.kube import Kube
from billing_dev.cluster.paths import Cluster
from billing_dev.installation import NAMESPACE, Images, install_without_operator
from own_leaks import own_leaks
from own_ports import own_ports
from support.cluster.namespaces import a_namespace
from support.cluster.workspace import Workspace

__all__ = ["own_leaks", "own_ports"]

# Its assertions tell what they saw, as those of a test do.
pytest.register_assert_rewrite(
    "support.cluster.final_checks", "support.cluster.rotation_under_load"
)


@pytest.fixture(scope="session")
def installed(cluster: Cluster, images: Images) -> Images:
    """All of deploy/ but a running operator, since two at once would be two writers."""
    install_without_operator(cluster, images)
    return images


@pytest.fixture(scope="session")
def token(installed: Images, kube: Kube) -> str:  # noqa: ARG001 - the account comes with it
    """Makes the operator here the one that is installed, as far as the API server can tell."""
    return kube("-n", NAMESPACE, "create", "token", "billing-operator", "--duration=2h").strip()


@pytest.fixture
def workspace(
    installed: Images, kube: Kube, api: ApiServer, audit: AuditLog, access: Access, token: str
) -> Iterator[Workspace]:
    """A namespace with nothing in it."""
    with a_namespace(api, "stacks") as namespace:
        yield Workspace(kube, api, audit, access, token, installed, namespace)
