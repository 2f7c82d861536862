"""Others who write to a stack's children: no quarrel lasts, and at rest nothing is written."""

import json
from collections.abc import Iterator

import pytest

from billing_dev.clients.kube import KubectlError
from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, SERVICE, Manifest
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import REPAIRED_BY_EVENT
from support.cluster.mutating_policy import configuration, mutating
from support.cluster.workspace import NO_PODS, Workspace

_ROUNDS = 5
# What injectors of sidecars, proxies and defaults do.
_INJECTS = """
Object{
  metadata: Object.metadata{annotations: {"example.test/injected": "yes"}},
  spec: Object.spec{template: Object.spec.template{
    metadata: Object.spec.template.metadata{labels: {"example.test/mesh": "on"}},
    spec: Object.spec.template.spec{
      initContainers: [Object.spec.template.spec.initContainers{name: "mesh", image: "mesh"}],
      containers: object.spec.template.spec.containers.map(each,
        Object.spec.template.spec.containers{
          name: each.name,
          env: [Object.spec.template.spec.containers.env{name: "HTTP_PROXY", value: "proxy.test"}]
        })}}}}
"""


def test_what_is_the_stacks_is_refused_to_others_and_taken_back_if_forced(
    workspace: Workspace,
) -> None:
    """By server-side apply, which tells whose a field is."""
    with workspace.operator() as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until_ready("shop")
        ours = _selector(workspace)
        with pytest.raises(KubectlError, match='conflict with "billing-operator"'):
            _claim(workspace, "other")

        mark = workspace.audit.mark(workspace.namespace)
        for number in range(_ROUNDS):
            _claim(workspace, f"other-{number}", "--force-conflicts")
            eventually(
                lambda: _selector(workspace),
                lambda found: found == ours,
                within=REPAIRED_BY_EVENT,
                every=0.02,
            )

        operator.until_idle()
        wrote = workspace.audit.writes_since(mark, workspace.namespace)
        assert [each.what for each in wrote] == ["services/shop-payment"] * _ROUNDS
        assert_as_desired(workspace, operator.settings, workspace.until_ready("shop"))
        assert_at_rest(workspace, operator)


@pytest.mark.usefixtures("injected")
def test_what_admission_adds_to_deployments_stays_and_costs_no_further_write(
    workspace: Workspace,
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", NO_PODS)
        body = workspace.until_ready("shop")

        for part in ("antaeus", "payment"):
            live = workspace.api.read(DEPLOYMENT, workspace.namespace, f"shop-{part}") or {}
            assert live["metadata"]["annotations"]["example.test/injected"] == "yes"
            pod = live["spec"]["template"]["spec"]
            assert [each["name"] for each in pod["initContainers"]] == ["mesh"]
            (container,) = pod["containers"]
            assert {"name": "HTTP_PROXY", "value": "proxy.test"} in container["env"]
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)

        workspace.change("shop", payment={"podLabels": {"team": "billing"}})
        workspace.until_ready("shop")
        live = workspace.api.read(DEPLOYMENT, workspace.namespace, "shop-payment") or {}
        labels = live["spec"]["template"]["metadata"]["labels"]
        assert (labels["team"], labels["example.test/mesh"]) == ("billing", "on")
        assert_at_rest(workspace, operator)


@pytest.fixture
def injected(workspace: Workspace) -> Iterator[None]:
    """What such a policy adds to each Deployment."""
    with mutating(workspace, configuration(_INJECTS), of=DEPLOYMENT, name="inject"):
        yield


def _claim(workspace: Workspace, name: str, *options: str) -> None:
    """Applies the Service's selector as somebody else's tool would."""
    manifest = {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.name,
        "metadata": {"name": "shop-payment", "namespace": workspace.namespace},
        "spec": {"selector": {"app": name}},
    }
    apply = ("apply", "--server-side", "--field-manager=somebody", *options, "-f", "-")
    workspace.kube(*apply, stdin=json.dumps(manifest))


def _selector(workspace: Workspace) -> Manifest:
    live = workspace.api.read(SERVICE, workspace.namespace, "shop-payment") or {}
    found: Manifest = live["spec"]["selector"]
    return found
