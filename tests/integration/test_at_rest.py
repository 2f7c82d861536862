"""A stack at rest costs the API server no write, and a write would not go unseen."""

from datetime import datetime

import pytest

from billing_dev.eventually import eventually
from billing_operator.controller.reconcile import utc_now
from billing_operator.inputs import Installation
from billing_operator.kinds import Manifest, timestamp
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from support.cluster.final_checks import assert_at_rest
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace, conditions

_RESYNCS = "billing_operator_resyncs_total"


def restless(
    stack: Stack, findings: Findings, installation: Installation, *, now: datetime
) -> Manifest:
    """Judges well, but says each time that it has only just become so."""
    status = judge(stack, findings, installation, now=now)
    for condition in status["conditions"]:
        condition["lastTransitionTime"] = timestamp(now)
    return status


def test_two_full_resyncs_of_a_ready_stack_send_no_write(workspace: Workspace) -> None:
    """By the API server's audit log, while resyncs come by themselves as they do in a pod."""
    with workspace.operator(resync_seconds=1.0) as operator:
        workspace.apply("shop")
        workspace.until_complete("shop")
        operator.until_idle()
        before, mark = operator.count(_RESYNCS), workspace.audit.mark(workspace.namespace)

        # The third begins when the second's stacks have long been looked at.
        eventually(lambda: operator.count(_RESYNCS) >= before + 3, within=NOTICED)

        asked = workspace.audit.requests_since(mark, workspace.namespace)
        assert [request for request in asked if request.verb == "list"]
        assert workspace.audit.writes_since(mark, workspace.namespace) == []
        assert [request for request in asked if request.status == 403] == []


def test_a_time_stamp_that_moves_is_noticed(workspace: Workspace) -> None:
    """The same assertion turns red on an operator that writes at each pass."""
    with workspace.operator(judge=restless) as operator:
        workspace.apply("shop")
        body = workspace.until_complete("shop")
        last = conditions(body)["Ready"]["lastTransitionTime"]
        eventually(lambda: timestamp(utc_now()), lambda now: now > last, within=NOTICED)

        with pytest.raises(AssertionError, match="billingstacks/status/shop"):
            assert_at_rest(workspace, operator)
