"""A stack goes without a trace, and without the operator's help."""

import time
from collections.abc import Iterator

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, REPLICAS, Images, wait_for_operator
from measurements import Measurements
from support.cluster.limits import GONE, ROLLOUT
from support.cluster.namespaces import a_namespace
from support.cluster.running_stack import RunningStack

OPERATOR = "deployment/billing-operator"
# Events tell what happened; they stay for an hour, whatever happened to.
NOT_COUNTED = ("events", "events.events.k8s.io")


@pytest.fixture
def short_lived(
    kube: Kube,
    api: ApiServer,
    installed: Images,  # noqa: ARG001 - somebody has to bring the stack about
) -> Iterator[RunningStack]:
    """A stack, not made yet, in a namespace of its own."""
    with a_namespace(api, "e2e") as namespace:
        yield RunningStack(kube, namespace, "short-lived")


@pytest.fixture
def operator_back(kube: Kube) -> Iterator[None]:
    """Starts the operator again after a test that stops it."""
    yield
    kube("-n", NAMESPACE, "scale", OPERATOR, f"--replicas={REPLICAS}")
    wait_for_operator(kube)


@pytest.mark.usefixtures("operator_back")
def test_a_deleted_stack_leaves_nothing_though_the_operator_does_not_run(
    kube: Kube, short_lived: RunningStack, measurements: Measurements
) -> None:
    before = everything_in(kube, short_lived.namespace)
    began = time.monotonic()
    short_lived.make({})
    measurements.note("from apply to a stack that is ready", time.monotonic() - began, "s")
    made = everything_in(kube, short_lived.namespace) - before
    assert {name.partition("/")[0] for name in made} >= {
        "configmap",
        "deployment.apps",
        "networkpolicy.networking.k8s.io",
        "pod",
        "secret",
        "service",
        "serviceaccount",
    }

    kube("-n", NAMESPACE, "scale", OPERATOR, "--replicas=0")
    eventually(lambda: kube.list("pods", NAMESPACE), _none, within=ROLLOUT, every=0.5)
    began = time.monotonic()
    kube("-n", short_lived.namespace, "delete", "bst", short_lived.name)

    eventually(
        lambda: everything_in(kube, short_lived.namespace) - before, _none, within=GONE, every=1
    )
    measurements.note(
        "from delete to nothing left, without the operator", time.monotonic() - began, "s"
    )
    assert everything_in(kube, short_lived.namespace) == before


def everything_in(kube: Kube, namespace: str) -> set[str]:
    """Kind and name of every object in a namespace that can be listed."""
    kinds = kube("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
    counted = ",".join(kind for kind in kinds if kind not in NOT_COUNTED)
    return set(kube("-n", namespace, "get", counted, "--output=name").split())


def _none(found: object) -> bool:
    return not found
