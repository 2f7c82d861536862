"""Installs the operator, or upgrades it: what `make push` pushed, applied and waited for."""

import re
from collections.abc import Mapping
from textwrap import shorten

from billing_dev.clients.kube import Kubectl, KubectlError, Manifest
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.progress import say, step
from billing_dev.demo.standing import rolled_out
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE
from billing_dev.printable import printable
from billing_dev.shipping.context import current_context
from billing_dev.shipping.release import overlay, release_folder, shown
from billing_dev.shipping.stacks import CRD

_OPERATOR = "billing-operator"
_PODS = f"app.kubernetes.io/name={_OPERATOR}"
_METRICS = f"/api/v1/namespaces/{NAMESPACE}/services/{_OPERATOR}:http/proxy/metrics"
_VERSION = re.compile(r'^billing_operator_build_info\{version="([^"]+)"\}', re.MULTILINE)
# The image may have to be pulled, and the operator before has half a minute to end.
_ROLLOUT_SECONDS = 300.0
_WIDTH = 500


def deploy(environment: Mapping[str, str]) -> bool:
    """Ends with the operator of the overlay at work."""
    folder = overlay(environment)
    if folder is None:
        give_up(
            f"There is no {shown(release_folder(environment))}, which says what to deploy: run "
            "`make push REGISTRY=registry.example.com/team` first."
        )
    kube = current_context(environment).kube
    with step(f"apply {shown(folder)}", usually="3 s"):
        # What deploy/ says holds, whoever changed it: the same as with kubectl's own apply.
        how = ("--server-side", "--force-conflicts", "--validate=strict")
        kube("apply", *how, "-k", str(folder))
    with step("wait until the cluster knows BillingStacks", usually="1 s"):
        kube("wait", f"crd/{CRD}", "--for=condition=Established", "--timeout=60s")
    with step("wait until the operator is rolled out", usually="5 to 60 s"):
        _wait_for_operator(kube)
    print(printable(_what_runs(kube)))
    return True


def _wait_for_operator(kube: Kubectl) -> None:
    events: set[str] = set()

    def look() -> bool:
        for trouble in troubles(kube.list("pods", NAMESPACE, _PODS)):
            if trouble not in events:
                say(f"    {shorten(trouble, _WIDTH)}")
                events.add(trouble)
        return rolled_out(kube.must_get("deployment", _OPERATOR, NAMESPACE))

    try:
        eventually(look, within=_ROLLOUT_SECONDS, every=0.5)
    except AssertionError:
        give_up(
            f"The operator is not rolled out after {_ROLLOUT_SECONDS:.0f} s.\n"
            f"Look into it: kubectl describe pods -n {NAMESPACE}"
        )


def troubles(pods: list[Manifest]) -> list[str]:
    """What keeps pods from running, in Kubernetes' own words."""
    problems = []
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status", {})
        held = [one for one in status.get("conditions", []) if one.get("reason") == "Unschedulable"]
        states = (one.get("state", {}) for one in status.get("containerStatuses", []))
        held += [state["waiting"] for state in states if "message" in state.get("waiting", {})]
        problems += [f"pod {name}: {one['reason']}: {one.get('message', '')}" for one in held]
    return problems


def _what_runs(kube: Kubectl) -> str:
    deployment = kube.must_get("deployment", _OPERATOR, NAMESPACE)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    settings = {one["name"]: one.get("value", "") for one in container["env"]}
    return "\n".join(
        [
            "",
            f"  operator   {container['image']}, version {_version(kube)}",
            f"  payment    {settings['BILLING_PAYMENT_IMAGE']}, of stacks that name none",
            f"  Antaeus    {settings['BILLING_ANTAEUS_IMAGE']}, of stacks that name none",
            "",
            kube("get", CRD, "--all-namespaces").rstrip()
            or "No stacks yet: kubectl apply -f deploy/samples/minimal.yaml",
            "",
        ]
    )


def _version(kube: Kubectl) -> str:
    """What the operator says of itself; not every cluster lets its API server reach pods."""
    try:
        match = _VERSION.search(kube.raw(_METRICS))
    except KubectlError as silent:
        return f"unknown ({silent})"
    return match[1] if match else "unknown"
