"""A suspended stack is left alone, also by the next operator, and afterwards gets all at once."""

from billing_operator.kinds import Ref
from support.limits import NOTICED
from support.master import assert_as_desired, assert_at_rest, children
from support.scene import NO_PODS, Scene, conditions, holds

_SERVICE = Ref("Service", "shop-payment")


def test_changes_to_a_suspended_stack_wait_through_a_restart_of_the_operator(scene: Scene) -> None:
    with scene.operator():
        scene.apply("shop", NO_PODS)
        scene.until_ready("shop")
        scene.change("shop", suspend=True)
        scene.until("shop", lambda stack: holds(stack, "Suspended"), within=NOTICED)
    before = _versions(scene)

    scene.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 0.9})
    with scene.operator() as operator:
        body = scene.until("shop", lambda stack: holds(stack, "Suspended"), within=NOTICED)
        said = conditions(body)["Ready"]["message"]
        assert "NetworkPolicy shop-payment" in said
        assert "ConfigMap shop-profile" in said
        scene.kube.delete("service", "shop-payment", scene.namespace)
        operator.resync()
        assert_at_rest(scene, operator)
        del before[_SERVICE]
        assert _versions(scene) == before

        scene.change("shop", suspend=False)
        body = scene.until_ready("shop")
        assert "Suspended" not in conditions(body)
        assert_as_desired(scene, operator.settings, body)
        assert_at_rest(scene, operator)


def _versions(scene: Scene) -> dict[Ref, str]:
    """What changes with every write to a child; kubelets and controllers have nothing to write."""
    found = children(scene, "shop").items()
    return {name: live["metadata"]["resourceVersion"] for name, live in found}
