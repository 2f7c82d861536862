"""A change that would restart Antaeus in the middle of a run waits for the run."""

from typing import Any

import pytest

from support.cluster.billing_runs import (
    make_run_at_once,
    of_billing,
    until_charging,
    until_run,
)
from support.cluster.workspace import Workspace, conditions, holds

_INVOICES = 8


def spec() -> dict[str, Any]:
    """A batch of some seconds, in which no two charges have the same amount."""
    return {
        "antaeus": {"env": [{"name": "ANTAEUS_INVOICES", "value": str(_INVOICES)}]},
        "payment": {"successRate": 1, "latency": {"fixed": {"seconds": 1.0}}},
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"antaeus": {"podLabels": {"team": "billing"}}}, "UpdateHeld"),
        ({"hibernate": True}, "Hibernating"),
    ],
    ids=["a label of its pod", "a hibernation"],
)
def test_no_change_of_a_stack_cuts_a_run_off(
    workspace: Workspace, change: dict[str, Any], reason: str
) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", spec())
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")
        make_run_at_once(workspace, "run")
        until_charging(workspace)
        workspace.change("shop", **change)

        body = workspace.until(
            "shop", lambda stack: stack["status"]["antaeus"].get("pendingUpdate")
        )
        assert conditions(body)["Ready"]["reason"] == reason
        assert "run run" in conditions(body)["Ready"]["message"]
        last = until_run(workspace, "run", "Succeeded")
        assert last["newlyPaid"] == _INVOICES
        workspace.until("shop", lambda _: workspace.antaeus_instances("shop").isdisjoint(lives))


def test_a_person_has_a_run_cut_off_by_its_uid(workspace: Workspace) -> None:
    with workspace.operator(quiet_seconds=3.0):
        workspace.apply("shop", spec())
        workspace.until_complete("shop")
        make_run_at_once(workspace, "run")
        until_charging(workspace)
        workspace.change("shop", hibernate=True)
        body = workspace.until(
            "shop", lambda stack: stack["status"]["antaeus"].get("pendingUpdate")
        )
        command = conditions(body)["Hibernated"]["message"].partition("kubectl ")[2]
        assert command.endswith(of_billing(body)["running"]["uid"])
        workspace.kube(*command.split())

        workspace.until("shop", lambda stack: holds(stack, "Hibernated"))
        last = until_run(workspace, "run")
        assert last["outcome"] != "Succeeded"
