"""Runs of spec.billing: one at a time, and what each did is told."""

from support.cluster.billing_runs import charged, events, make_run, of_billing, run_pods, until_run
from support.cluster.final_checks import assert_settled
from support.cluster.workspace import Workspace

# So that a batch counts as over soon; in truth it takes minutes.
QUIET = 3.0


def test_a_run_by_hand_bills_what_is_pending_once_and_says_what_it_did(
    workspace: Workspace,
) -> None:
    """Without a schedule, by the command of the README."""
    with workspace.operator(quiet_seconds=QUIET) as operator:
        workspace.apply("shop", {"payment": {"successRate": 1}})
        invoices = workspace.until_complete("shop")["status"]["invoices"]
        lives = workspace.antaeus_instances("shop")

        make_run(workspace, "by-hand")

        last = until_run(workspace, "by-hand", "Succeeded")
        assert last["newlyPaid"] == invoices["pending"] > 0
        assert (last["paidAfter"], last["pendingAfter"]) == (invoices["total"], 0)
        assert set(charged(workspace).values()) == {1}
        operator.until_idle()
        told = [("Normal", "BillingRunStarted"), ("Normal", "BillingRunSucceeded")]
        assert sorted(events(workspace)) == told
        (pod,) = run_pods(workspace)
        log = workspace.kube("-n", workspace.namespace, "logs", pod["metadata"]["name"])
        assert f"{invoices['total']:>10}{0:>10}" in log
        ended = operator.count(
            "billing_operator_billing_runs_total",
            namespace=workspace.namespace,
            stack="shop",
            outcome="Succeeded",
        )
        assert ended == 1
        body = workspace.read("shop")
        assert body["status"]["invoices"]["pending"] == 0
        assert not {"running", "waiting", "unresolvedRun", "unmanagedRun"} & of_billing(body).keys()
        assert_settled(workspace, operator, "shop", lives=lives)
