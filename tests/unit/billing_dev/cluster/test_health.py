from typing import Any

import pytest

from billing_dev.cluster.health import judge

NODE_BEGAN = "2026-01-31T12:00:00.123456789Z"
BEFORE, AFTER = "2026-01-31T11:59:58Z", "2026-01-31T12:00:07Z"


def an_object(kind: str, name: str, *, ready: str = "True") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"kind": kind, "metadata": {"name": name}, "status": {"conditions": conditions}}


def a_pod(name: str, *, ready: str = "True", began: str = AFTER) -> dict[str, Any]:
    pod = an_object("Pod", name, ready=ready)
    pod["status"]["containerStatuses"] = [{"state": {"running": {"startedAt": began}}}]
    return pod


NODE = an_object("Node", "node")
DNS = a_pod("coredns-1")
ENFORCER = a_pod("policy-enforcer-1")
PROXY = a_pod("kube-proxy-1")


@pytest.mark.parametrize("enforcer", ["policy-enforcer-1", "kindnet-1"])
def test_node_dns_and_an_enforcer_make_a_healthy_cluster(enforcer: str) -> None:
    assert judge([NODE, DNS, PROXY, a_pod(enforcer)], node_began=NODE_BEGAN) is None


@pytest.mark.parametrize(
    ("objects", "wrong"),
    [
        ([DNS, ENFORCER], "the node is not ready"),
        ([an_object("Node", "node", ready="Unknown"), DNS, ENFORCER], "the node is not ready"),
        ([NODE, ENFORCER], "DNS is not available"),
        ([NODE, a_pod("coredns-1", ready="False"), ENFORCER], "DNS is not available"),
        ([NODE, DNS, PROXY], "nothing enforces NetworkPolicies"),
    ],
    ids=[
        "no node",
        "a node that is not heard of",
        "no DNS",
        "a DNS that is not ready",
        "no enforcer",
    ],
)
def test_what_is_wrong_is_named(objects: list[dict[str, Any]], wrong: str) -> None:
    assert judge(objects, node_began=NODE_BEGAN) == wrong


def test_a_pod_that_is_told_ready_from_before_the_node_began_is_not_up() -> None:
    remembered = a_pod("policy-enforcer-1", began=BEFORE)
    wrong = judge([NODE, DNS, remembered], node_began=NODE_BEGAN)
    assert wrong == "nothing enforces NetworkPolicies"


def test_a_pod_that_began_in_the_second_of_the_node_is_up() -> None:
    at_once = a_pod("coredns-1", began="2026-01-31T12:00:00Z")
    assert judge([NODE, at_once, ENFORCER], node_began=NODE_BEGAN) is None
