"""Who gets through to payment: its own Antaeus, with the token, and nobody else.

The token is tried from within Antaeus' own pod, whose image has Python in it. The policies let
nobody else through, and a pod that wore Antaeus' labels would be given Antaeus' callers as well.
"""

import base64
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi
from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, Images
from support.cluster.limits import NOTICED, PAY_IN_COLUMNS, ROLLOUT
from support.cluster.namespaces import a_namespace
from support.cluster.prober import Prober, prober_pod
from support.cluster.running_stack import RunningStack

CHARGE = '{"currency":"USD","customer_id":1,"value":181.62}'
JSON = {"Content-Type": "application/json"}
NEIGHBOUR = {"who": "neighbour"}
# Something in the cluster that is open to everybody.
OPERATOR = f"http://billing-operator.{NAMESPACE}:8080/healthz"


@pytest.fixture(scope="module")
def strangers(
    kube: Kube, api: ApiServer, stack: RunningStack, installed: Images
) -> Iterator[list[Prober]]:
    """Pods that are not this stack's Antaeus: a neighbour, and one elsewhere in its clothes."""
    with a_namespace(api, "e2e") as elsewhere:
        clothes = stack.pod("antaeus")["metadata"]["labels"]
        pods = [
            prober_pod("neighbour", stack.namespace, installed.antaeus, NEIGHBOUR),
            prober_pod("stranger", elsewhere, installed.antaeus, clothes),
        ]
        kube.apply(*pods)
        for pod in pods:
            ready = ("wait", f"pod/{pod['metadata']['name']}", "--for=condition=Ready")
            kube("-n", pod["metadata"]["namespace"], *ready, f"--timeout={ROLLOUT}s")
        yield [Prober(kube, p["metadata"]["namespace"], p["metadata"]["name"]) for p in pods]
        kube.delete("pod", "neighbour", stack.namespace)


@pytest.fixture
def inside_antaeus(stack: RunningStack) -> Prober:
    """Antaeus' own pod."""
    return Prober(stack.kube, stack.namespace, stack.pod("antaeus")["metadata"]["name"])


@pytest.fixture
def endpoints(stack: RunningStack) -> dict[str, str]:
    """Where the stack says that its two services are."""
    found: dict[str, str] = stack.read()["status"]["endpoints"]
    return found


@pytest.mark.usefixtures("enforced", "some_pending")
def test_each_edge_passes_or_not_by_its_port_where_nobody_is_named(
    stack: RunningStack,
    antaeus: AntaeusApi,
    strangers: list[Prober],
    inside_antaeus: Prober,
    endpoints: dict[str, str],
) -> None:
    stack.change(payment={"successRate": 1})
    neighbour, elsewhere = strangers
    inside_payment = Prober(stack.kube, stack.namespace, stack.pod("payment")["metadata"]["name"])
    health = f"{endpoints['antaeus']}/rest/health"
    charges, metrics = f"{endpoints['payment']}/health", metrics_of(stack)
    # From the kubelet all get in, and the operator: that the stack is ready shows both.
    wanted = {
        **{(prober, health): True for prober in (neighbour, elsewhere)},
        **{(prober, at): False for prober in (neighbour, elsewhere) for at in (charges, metrics)},
        (inside_antaeus, charges): True,
        (inside_antaeus, metrics): False,
        # Its image may have to download at its start; payment's has nothing to ask of anybody.
        (inside_antaeus, OPERATOR): True,
        (inside_payment, health): False,
        (inside_payment, OPERATOR): False,
    }

    eventually(lambda: answered(wanted), lambda got: got == wanted, within=NOTICED, every=0.5)
    assert antaeus.pay() is True


def metrics_of(stack: RunningStack) -> str:
    """Where payment's one pod tells its metrics."""
    return f"http://{stack.pod('payment')['status']['podIP']}:9001/metrics"


def answered(edges: Iterable[tuple[Prober, str]]) -> dict[tuple[Prober, str], bool]:
    """By which edges an answer comes; all are tried at the same time."""
    tried = list(edges)
    with ThreadPoolExecutor(len(tried)) as pool:
        got = pool.map(lambda each: each[0].ask(each[1]).startswith("200 "), tried)
        return dict(zip(tried, got, strict=True))


@pytest.mark.usefixtures("enforced")
def test_a_charge_needs_the_token(
    stack: RunningStack, inside_antaeus: Prober, endpoints: dict[str, str]
) -> None:
    stack.change(payment={"successRate": 1})
    name = stack.read()["status"]["token"]["secretName"]
    secret = stack.kube.must_get("secret", name, stack.namespace)
    token = base64.b64decode(secret["data"]["token"]).decode()

    def answer(**headers: str) -> str:
        sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        return inside_antaeus.ask(endpoints["payment"], body=CHARGE, headers=sent)

    refused = '403 {"result":"false","error":"X-Token is missing or wrong","code":"Token"}'
    assert answer() == refused
    assert answer(X_Token="") == refused
    assert answer(X_Token=token[:-1]) == refused
    assert answer(X_Token=token) == '200 {"result":"true"}'


@pytest.mark.usefixtures("enforced")
def test_probes_and_the_operator_get_through_the_policies(
    stack: RunningStack, antaeus: AntaeusApi
) -> None:
    policies = stack.kube.list("networkpolicies", stack.namespace)
    assert {policy["metadata"]["name"] for policy in policies} == {
        "billing-default-deny",
        "billing-antaeus",
        "billing-payment",
        "billing-billing",
    }

    for part in ("antaeus", "payment"):
        [container] = stack.pod(part)["status"]["containerStatuses"]
        assert (container["ready"], container["restartCount"]) == (True, 0)
    status = stack.until_ready()["status"]
    # The operator shows a rate only if every payment pod has told it, and counts as Antaeus tells.
    assert status["payment"]["successRate"] == stack.read()["spec"]["payment"]["successRate"]
    eventually(
        lambda: stack.read()["status"].get("invoices", {}).get("paid"),
        lambda paid: paid == antaeus.counts().paid,
        within=PAY_IN_COLUMNS,
        every=0.5,
    )


@pytest.fixture
def peers(stack: RunningStack, strangers: list[Prober]) -> Iterator[None]:
    """Whoever is elsewhere reaches Antaeus, the neighbour the metrics; Antaeus is locked in."""
    elsewhere = {"kubernetes.io/metadata.name": strangers[1].namespace}
    given = {
        "antaeusFrom": [{"namespaceSelector": {"matchLabels": elsewhere}}],
        "monitoringFrom": [{"podSelector": {"matchLabels": NEIGHBOUR}}],
        "antaeusEgress": [],
    }
    # Ready tells that the operator has read the new rate from payment, through the policies.
    stack.change(networkPolicy=given, payment={"successRate": 0.9})
    yield
    stack.change(networkPolicy=dict.fromkeys(given))


@pytest.mark.usefixtures("enforced", "some_pending", "peers")
def test_named_peers_get_through_where_they_are_named_and_nowhere_else(
    stack: RunningStack,
    antaeus: AntaeusApi,
    strangers: list[Prober],
    inside_antaeus: Prober,
    endpoints: dict[str, str],
) -> None:
    health = f"{endpoints['antaeus']}/rest/health"
    charges = f"{endpoints['payment']}/health"
    metrics = metrics_of(stack)
    neighbour, elsewhere = strangers
    wanted = {
        (neighbour, health): False,
        (neighbour, charges): False,
        (neighbour, metrics): True,
        (elsewhere, health): True,
        (elsewhere, charges): False,
        (elsewhere, metrics): False,
        (inside_antaeus, charges): True,
        (inside_antaeus, metrics): False,
        (inside_antaeus, OPERATOR): False,
    }

    eventually(lambda: answered(wanted), lambda got: got == wanted, within=NOTICED, every=0.5)

    before = antaeus.counts().paid
    antaeus.pay()
    paid = antaeus.counts().paid
    assert paid > before
    eventually(
        lambda: stack.read()["status"].get("invoices", {}).get("paid"),
        lambda seen: seen == paid,
        within=PAY_IN_COLUMNS,
        every=0.5,
    )
