"""The only payment pod is deleted while Antaeus pays: every charge is answered all the same."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from billing_dev.clients.antaeus_api import pay_path
from billing_dev.eventually import eventually
from billing_operator.kinds import Manifest
from billing_operator.names import PAYMENT
from support.cluster.billing_runs import accepted, charged
from support.cluster.limits import GONE, NOTICED, PAID, ROLLOUT
from support.cluster.workspace import Workspace

_INVOICES = 4
_SLOWLY = {"successRate": 1, "latency": {"fixed": {"seconds": 0.5}}}
_DRAIN_SECONDS = 5.0
# Antaeus, and the payment pod that ends: none takes its place before it has gone.
_NO_OTHER_POD: Manifest = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-other"},
    "spec": {"hard": {"pods": "2"}},
}


@pytest.mark.parametrize("turn", range(3))
def test_a_pay_call_goes_on_when_the_only_payment_pod_is_deleted(
    workspace: Workspace, turn: int
) -> None:
    """Its endpoint is the only one, and serves on while it ends (KEP-1669)."""
    antaeus = {"env": [{"name": "ANTAEUS_INVOICES", "value": str(_INVOICES)}]}
    with workspace.operator(), ThreadPoolExecutor(1) as pool:
        workspace.apply("shop", {"antaeus": antaeus, "payment": {"successRate": 0}})
        workspace.until_complete("shop")
        # kube-proxy may come to know of a ready pod a moment later than the operator.
        eventually(lambda: workspace.api.pay(workspace.namespace, "shop") is False, within=PAID)
        workspace.change("shop", payment=_SLOWLY)
        workspace.until_complete("shop")
        _refuse_more_pods(workspace)
        pay = ("create", "--raw", pay_path(workspace.namespace, "shop"), "-f", "/dev/null")
        answer = pool.submit(workspace.kube, "-n", workspace.namespace, *pay)
        eventually(lambda: accepted(workspace), within=ROLLOUT, every=0.2)
        (pod,) = workspace.pods("shop", PAYMENT)
        name = pod["metadata"]["name"]
        workspace.kube.delete("pod", name, workspace.namespace, "--wait=false")
        # However late either is seen, callers are sent there as long as the door is open.
        eventually(lambda: "terminating" in _endpoints(workspace), within=NOTICED, every=0.1)
        began = time.monotonic()
        eventually(lambda: "serving" not in _endpoints(workspace), within=GONE, every=0.1)

        assert time.monotonic() - began > _DRAIN_SECONDS - 1, f"turn {turn}"
        assert answer.result().strip() == "true"
        assert sorted(charged(workspace).values()) == [1] * _INVOICES


def _refuse_more_pods(workspace: Workspace) -> None:
    meta = {**_NO_OTHER_POD["metadata"], "namespace": workspace.namespace}
    workspace.kube.apply({**_NO_OTHER_POD, "metadata": meta})
    get = ("-n", workspace.namespace, "get", "resourcequota", "no-other", "-o")
    used = "jsonpath={.status.used.pods}"
    eventually(lambda: workspace.kube(*get, used).strip() == "2", within=NOTICED)


def _endpoints(workspace: Workspace) -> set[str]:
    """What holds of any endpoint of payment."""
    get = ("-n", workspace.namespace, "get", "endpointslice", "-o", "json")
    slices = json.loads(workspace.kube(*get, "-l", "kubernetes.io/service-name=shop-payment"))
    endpoints = [each for found in slices["items"] for each in found.get("endpoints") or ()]
    return {name for each in endpoints for name, holds in each["conditions"].items() if holds}
