"""How tools that wait see a stack: kstatus' own library says of each state what a person would."""

import pytest

from billing_dev.checks.kstatus import Verdict, verdict
from billing_operator.kinds import Manifest
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace, conditions, holds, is_ready

_BAD_IMAGE: Manifest = {"payment": {"image": "localhost/no-such-image:1"}}


def test_a_stack_is_current_in_progress_or_failed_as_a_person_would_say(
    workspace: Workspace,
) -> None:
    workspace.apply("shop")
    assert _status(workspace.read("shop")) == "InProgress", "nobody has looked at it yet"
    with workspace.operator() as operator:
        _assert_never_current_before_it_is_ready(workspace)

        workspace.apply("shop", _BAD_IMAGE)
        stuck = workspace.until("shop", lambda stack: holds(stack, "Stalled"))
        assert _told(stuck) == Verdict("Failed", conditions(stuck)["Stalled"]["message"])

        workspace.apply("shop")
        assert _status(workspace.until("shop", is_ready)) == "Current"
        workspace.change("shop", suspend=True)
        still = workspace.until("shop", lambda stack: holds(stack, "Suspended"), within=NOTICED)
        assert _status(still) == "Current"

        workspace.change("shop", suspend=False, hibernate=True)
        resting = workspace.until("shop", lambda stack: holds(stack, "Hibernated"))
        assert _status(resting) == "Current"
        workspace.change("shop", hibernate=False)
        assert _status(workspace.until("shop", is_ready)) == "Current"

        workspace.kube.delete("secret", "shop-token", workspace.namespace)
        operator.resync()
        lost = workspace.until("shop", lambda stack: holds(stack, "TokenLost"), within=NOTICED)
        assert _status(lost) == "Failed"

    workspace.change("shop", payment={"successRate": 0.9})
    assert _status(workspace.read("shop")) == "InProgress", "its status speaks of the spec before"


def _assert_never_current_before_it_is_ready(workspace: Workspace) -> None:
    seen: list[str] = []

    def is_current(stack: Manifest) -> bool:
        seen.append(_status(stack))
        assert (seen[-1] == "Current") == is_ready(stack), conditions(stack)
        return is_ready(stack)

    workspace.until("shop", is_current)
    assert set(seen) == {"InProgress", "Current"}


def _status(stack: Manifest) -> str:
    return _told(stack).status


def _told(stack: Manifest) -> Verdict:
    found = verdict(stack)
    if found.status not in ("Current", "InProgress", "Failed"):
        pytest.fail(f"kstatus says {found}")
    return found
