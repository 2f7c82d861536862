"""What may become of billing runs: nothing is billed twice, and what is unknown is named."""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from billing_dev.clients.antaeus_api import pay_path
from billing_dev.eventually import eventually
from billing_operator.kinds import JOB, POD
from billing_operator.names import ANTAEUS
from support.cluster.api_faults import Moment, Rule, Seen, hang_up
from support.cluster.api_proxy import ApiProxy
from support.cluster.billing_runs import (
    accepted,
    charged,
    events,
    make_run,
    make_run_at_once,
    of_billing,
    run_pods,
    until_billing,
    until_charging,
    until_noticed,
    until_run,
    waits_for,
)
from support.cluster.final_checks import assert_settled
from support.cluster.limits import NOTICED, ROLLOUT
from support.cluster.workspace import Workspace, conditions, holds

# Each waits for batches that take their time.
pytestmark = [pytest.mark.minutes, pytest.mark.thorough, pytest.mark.timeout(600)]

# Longer than a charge takes here; in truth it takes minutes.
_QUIET = 6.0
_INVOICES = 20
_SECONDS_EACH = 1.5
_SCHEDULED = 150.0


def _spec(rate: float = 1) -> dict[str, Any]:
    """A batch of some thirty seconds, in which no two charges have the same amount."""
    return {
        "antaeus": {"env": [{"name": "ANTAEUS_INVOICES", "value": str(_INVOICES)}]},
        "payment": {
            "successRate": rate,
            "latency": {"fixed": {"seconds": _SECONDS_EACH}},
        },
    }


def _at_once(**payment: Any) -> dict[str, Any]:
    """A batch that takes no time."""
    return _spec() | {"payment": {"successRate": 1, **payment}}


@pytest.fixture
def proxy(workspace: Workspace) -> Iterator[ApiProxy]:
    """Stands between the operator and the API server."""
    with ApiProxy(workspace.access) as between:
        yield between


def test_two_scheduled_runs_and_one_by_hand_take_turns_and_say_what_they_did(
    workspace: Workspace,
) -> None:
    """On a one-minute schedule, and although nobody else is let to Antaeus."""
    with workspace.operator(quiet_seconds=_QUIET) as operator:
        locked = {"networkPolicy": {"antaeusFrom": []}, "billing": {"schedule": "* * * * *"}}
        workspace.apply("shop", _spec(0.5) | locked)
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")
        running = until_billing(workspace, lambda found: "running" in found, within=_SCHEDULED)
        first = running["running"]["job"]

        make_run_at_once(workspace, "beside")

        waits = until_billing(workspace, lambda found: "waiting" in found, within=NOTICED)[
            "waiting"
        ]
        assert (waits["job"], waits["reason"]) == ("beside", "RunUnderWay")
        ended = [until_run(workspace, first, "Declined"), until_run(workspace, "beside")]
        second = until_billing(workspace, _is_other(first, "beside"), within=_SCHEDULED)["lastRun"]
        workspace.change("shop", billing={"schedule": None})

        ended.append(second)
        for before, after in pairwise(ended):
            assert after["paidBefore"] == before["paidAfter"]
            assert after["startTime"] >= before["completionTime"]
        assert sum(run["newlyPaid"] for run in ended) == second["paidAfter"]
        assert set(accepted(workspace).values()) == {1}
        assert ended[0]["newlyPaid"] > 0
        operator.until_idle()
        told = events(workspace)
        assert told.count(("Normal", "BillingRunStarted")) >= 3
        assert {reason for kind, reason in told if kind == "Warning"} == set()
        assert_settled(workspace, operator, "shop", lives=lives)


def _is_other(*names: str) -> Any:
    return lambda found: found.get("lastRun", {}).get("job", names[0]) not in names


@pytest.mark.parametrize("deadline", [20, 600], ids=["by its deadline", "by hand"])
def test_a_run_whose_pod_is_killed_is_unknown_and_the_next_one_waits_for_its_batch(
    workspace: Workspace, deadline: int
) -> None:
    """Antaeus goes on with the batch; the next run finds it done."""
    with workspace.operator(quiet_seconds=_QUIET) as operator:
        workspace.apply("shop", _spec() | {"billing": {"activeDeadlineSeconds": deadline}})
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")
        make_run_at_once(workspace, "killed")
        until_charging(workspace)
        (name,) = (pod["metadata"]["name"] for pod in run_pods(workspace))

        if deadline > _INVOICES * _SECONDS_EACH:
            workspace.kube.delete("pod", name, workspace.namespace, "--wait=false")
        make_run_at_once(workspace, "next")

        last = until_run(workspace, "killed", "Unknown")
        assert "Antaeus may still go on with the batch" in last["message"]
        assert last["paidBefore"] == 0
        waits = until_billing(workspace, lambda found: "waiting" in found)["waiting"]
        assert (waits["job"], waits["reason"]) == ("next", "UnresolvedRun")
        after = until_run(workspace, "next", "Succeeded")
        assert (after["paidBefore"], after["newlyPaid"]) == (_INVOICES, 0)
        assert set(accepted(workspace).values()) == {1}
        assert set(charged(workspace).values()) == {1}
        told = events(workspace)
        assert ("Warning", "BillingRunUnknown") in told
        assert ("Normal", "BillingRunResolved") in told
        assert_settled(workspace, operator, "shop", lives=lives)


def test_a_batch_of_declined_charges_moves_no_invoice_and_is_waited_for_all_the_same(
    workspace: Workspace,
) -> None:
    """By what payment's pods count: Antaeus' invoices stand still from the first charge on."""
    with workspace.operator(quiet_seconds=_QUIET):
        workspace.apply("shop", _spec(0))
        workspace.until_complete("shop")
        make_run_at_once(workspace, "killed")
        until_charging(workspace)
        (pod,) = run_pods(workspace)
        workspace.kube.delete("pod", pod["metadata"]["name"], workspace.namespace, "--wait=false")
        make_run_at_once(workspace, "next")
        until_run(workspace, "killed", "Unknown")

        until_billing(workspace, lambda found: "running" in found)

        assert len(charged(workspace)) == _INVOICES
        assert until_run(workspace, "next", "Declined")["newlyPaid"] == 0


def test_an_antaeus_that_ends_in_the_middle_has_to_be_dealt_with_before_the_next_run(
    workspace: Workspace,
) -> None:
    """Whatever was charged is forgotten by it, also what no reading had seen yet."""
    with workspace.operator(quiet_seconds=_QUIET) as operator:
        workspace.apply("shop", _spec())
        workspace.until_complete("shop")
        make_run_at_once(workspace, "cut-off")
        until_charging(workspace)
        (pod,) = workspace.pods("shop", ANTAEUS)

        name = pod["metadata"]["name"]
        workspace.kube.delete("pod", name, workspace.namespace, "--wait=false", "--grace-period=1")
        make_run_at_once(workspace, "next")

        last = until_run(workspace, "cut-off", "Unknown")
        assert "no answer" in last["message"]
        body = workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"))
        said = conditions(body)["InvoicesReset"]["message"]
        assert "It was charging then (cut-off)" in said
        found = until_billing(workspace, lambda found: waits_for(found, "InvoicesReset"))
        assert "running" not in found
        until_noticed(workspace, "Warning", "BillingRunBlocked")
        assert set(accepted(workspace).values()) == {1}

        workspace.kube(*said.partition("kubectl ")[2].split())
        until_run(workspace, "next", "Succeeded")
        lives = workspace.antaeus_instances("shop")
        assert set(charged(workspace).values()) == {1}
        assert_settled(workspace, operator, "shop", lives=lives)


@pytest.mark.parametrize("moment", Moment)
def test_an_operator_that_ends_while_a_run_is_let_begin_is_followed_by_one_that_goes_on(
    workspace: Workspace, proxy: ApiProxy, moment: Moment
) -> None:
    """Its status is written, and the Job is let begin or not: nobody has told it."""
    dead: list[Seen] = []

    def of_a_job(seen: Seen) -> bool:
        meant = seen.method == "PATCH" and "/jobs/" in seen.path
        dead.extend([seen] if meant else [])
        return meant

    with workspace.operator(quiet_seconds=_QUIET, server=proxy.url):
        workspace.apply("shop", _at_once())
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")
        proxy.add(Rule(of_a_job, hang_up, moment=moment))
        # From then on it is as good as gone.
        proxy.add(Rule(lambda seen: bool(dead) and seen.writes, hang_up, times=None))
        make_run_at_once(workspace, "run")
        eventually(lambda: dead, within=ROLLOUT)
    record = of_billing(workspace.read("shop"))["running"]
    assert record["job"] == "run"
    job = workspace.api.read(JOB, workspace.namespace, "run") or {}
    assert job["spec"]["suspend"] is (moment is Moment.BEFORE)

    with workspace.operator(quiet_seconds=_QUIET) as operator:
        assert until_run(workspace, "run", "Succeeded")["newlyPaid"] == _INVOICES
        assert set(charged(workspace).values()) == {1}
        assert set(accepted(workspace).values()) == {1}
        assert_settled(workspace, operator, "shop", lives=lives)


@pytest.mark.parametrize(
    ("fault", "twice"),
    [
        ({"connection": {"reply": "Reset"}}, 0),
        ({"connection": {"reply": "Never"}}, 0),
        ({"connection": {"reply": "Garbage"}}, 0),
        # Antaeus posts again what was not answered, and so charges one invoice twice.
        ({"charged": True, "connection": {"reply": "Empty"}}, 1),
    ],
    ids=["refuses", "is too slow", "answers nothing of use", "charges and loses the reply"],
)
def test_a_payment_that_fails_breaks_the_batch_off_and_the_run_says_so(
    workspace: Workspace, fault: dict[str, Any], twice: int
) -> None:
    """The run goes no further, and what its last charge may have done is named."""
    with workspace.operator(quiet_seconds=_QUIET) as operator:
        workspace.apply("shop", _at_once(faults=[{"name": "broken", "fault": fault}]))
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")
        make_run_at_once(workspace, "broken")

        last = until_run(workspace, "broken", "Incomplete")

        assert last["newlyPaid"] == 0
        assert "the batch broke off" in last["message"]
        assert "that charge may have been made" in last["message"]
        assert list(accepted(workspace).values()) == [2] * twice
        workspace.change("shop", payment={"faults": None})
        make_run_at_once(workspace, "next")
        assert until_run(workspace, "next", "Succeeded")["newlyPaid"] == _INVOICES
        assert ("Warning", "BillingRunIncomplete") in events(workspace)
        assert_settled(workspace, operator, "shop", lives=lives)


def test_a_direct_pay_call_is_told_and_runs_wait_for_its_end(workspace: Workspace) -> None:
    with workspace.operator(quiet_seconds=_QUIET):
        workspace.apply("shop", _spec())
        workspace.until_complete("shop")
        began = time.monotonic()
        with workspace.kube.started(
            *("-n", workspace.namespace, "create", "--raw", pay_path(workspace.namespace, "shop")),
            *("-f", "/dev/null"),
        ):
            until_charging(workspace)
            make_run_at_once(workspace, "run")
            waits = until_billing(workspace, lambda found: "waiting" in found)["waiting"]
            assert waits["reason"] == "UnmanagedPayCall"
            last = until_run(workspace, "run", "Succeeded")
        assert time.monotonic() - began > _INVOICES * _SECONDS_EACH
        assert (last["paidBefore"], last["newlyPaid"]) == (_INVOICES, 0)
        assert set(accepted(workspace).values()) == {1}
        assert events(workspace).count(("Normal", "UnmanagedPayCall")) == 2


def test_what_waits_while_a_stack_is_suspended_or_asleep_goes_on_afterwards(
    workspace: Workspace,
) -> None:
    """The operator may be another one by then."""
    with workspace.operator(quiet_seconds=_QUIET):
        workspace.apply("shop", _at_once())
        workspace.until_complete("shop")
        workspace.change("shop", suspend=True)
        workspace.until("shop", lambda stack: holds(stack, "Suspended"))
        make_run(workspace, "run")
        until_billing(workspace, lambda found: waits_for(found, "Suspended"))
        workspace.change("shop", suspend=False, hibernate=True, billing={"schedule": "@yearly"})
        until_billing(workspace, lambda found: waits_for(found, "Hibernated"))
        workspace.until("shop", lambda stack: holds(stack, "Hibernated"))
    assert (workspace.api.read(JOB, workspace.namespace, "run") or {})["spec"]["suspend"] is True
    phases = {pod["status"].get("phase") for pod in workspace.api.list(POD, workspace.namespace)}
    assert "Running" not in phases

    with workspace.operator(quiet_seconds=_QUIET) as operator:
        workspace.change("shop", hibernate=False)
        assert until_run(workspace, "run", "Succeeded")["newlyPaid"] == _INVOICES
        lives = workspace.antaeus_instances("shop")
        assert_settled(workspace, operator, "shop", lives=lives)
