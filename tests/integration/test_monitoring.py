"""A Prometheus that comes to the cluster later finds payment, and one that leaves harms nothing."""

import pytest

from billing_operator.kinds import POD_MONITOR, Manifest
from support.cluster import pod_monitors
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace, is_ready

pytestmark = pytest.mark.minutes

_ON: Manifest = {"enabled": True, "labels": {"release": "own"}}


@pytest.mark.thorough
def test_a_kind_that_appears_later_is_noticed_at_a_resync(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        # No pods are the point here.
        workspace.apply("shop", {"hibernate": True, "monitoring": _ON})
        body = workspace.until("shop", is_ready, within=NOTICED)
        assert "does not know PodMonitor" in body["status"]["monitoring"]
        assert_at_rest(workspace, operator)

        with pod_monitors.known(workspace.kube):
            operator.resync()
            _until_told(workspace, "PodMonitor shop-payment")
            first = _monitor(workspace)
            assert first["metadata"]["labels"]["release"] == "own"
            assert_as_desired(workspace, operator.settings, workspace.read("shop"))
            assert_at_rest(workspace, operator)

            workspace.kube.delete("podmonitor", "shop-payment", workspace.namespace)
            operator.resync()
            assert _monitor(workspace)["spec"] == first["spec"]
            assert _monitor(workspace)["metadata"]["uid"] != first["metadata"]["uid"]

            workspace.change("shop", monitoring={"enabled": False})
            workspace.until("shop", lambda stack: is_ready(stack) and _told(stack) is None)
            assert workspace.api.list(POD_MONITOR, workspace.namespace) == []
            workspace.change("shop", monitoring={"enabled": True})
            _until_told(workspace, "PodMonitor shop-payment")
            assert _monitor(workspace)["spec"] == first["spec"]

        operator.resync()
        body = workspace.until("shop", lambda stack: "not know" in (_told(stack) or ""))
        assert is_ready(body)
        assert_at_rest(workspace, operator)


def _until_told(workspace: Workspace, words: str) -> None:
    workspace.until("shop", lambda stack: is_ready(stack) and _told(stack) == words, within=NOTICED)


def _told(stack: Manifest) -> str | None:
    found: str | None = stack["status"].get("monitoring")
    return found


def _monitor(workspace: Workspace) -> Manifest:
    [monitor] = workspace.api.list(POD_MONITOR, workspace.namespace)
    return monitor
