"""A newer operator takes over stacks that are in use, and an older one takes them back."""

from collections.abc import Iterator

import pytest

from billing_dev.checks.newer_operator import GRACE_SECONDS, VERSION, newer
from billing_dev.clients.antaeus_api import AntaeusApi
from billing_dev.clients.kube import Manifest
from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, Images, install
from billing_operator import __version__
from support.cluster.limits import ROLLOUT
from support.cluster.running_stack import RunningStack
from support.cluster.workspace import NO_PODS, a_stack, conditions

# Without pods: what the operator does for them is the same.
_OTHERS = tuple(f"other-{number}" for number in range(20))
METRICS = f"/api/v1/namespaces/{NAMESPACE}/services/billing-operator:http/proxy/metrics"


@pytest.fixture
def later(cluster: Cluster, installed: Images) -> Iterator[Images]:
    """Images of a later version; the operator of this tree is back afterwards."""
    yield newer(installed)
    install(cluster, installed)


@pytest.mark.usefixtures("some_pending")
def test_an_upgrade_and_its_way_back_roll_payment_and_leave_antaeus_as_it_is(
    cluster: Cluster, stack: RunningStack, antaeus: AntaeusApi, installed: Images, later: Images
) -> None:
    stack.kube.apply(*(a_stack(name, stack.namespace, NO_PODS) for name in _OTHERS))
    written = _of_users(stack)
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
    _until_all_are_of(stack, VERSION)

    install(cluster, installed)

    _until_all_are_of(stack, __version__)
    assert "pendingUpdate" not in stack.until_ready()["status"]["antaeus"]
    assert stack.pod("antaeus")["metadata"]["uid"] == old["antaeus"]["metadata"]["uid"]
    assert antaeus.invoices() == invoices
    # Neither operator has written into what is their users'.
    assert _of_users(stack) == written
    stack.kube("-n", stack.namespace, "delete", "bst", *_OTHERS)


def _of_users(stack: RunningStack) -> list[tuple[str, list[str], list[str]]]:
    """Each stack's name, and by what its annotations and finalizers are called."""
    found = (body["metadata"] for body in stack.kube.list("bst", stack.namespace))
    return [
        (meta["name"], sorted(meta.get("annotations", ())), meta.get("finalizers", []))
        for meta in found
    ]


def _until_all_are_of(stack: RunningStack, version: str) -> None:
    """Waits until an operator of a version has found every stack ready."""
    eventually(
        lambda: [_told(body) for body in stack.kube.list("bst", stack.namespace)],
        lambda told: told == [(version, "True")] * (len(_OTHERS) + 1),
        within=ROLLOUT,
        every=0.5,
    )


def _told(body: Manifest) -> tuple[str | None, str | None]:
    ready = conditions(body).get("Ready", {})
    return body.get("status", {}).get("operatorVersion"), ready.get("status")
