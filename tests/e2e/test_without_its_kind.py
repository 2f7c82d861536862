"""The custom resource's definition is changed, deleted and made again under a running operator.

The last of this folder: with the definition go all stacks, and with them the one that tests share.
"""

import copy
import json
from collections.abc import Iterator

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.crd import crd
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, Images, operator_pods, wait_for_operator
from billing_operator.kinds import BILLING_STACK, Manifest
from support.cluster.limits import GONE, RECOVERED
from support.cluster.namespaces import a_namespace
from support.cluster.running_stack import RunningStack

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]

_CRD = "customresourcedefinition/billingstacks.billing.antaeus.io"


@pytest.fixture
def shop(kube: Kube, api: ApiServer, installed: Images) -> Iterator[RunningStack]:  # noqa: ARG001 - somebody has to bring it about
    """A stack, not made yet, in a namespace of its own."""
    with a_namespace(api, "e2e") as namespace:
        yield RunningStack(kube, namespace, "shop")


@pytest.fixture
def _definition_back(kube: Kube) -> Iterator[None]:
    yield
    _define(kube, crd())


@pytest.mark.usefixtures("_definition_back")
def test_a_stack_that_was_stored_by_an_earlier_schema_runs_on(
    kube: Kube, shop: RunningStack
) -> None:
    """With a field that there is no more, and without the defaults of those that came since."""
    _define(kube, _earlier())
    shop.make({"payment": {"surcharge": 3}})
    assert "networkPolicy" not in shop.read()["spec"]
    before = _lives(shop)

    _define(kube, crd())
    _restart(kube)

    body = shop.until_ready()
    assert body["spec"]["networkPolicy"] == {"enabled": True}
    assert "surcharge" not in body["spec"]["payment"]
    shop.change(payment={"successRate": 0.9})
    assert _lives(shop) == before


@pytest.mark.usefixtures("_definition_back")
def test_an_operator_whose_kind_is_deleted_waits_and_serves_it_again(
    kube: Kube, shop: RunningStack
) -> None:
    shop.make({})
    kube("delete", _CRD, within=GONE)
    eventually(lambda: kube.list("pods", shop.namespace), lambda left: left == [], within=GONE)

    _define(kube, crd())

    began = _restarts(kube)
    kube.apply(_stack(shop))
    eventually(
        lambda: shop.read().get("status", {}).get("payment", {}).get("summary"),
        lambda pods: pods == "1/1",
        within=RECOVERED,
        every=0.5,
    )
    assert max(_restarts(kube)) <= max(began) + 1


def _define(kube: Kube, definition: Manifest) -> None:
    kube("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(definition))
    kube("wait", _CRD, "--for=condition=Established", "--timeout=30s")


def _earlier() -> Manifest:
    """A definition as an earlier version may have had it."""
    made = copy.deepcopy(crd())
    (version,) = made["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    spec["payment"]["properties"]["surcharge"] = {"type": "integer", "description": "Gone."}
    for part in ("networkPolicy", "monitoring", "token"):
        del spec[part]["default"]
    return made


def _stack(shop: RunningStack) -> Manifest:
    return {
        "apiVersion": BILLING_STACK.api_version,
        "kind": BILLING_STACK.name,
        "metadata": {"name": shop.name, "namespace": shop.namespace},
        "spec": {"antaeus": {"replicas": 0}},
    }


def _lives(shop: RunningStack) -> set[str]:
    return {pod["metadata"]["uid"] for part in ("antaeus", "payment") for pod in shop.pods(part)}


def _restart(kube: Kube) -> None:
    kube("-n", NAMESPACE, "rollout", "restart", "deployment/billing-operator")
    wait_for_operator(kube)


def _restarts(kube: Kube) -> list[int]:
    pods = (kube.must_get("pod", name, NAMESPACE) for name in operator_pods(kube))
    return [
        container["restartCount"]
        for pod in pods
        for container in pod["status"].get("containerStatuses", [])
    ]
