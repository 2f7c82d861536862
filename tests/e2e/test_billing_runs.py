"""A billing run with the installed operator: by its own image, and through the stack's policies."""

from collections.abc import Iterator

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube, Manifest
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, Images, operator_pods
from support.cluster.limits import ROLLOUT
from support.cluster.namespaces import a_namespace
from support.cluster.prober import BLOCKED, Prober, prober_pod
from support.cluster.running_stack import RunningStack

# The stack of its own is what takes time: pay calls of other tests would hold a run up.
pytestmark = pytest.mark.thorough

# Something in the cluster that is open to everybody.
_OPERATOR = f"http://billing-operator.{NAMESPACE}:8080/healthz"


@pytest.fixture
def locked(kube: Kube, api: ApiServer, installed: Images) -> Iterator[RunningStack]:  # noqa: ARG001 - somebody has to bring the stack about
    """A stack whose Antaeus nobody but the operator and its runs may reach."""
    with a_namespace(api, "e2e") as namespace:
        stack = RunningStack(kube, namespace, "locked")
        stack.make({"payment": {"successRate": 1}, "networkPolicy": {"antaeusFrom": []}})
        yield stack


@pytest.mark.usefixtures("enforced")
def test_a_run_reaches_antaeus_and_nothing_else(locked: RunningStack, installed: Images) -> None:
    kube, namespace = locked.kube, locked.namespace
    kube("-n", namespace, "create", "job", "by-hand", "--from=cronjob/locked-billing")

    last = eventually(lambda: _last_run(locked), within=ROLLOUT, every=0.5)

    assert (last["job"], last["outcome"], last["pendingAfter"]) == ("by-hand", "Succeeded", 0)
    assert last["newlyPaid"] > 0
    # Before it let the run begin, the operator asked payment's pods whether anybody charges.
    logs = [kube("-n", NAMESPACE, "logs", pod) for pod in operator_pods(kube)]
    about = [line for log in logs for line in log.splitlines() if f'"{namespace}/locked"' in line]
    assert about
    # Antaeus may well be ready a moment before its policy lets the operator in.
    assert [line for line in about if "no sample" in line and "-antaeus." not in line] == []
    _assert_confined(locked, installed)


def _last_run(stack: RunningStack) -> Manifest:
    found: Manifest = stack.read()["status"].get("billing", {}).get("lastRun", {})
    return found


def _assert_confined(stack: RunningStack, installed: Images) -> None:
    """What a pod can do that wears a run's clothes."""
    kube, namespace, endpoints = stack.kube, stack.namespace, stack.read()["status"]["endpoints"]
    (pod,) = kube.list("pods", namespace, stack.selector("billing"))
    names = ("billing.antaeus.io/", "app.kubernetes.io/")
    clothes = {k: v for k, v in pod["metadata"]["labels"].items() if k.startswith(names)}
    kube.apply(prober_pod("double", namespace, installed.antaeus, clothes))
    kube("-n", namespace, "wait", "pod/double", "--for=condition=Ready", f"--timeout={ROLLOUT}s")
    double = Prober(kube, namespace, "double")

    answers = [
        double.ask(url)
        for url in (
            f"{endpoints['antaeus']}/rest/health",
            f"{endpoints['payment']}/health",
            _OPERATOR,
        )
    ]

    assert answers == ['200 "ok"', BLOCKED, BLOCKED]
