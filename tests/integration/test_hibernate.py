"""A stack that is sent to sleep keeps all but its pods, and tells on waking what it forgot."""

import pytest

from billing_operator.kinds import DEPLOYMENT, POD, Manifest, Ref
from billing_operator.names import STACK_LABEL
from support.antaeus_api import pay_path
from support.eventually import eventually
from support.limits import NOTICED
from support.master import assert_as_desired, assert_at_rest, assert_settled, children
from support.scene import Scene, conditions, holds, is_ready


@pytest.mark.thorough
def test_hibernating_and_waking_up_loses_payments_and_nothing_else(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop", {"payment": {"successRate": 1}})
        scene.until_complete("shop")
        # kube-proxy may come to know of a ready pod a moment later than the operator.
        eventually(lambda: scene.api.post(pay_path(scene.namespace, "shop")), within=NOTICED)
        paid = scene.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        before, lives = _lasting(scene), scene.antaeus_lives("shop")
        count = paid["status"]["invoices"]["paid"]

        scene.change("shop", hibernate=True)

        body = scene.until("shop", lambda stack: holds(stack, "Hibernated"))
        assert is_ready(body)
        assert f"{count} invoices were paid" in conditions(body)["Hibernated"]["message"]
        assert _processes(scene) == []
        assert _lasting(scene) == before
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)

        scene.change("shop", hibernate=False)

        body = scene.until("shop", lambda stack: holds(stack, "InvoicesReset"))
        said = conditions(body)["InvoicesReset"]["message"]
        assert f"{count} invoices were paid and 0 pending" in said
        assert "Hibernated" not in conditions(scene.until_ready("shop"))
        later = scene.antaeus_lives("shop")
        assert later.isdisjoint(lives)
        assert _lasting(scene) == before
        scene.kube(*said.partition("kubectl ")[2].split())
        scene.until("shop", lambda stack: not holds(stack, "InvoicesReset"))
        assert_settled(scene, operator, "shop", lives=later)


def test_a_stack_that_is_born_asleep_is_whole_and_at_rest(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop", {"hibernate": True})

        body = scene.until("shop", lambda stack: holds(stack, "Hibernated"), within=NOTICED)

        assert is_ready(body)
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)


def _lasting(scene: Scene) -> dict[Ref, str]:
    """The versions of the children that hibernation must not touch."""
    found = children(scene, "shop").items()
    return {
        name: live["metadata"]["resourceVersion"]
        for name, live in found
        if name.kind != DEPLOYMENT.name
    }


def _processes(scene: Scene) -> list[Manifest]:
    found = scene.api.list(POD, scene.namespace, f"{STACK_LABEL}=shop")
    return [pod for pod in found if pod["status"].get("phase") in ("Pending", "Running")]
