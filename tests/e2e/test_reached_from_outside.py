"""Antaeus from outside of the cluster while its callers are named: by Ingress and node port."""

from collections.abc import Iterator

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi
from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_dev.installation import Images
from e2e.ingress_controller import IngressController, ingress_controller_of
from support.cluster.limits import NOTICED, PAY_IN_COLUMNS, ROLLOUT
from support.cluster.prober import BLOCKED, Prober, prober_pod
from support.cluster.running_stack import RunningStack

# Compiling the ingress controller takes minutes.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]

_HOST = "antaeus.local"
_HEALTH = "/rest/health"
# All but the cluster's own pods, whose addresses are kind's choice.
_OUTSIDE = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16"]}}


@pytest.fixture
def controller(
    cluster: Cluster, kube: Kube, api: ApiServer, stack: RunningStack
) -> Iterator[IngressController]:
    with ingress_controller_of(stack.namespace, cluster, kube, api) as found:
        yield found


@pytest.fixture
def antaeus_as_before(stack: RunningStack) -> Iterator[None]:
    yield
    stack.change(antaeus={"ingress": None}, networkPolicy={"antaeusFrom": None})


@pytest.mark.usefixtures("enforced", "antaeus_as_before")
def test_a_request_for_the_host_answers_where_the_controllers_pods_are_named(
    stack: RunningStack, controller: IngressController
) -> None:
    stack.change(antaeus={"ingress": {"enabled": True}}, networkPolicy={"antaeusFrom": []})
    assert stack.read()["status"]["endpoints"]["ingress"] == f"http://{_HOST}"
    # It knows the way, and no policy lets it go there.
    eventually(
        lambda: controller.ask(_HOST, _HEALTH)[0], lambda status: status >= 500, within=NOTICED
    )

    pods = {"matchLabels": {"kubernetes.io/metadata.name": controller.namespace}}
    stack.change(networkPolicy={"antaeusFrom": [{"namespaceSelector": pods}]})

    eventually(
        lambda: controller.ask(_HOST, _HEALTH),
        lambda answer: answer == (200, '"ok"'),
        within=NOTICED,
    )
    assert controller.ask("elsewhere.local", _HEALTH)[0] == 404


@pytest.fixture
def neighbour(kube: Kube, stack: RunningStack, installed: Images) -> Iterator[Prober]:
    """A pod of the stack's namespace that nobody has named."""
    pod = prober_pod("neighbour", stack.namespace, installed.antaeus, {"who": "neighbour"})
    kube.apply(pod)
    ready = ("wait", "pod/neighbour", "--for=condition=Ready", f"--timeout={ROLLOUT:.0f}s")
    kube("-n", stack.namespace, *ready, within=ROLLOUT + 10)
    yield Prober(kube, stack.namespace, "neighbour")
    kube.delete("pod", "neighbour", stack.namespace)


@pytest.mark.usefixtures("enforced", "some_pending", "antaeus_as_before")
def test_the_port_of_a_node_answers_where_those_outside_are_named_and_no_pod_gets_in(
    stack: RunningStack, antaeus: AntaeusApi, neighbour: Prober
) -> None:
    inside = f"{stack.read()['status']['endpoints']['antaeus']}{_HEALTH}"
    assert neighbour.ask(inside) == '200 "ok"'

    stack.change(networkPolicy={"antaeusFrom": [_OUTSIDE]}, payment={"successRate": 0.9})

    eventually(lambda: neighbour.ask(inside), lambda answer: answer == BLOCKED, within=NOTICED)
    assert antaeus.health()
    # The operator is a pod that nobody has named, and reads what was paid all the same.
    antaeus.pay()
    paid = antaeus.counts().paid
    eventually(
        lambda: stack.read()["status"].get("invoices", {}).get("paid"),
        lambda seen: seen == paid,
        within=PAY_IN_COLUMNS,
        every=0.5,
    )
