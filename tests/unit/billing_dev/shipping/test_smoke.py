"""Nobody is charged by a smoke test that should not be."""

from typing import Any

import pytest

from billing_dev.clients.kube import Manifest
from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.smoke import billable_rate


def a_condition(kind: str, status: str, message: str = "", of: int = 2) -> Manifest:
    return {"type": kind, "status": status, "message": message, "observedGeneration": of}


READY = a_condition("Ready", "True", "all well")
NO_RESET = a_condition("InvoicesReset", "False")


def a_stack(*conditions: Manifest, antaeus: int = 1, **payment: Any) -> Manifest:
    return {
        "metadata": {"name": "shop", "namespace": "payments", "generation": 2},
        "status": {
            "conditions": list(conditions),
            "antaeus": {"readyReplicas": antaeus},
            "payment": payment,
        },
    }


def test_a_ready_stack_may_be_told_to_pay() -> None:
    assert billable_rate(a_stack(READY, NO_RESET, successRate=0)) == 0.0


@pytest.mark.parametrize(
    "conditions",
    [
        [a_condition("Ready", "False", "payment: 0 of 1 pods ready")],
        [a_condition("Ready", "True", of=1)],
        [],
    ],
    ids=["not ready", "ready of an older spec", "nothing known"],
)
def test_a_stack_that_is_not_ready_is_refused(conditions: list[Manifest]) -> None:
    with pytest.raises(ClusterError, match="payments/shop is not Ready: "):
        billable_rate(a_stack(*conditions, successRate=1))


def test_a_stack_that_would_charge_again_what_was_paid_is_refused() -> None:
    reset = a_condition("InvoicesReset", "True", "Antaeus forgot 3 payments")

    with pytest.raises(ClusterError, match="charge again what was paid, or may: Antaeus forgot 3"):
        billable_rate(a_stack(READY, reset, successRate=1))


@pytest.mark.parametrize(
    "conditions",
    [[READY], [READY, a_condition("InvoicesReset", "Unknown", "not told yet")]],
    ids=["nothing is said of a reset", "nobody knows"],
)
def test_a_stack_whose_antaeus_may_have_forgotten_payments_is_refused(
    conditions: list[Manifest],
) -> None:
    with pytest.raises(ClusterError, match="charge again what was paid, or may: "):
        billable_rate(a_stack(*conditions, successRate=1))


@pytest.mark.parametrize("held", ["running", "unresolvedRun", "unmanagedRun"])
def test_a_stack_that_may_be_charging_already_is_refused(held: str) -> None:
    stack = a_stack(READY, NO_RESET, successRate=1)
    stack["status"]["billing"] = {held: {"job": "monthly"}}

    with pytest.raises(ClusterError, match=f"status.billing.{held} is .*monthly.* Wait"):
        billable_rate(stack)


@pytest.mark.parametrize(
    "stack",
    [a_stack(READY, NO_RESET), a_stack(READY, NO_RESET, antaeus=0, successRate=1)],
    ids=["no payment", "no Antaeus"],
)
def test_a_stack_without_pods_is_refused(stack: Manifest) -> None:
    with pytest.raises(ClusterError, match="no pod of Antaeus or of payment"):
        billable_rate(stack)
