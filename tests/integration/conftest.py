"""A namespace for each test, and an operator that runs in this process with the rights it ships."""

from collections.abc import Iterator

import pytest

from cluster.paths import Cluster
from support.api_server import Access, ApiServer
from support.audit import AuditLog
from support.installation import NAMESPACE, Images, install_without_operator
from support.kube import Kube
from support.namespaces import a_namespace
from support.scene import Scene

# Its assertions tell what they saw, as those of a test do.
pytest.register_assert_rewrite("support.master", "support.rotated")


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
def scene(
    installed: Images, kube: Kube, api: ApiServer, audit: AuditLog, access: Access, token: str
) -> Iterator[Scene]:
    """A namespace with nothing in it."""
    with a_namespace(api, "stacks") as namespace:
        yield Scene(kube, api, audit, access, token, installed, namespace)
