"""What happens while no operator runs, and how the next one finds its way."""

import time

from billing_operator.kinds import BILLING_STACK, CHILDREN, POD, SECRET, Manifest
from support.eventually import eventually
from support.limits import GONE
from support.master import assert_settled, children
from support.scene import Scene, conditions

_STOPS_WITHIN = 10.0


def test_one_pass_catches_up_with_all_that_was_missed(scene: Scene) -> None:
    """Deletions, edits, and a spec that changed twice, the policies off and on again."""
    with scene.operator():
        scene.apply("shop")
        scene.until_ready("shop")
    lives = scene.antaeus_lives("shop")

    _disturb(scene)
    scene.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 0.1})
    scene.change("shop", payment={"successRate": 0.9})
    before = scene.read("shop")
    assert conditions(before)["Ready"]["status"] == "True"

    mark = scene.audit.mark(scene.namespace)
    with scene.operator() as operator:
        assert scene.until_ready("shop")["status"]["payment"]["successRate"] == 0.9
        assert_settled(scene, operator, "shop", lives=lives)
        _assert_each_child_was_written_once(scene, mark)
    assert not [name for name in children(scene, "shop") if name.kind == "NetworkPolicy"]

    scene.change("shop", networkPolicy={"enabled": True}, payment={"replicas": 2})
    scene.change("shop", payment={"replicas": 1, "successRate": 0.3})
    with scene.operator() as operator:
        assert scene.until_ready("shop")["status"]["payment"]["successRate"] == 0.3
        assert_settled(scene, operator, "shop", lives=lives)
    assert len([name for name in children(scene, "shop") if name.kind == "NetworkPolicy"]) == 4


def test_a_stack_deleted_while_no_operator_runs_leaves_nothing_behind(scene: Scene) -> None:
    """Nothing of a stack waits for an operator that may never come back."""
    with scene.operator() as operator:
        scene.apply("shop")
        scene.until_ready("shop")
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))
        began = time.monotonic()
    assert time.monotonic() - began < _STOPS_WITHIN
    body = scene.read("shop")
    assert not body["metadata"].get("finalizers")
    # kubectl keeps one of its own there; kopf would keep its memory.
    assert set(body["metadata"].get("annotations", {})) <= {
        "kubectl.kubernetes.io/last-applied-configuration"
    }
    made = children(scene, "shop")
    assert {
        name: live["metadata"].get("finalizers") for name, live in made.items()
    } == dict.fromkeys(made)

    scene.kube.delete("billingstack", "shop", scene.namespace)

    eventually(lambda: _left(scene), lambda left: left == [], within=GONE)


def test_an_operator_that_comes_late_makes_nothing_for_a_stack_that_is_leaving(
    scene: Scene,
) -> None:
    """With an operator that comes back in the middle of it."""
    with scene.operator():
        scene.apply("shop")
        scene.until_ready("shop")
    mark = scene.audit.mark(scene.namespace)

    scene.kube.delete("billingstack", "shop", scene.namespace)

    with scene.operator():
        eventually(lambda: _left(scene), lambda left: left == [], within=GONE)
        assert scene.audit.writes_since(mark, scene.namespace) == []


def _disturb(scene: Scene) -> None:
    scene.kube.delete("service", "shop-payment", scene.namespace)
    scene.kube.delete("configmap", "shop-profile", scene.namespace)
    scene.kube.patch("deployment", "shop-payment", scene.namespace, {"spec": {"replicas": 0}})
    label = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}}
    scene.kube.patch("service", "shop-antaeus", scene.namespace, label)


def _assert_each_child_was_written_once(scene: Scene, mark: str) -> None:
    wrote = [
        request.what
        for request in scene.audit.writes_since(mark, scene.namespace)
        if not request.what.startswith(("billingstacks/", "events/", "pods/"))
    ]
    assert len(wrote) == len(set(wrote)), wrote


def _left(scene: Scene) -> list[Manifest]:
    kinds = (BILLING_STACK, *CHILDREN, POD, SECRET)
    there = (live for kind in kinds for live in scene.api.list(kind, scene.namespace))
    ours = ("shop", "shop-")
    return [live["metadata"]["name"] for live in there if live["metadata"]["name"].startswith(ours)]
