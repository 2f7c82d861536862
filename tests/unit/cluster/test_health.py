from typing import Any

import pytest

from cluster.health import judge


def an_object(kind: str, name: str, **status: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, "status": status}


def a_node(ready: str) -> dict[str, Any]:
    return an_object("Node", "node", conditions=[{"type": "Ready", "status": ready}])


NODE = a_node("True")
DNS = an_object("Deployment", "coredns", availableReplicas=1)
OUR_ENFORCER = an_object("DaemonSet", "policy-enforcer", numberReady=1)
KINDS_ENFORCER = an_object("DaemonSet", "kindnet", numberReady=1)
PROXY = an_object("DaemonSet", "kube-proxy", numberReady=1)


@pytest.mark.parametrize("enforcer", [OUR_ENFORCER, KINDS_ENFORCER])
def test_node_dns_and_an_enforcer_make_a_healthy_cluster(enforcer: dict[str, Any]) -> None:
    assert judge([NODE, DNS, enforcer]) is None


@pytest.mark.parametrize(
    ("objects", "wrong"),
    [
        ([DNS, OUR_ENFORCER], "the node is not ready"),
        ([a_node("Unknown"), DNS, OUR_ENFORCER], "the node is not ready"),
        ([NODE, OUR_ENFORCER], "DNS is not available"),
        ([NODE, an_object("Deployment", "coredns"), OUR_ENFORCER], "DNS is not available"),
        ([NODE, DNS, PROXY], "nothing enforces NetworkPolicies yet"),
        (
            [NODE, DNS, an_object("DaemonSet", "policy-enforcer", numberReady=0)],
            "nothing enforces NetworkPolicies yet",
        ),
    ],
)
def test_what_is_wrong_is_named(objects: list[dict[str, Any]], wrong: str) -> None:
    assert judge(objects) == wrong
