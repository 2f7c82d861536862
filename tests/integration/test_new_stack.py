"""From an empty spec to a stack that is ready, and what its user is shown on the way."""

from billing_operator.kinds import EVENT
from billing_operator.reasons import ConditionType
from support.cluster.final_checks import assert_settled, children
from support.cluster.workspace import Workspace, conditions


def test_an_empty_spec_becomes_a_whole_stack_in_one_pass(workspace: Workspace) -> None:
    mark = workspace.audit.mark(workspace.namespace)
    with workspace.operator() as operator:
        workspace.apply("shop")

        workspace.until_ready("shop")
        operator.until_idle()

        wrote = [done.what for done in workspace.audit.writes_since(mark, workspace.namespace)]
        first_status = wrote.index("billingstacks/status/shop")
        # One of each, and all of them before anything was said about the stack.
        assert len(wrote[:first_status]) == len(set(wrote[:first_status]))
        assert len(wrote[:first_status]) == len(children(workspace, "shop"))
        said = workspace.api.list(EVENT, workspace.namespace)
        told = [event["reason"] for event in said if event["involvedObject"]["name"] == "shop"]
        assert "AllReady" in told
        assert {"Creating", "AntaeusStarting", "PaymentRollingOut"} & set(told)
        # Nobody denies a reset before the Antaeus of now has told its invoices.
        told_by_now = workspace.until_complete("shop")
        statuses = {kind: each["status"] for kind, each in conditions(told_by_now).items()}
        well = {"Ready": "True", "BillingAllowed": "True"}
        assert statuses == dict.fromkeys(ConditionType, "False") | well
        lives = workspace.antaeus_instances("shop")
        assert [restarts for _, restarts in lives] == [0]
        assert_settled(workspace, operator, "shop", lives=lives)
