"""A Prometheus that comes to the cluster later finds payment, and one that leaves harms nothing."""

import pytest

from billing_operator.kinds import POD_MONITOR, Manifest
from support import pod_monitors
from support.limits import NOTICED
from support.master import assert_as_desired, assert_at_rest
from support.scene import Scene, is_ready

_ON: Manifest = {"enabled": True, "labels": {"release": "own"}}


@pytest.mark.thorough
def test_a_kind_that_appears_later_is_noticed_at_a_resync(scene: Scene) -> None:
    with scene.operator() as operator:
        # No pods are the point here.
        scene.apply("shop", {"hibernate": True, "monitoring": _ON})
        body = scene.until("shop", is_ready, within=NOTICED)
        assert "does not know PodMonitor" in body["status"]["monitoring"]
        assert_at_rest(scene, operator)

        with pod_monitors.known(scene.kube):
            operator.resync()
            _until_told(scene, "PodMonitor shop-payment")
            first = _monitor(scene)
            assert first["metadata"]["labels"]["release"] == "own"
            assert_as_desired(scene, operator.settings, scene.read("shop"))
            assert_at_rest(scene, operator)

            scene.kube.delete("podmonitor", "shop-payment", scene.namespace)
            operator.resync()
            assert _monitor(scene)["spec"] == first["spec"]
            assert _monitor(scene)["metadata"]["uid"] != first["metadata"]["uid"]

            scene.change("shop", monitoring={"enabled": False})
            scene.until("shop", lambda stack: is_ready(stack) and _told(stack) is None)
            assert scene.api.list(POD_MONITOR, scene.namespace) == []
            scene.change("shop", monitoring={"enabled": True})
            _until_told(scene, "PodMonitor shop-payment")
            assert _monitor(scene)["spec"] == first["spec"]

        operator.resync()
        body = scene.until("shop", lambda stack: "not know" in (_told(stack) or ""))
        assert is_ready(body)
        assert_at_rest(scene, operator)


def _until_told(scene: Scene, words: str) -> None:
    scene.until("shop", lambda stack: is_ready(stack) and _told(stack) == words, within=NOTICED)


def _told(stack: Manifest) -> str | None:
    found: str | None = stack["status"].get("monitoring")
    return found


def _monitor(scene: Scene) -> Manifest:
    [monitor] = scene.api.list(POD_MONITOR, scene.namespace)
    return monitor
