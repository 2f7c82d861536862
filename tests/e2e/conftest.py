"""One stack that most tests share, reached from outside the cluster as a user would reach it."""

import json
from collections.abc import Iterator

import pytest

from billing_dev.checks.leftovers import clear_away
from billing_dev.clients.antaeus_api import AntaeusApi
from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.policy_probe import prove_policies_block
from billing_dev.eventually import eventually
from billing_dev.installation import Images, install
from own_leaks import own_leaks
from support.cluster.charges import lines
from support.cluster.limits import GONE, ROLLOUT
from support.cluster.namespaces import a_namespace
from support.cluster.running_stack import RunningStack

__all__ = ["own_leaks"]

# So many that a success rate of 0.4 or 0.6 shows.
INVOICES = 2000
NODE_PORT = 30008


@pytest.fixture(scope="session")
def installed(cluster: Cluster, images: Images) -> Images:
    """The operator of this tree, installed from deploy/."""
    install(cluster, images)
    return images


@pytest.fixture(scope="session")
def enforced(cluster: Cluster, installed: Images) -> None:
    """The assurance that a NetworkPolicy that must block does so here."""
    prove_policies_block(cluster, image=installed.antaeus)


@pytest.fixture(scope="session")
def stack(
    kube: Kube,
    api: ApiServer,
    installed: Images,  # noqa: ARG001 - somebody has to bring the stack about
) -> Iterator[RunningStack]:
    """A stack of many invoices; each test changes in it what it needs."""
    clear_away(kube)
    eventually(lambda: node_ports(kube), lambda taken: NODE_PORT not in taken, within=GONE)
    with a_namespace(api, "e2e") as namespace:
        made = RunningStack(kube, namespace, "billing")
        made.make(
            {
                "antaeus": {
                    "env": [{"name": "ANTAEUS_INVOICES", "value": str(INVOICES)}],
                    "service": {"type": "NodePort", "nodePort": NODE_PORT},
                }
            }
        )
        made.until_charges_pass()
        yield made


@pytest.fixture(scope="session")
def antaeus(
    cluster: Cluster,
    stack: RunningStack,  # noqa: ARG001 - whose Antaeus it is
) -> AntaeusApi:
    """The stack's Antaeus, through the node's port."""
    port = next(host for host, node in cluster.ports.items() if node == NODE_PORT)
    api = AntaeusApi(f"http://127.0.0.1:{port}")
    eventually(api.health, within=ROLLOUT)
    return api


@pytest.fixture
def all_pending(stack: RunningStack, antaeus: AntaeusApi) -> int:
    """An Antaeus that has charged nothing yet; returns how many invoices it has."""
    if lines(stack.log("antaeus"), "charge"):
        forget_payments(stack, antaeus)
    counts = antaeus.counts()
    assert counts.paid == 0
    return counts.total


@pytest.fixture
def some_pending(stack: RunningStack, antaeus: AntaeusApi) -> int:
    """An Antaeus with something left to charge; returns how many invoices are pending."""
    if not antaeus.counts().pending:
        forget_payments(stack, antaeus)
    return antaeus.counts().pending


def forget_payments(stack: RunningStack, antaeus: AntaeusApi) -> None:
    """Starts Antaeus again, which makes its invoices anew."""
    stack.kube.delete("pod", stack.pod("antaeus")["metadata"]["name"], stack.namespace)
    stack.until_ready()
    eventually(antaeus.health, within=ROLLOUT)


def node_ports(kube: Kube) -> list[int]:
    """The ports of the node that are taken, whoever has them."""
    services = json.loads(kube("get", "services", "--all-namespaces", "-o", "json"))["items"]
    return [port.get("nodePort") for one in services for port in one["spec"].get("ports", ())]
