"""A newer operator takes over a stack that is in use."""

from collections.abc import Iterator

import pytest

from cluster.paths import Cluster
from support.antaeus_api import AntaeusApi
from support.eventually import eventually
from support.installation import NAMESPACE, Images, install
from support.limits import ROLLOUT
from support.newer_operator import GRACE_SECONDS, VERSION, newer
from support.running_stack import RunningStack

METRICS = f"/api/v1/namespaces/{NAMESPACE}/services/billing-operator:http/proxy/metrics"


@pytest.fixture
def later(cluster: Cluster, installed: Images) -> Iterator[Images]:
    """Images of a later version; the operator of this tree is back afterwards."""
    yield newer(installed)
    install(cluster, installed)


@pytest.mark.usefixtures("some_pending")
def test_an_upgrade_rolls_payment_and_leaves_antaeus_as_it_is(
    cluster: Cluster, stack: RunningStack, antaeus: AntaeusApi, installed: Images, later: Images
) -> None:
    stack.change(payment={"successRate": 0.5})
    antaeus.pay()
    invoices, old = antaeus.invoices(), {part: stack.pod(part) for part in ("antaeus", "payment")}
    assert any(invoice.paid for invoice in invoices)

    install(cluster, later)

    assert VERSION in stack.kube.raw(METRICS)
    eventually(
        lambda: [pod["spec"]["terminationGracePeriodSeconds"] for pod in stack.pods("payment")],
        lambda seconds: seconds == [GRACE_SECONDS],
        within=ROLLOUT,
        every=0.5,
    )
    status = stack.until_ready()["status"]
    assert status["operatorVersion"] == VERSION
    assert stack.pod("payment")["metadata"]["uid"] != old["payment"]["metadata"]["uid"]
    # Antaeus would forget what was paid.
    assert stack.pod("antaeus")["metadata"]["uid"] == old["antaeus"]["metadata"]["uid"]
    assert stack.pod("antaeus")["status"]["containerStatuses"][0]["restartCount"] == 0
    assert antaeus.invoices() == invoices
    # What it misses is told.
    assert status["antaeus"]["image"] == installed.antaeus
    assert status["antaeus"]["pendingUpdate"] == f"image {later.antaeus}"
