"""A namespace for each test, and an operator that runs in this process with the rights it ships."""

import secrets
from collections.abc import Iterator

import pytest

from support.api_server import Access, ApiServer
from support.audit import AuditLog
from support.eventually import eventually
from support.installation import NAMESPACE, Images
from support.kube import Kube
from support.limits import GONE
from support.scene import Scene

# Its assertions tell what they saw, as those of a test do.
pytest.register_assert_rewrite("support.master")

_DEPLOYMENT = "deployment/billing-operator"
_PODS = "app.kubernetes.io/name=billing-operator"


@pytest.fixture(scope="package")
def alone(installed: Images, kube: Kube) -> Iterator[Images]:
    """The installed operator stands aside: two at once would be two writers."""
    kube("-n", NAMESPACE, "scale", _DEPLOYMENT, "--replicas=0")
    eventually(lambda: kube.list("pods", NAMESPACE, _PODS), lambda pods: pods == [], within=GONE)
    yield installed
    kube("-n", NAMESPACE, "scale", _DEPLOYMENT, "--replicas=1")


@pytest.fixture(scope="package")
def token(alone: Images, kube: Kube) -> str:  # noqa: ARG001 - the account comes with it
    """Makes the operator here the one that is installed, as far as the API server can tell."""
    return kube("-n", NAMESPACE, "create", "token", "billing-operator", "--duration=2h").strip()


@pytest.fixture
def scene(
    alone: Images, kube: Kube, api: ApiServer, audit: AuditLog, access: Access, token: str
) -> Iterator[Scene]:
    """A namespace with nothing in it."""
    namespace = f"stacks-{secrets.token_hex(4)}"
    kube("create", "namespace", namespace)
    yield Scene(kube, api, audit, access, token, alone, namespace)
    kube("delete", "namespace", namespace, "--wait=false")
