"""A suspended stack is left alone, also by the next operator, and afterwards gets all at once."""

from billing_operator.kinds import Ref
from support.cluster.final_checks import assert_as_desired, assert_at_rest, children
from support.cluster.limits import NOTICED
from support.cluster.workspace import NO_PODS, Workspace, conditions, holds

_SERVICE = Ref("Service", "shop-payment")


def test_changes_to_a_suspended_stack_wait_through_a_restart_of_the_operator(
    workspace: Workspace,
) -> None:
    with workspace.operator():
        workspace.apply("shop", NO_PODS)
        workspace.until_ready("shop")
        workspace.change("shop", suspend=True)
        workspace.until("shop", lambda stack: holds(stack, "Suspended"), within=NOTICED)
    before = _versions(workspace)

    workspace.change("shop", networkPolicy={"enabled": False}, payment={"successRate": 0.9})
    with workspace.operator() as operator:
        body = workspace.until("shop", lambda stack: holds(stack, "Suspended"), within=NOTICED)
        said = conditions(body)["Ready"]["message"]
        assert "NetworkPolicy shop-payment" in said
        assert "ConfigMap shop-profile" in said
        workspace.kube.delete("service", "shop-payment", workspace.namespace)
        operator.resync()
        assert_at_rest(workspace, operator)
        del before[_SERVICE]
        assert _versions(workspace) == before

        workspace.change("shop", suspend=False)
        body = workspace.until_ready("shop")
        assert conditions(body)["Suspended"]["status"] == "False"
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)


def _versions(workspace: Workspace) -> dict[Ref, str]:
    """What changes with every write to a child; kubelets and controllers have nothing to write."""
    found = children(workspace, "shop").items()
    return {name: live["metadata"]["resourceVersion"] for name, live in found}
