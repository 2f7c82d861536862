"""Runs of spec.billing: one at a time, and what each did is told."""

from support.billing_runs import charged, events, make_run, of_billing, run_pods, until_run
from support.master import assert_settled
from support.scene import Scene

# So that a batch counts as over soon; in truth it takes minutes.
QUIET = 3.0


def test_a_run_by_hand_bills_what_is_pending_once_and_says_what_it_did(scene: Scene) -> None:
    """Without a schedule, by the command of the README."""
    with scene.operator(quiet_seconds=QUIET) as operator:
        scene.apply("shop", {"payment": {"successRate": 1}})
        invoices = scene.until_complete("shop")["status"]["invoices"]
        lives = scene.antaeus_lives("shop")

        make_run(scene, "by-hand")

        last = until_run(scene, "by-hand", "Succeeded")
        assert last["newlyPaid"] == invoices["pending"] > 0
        assert (last["paidAfter"], last["pendingAfter"]) == (invoices["total"], 0)
        assert set(charged(scene).values()) == {1}
        operator.until_idle()
        told = [("Normal", "BillingRunBegun"), ("Normal", "BillingRunSucceeded")]
        assert sorted(events(scene)) == told
        (pod,) = run_pods(scene)
        log = scene.kube("-n", scene.namespace, "logs", pod["metadata"]["name"])
        assert f"{invoices['total']:>10}{0:>10}" in log
        ended = operator.count(
            "billing_operator_billing_runs_total",
            namespace=scene.namespace,
            stack="shop",
            outcome="Succeeded",
        )
        assert ended == 1
        body = scene.read("shop")
        assert body["status"]["invoices"]["pending"] == 0
        assert not {"running", "waiting", "unsettled", "direct"} & of_billing(body).keys()
        assert_settled(scene, operator, "shop", lives=lives)
