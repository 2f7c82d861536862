"""Nobody is charged by a smoke test that should not be."""

from typing import Any

import pytest

from billing_dev.clients.kube import Manifest
from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.smoke import billable_rate


def a_condition(kind: str, status: str, message: str = "", of: int = 2) -> Manifest:
    return {"type": kind, "status": status, "message": message, "observedGeneration": of}


READY = a_condition("Ready", "True", "all well")
ALLOWED = a_condition("BillingAllowed", "True")


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
    assert billable_rate(a_stack(READY, ALLOWED, successRate=0)) == 0.0


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


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ([READY], "the operator does not say"),
        ([READY, a_condition("BillingAllowed", "Unknown", "not told yet")], "not told yet"),
        ([READY, a_condition("BillingAllowed", "False", "Antaeus forgot 3")], "Antaeus forgot 3"),
    ],
    ids=["nothing is said", "nobody knows", "no"],
)
def test_a_stack_that_may_charge_somebody_twice_is_refused(
    conditions: list[Manifest], why: str
) -> None:
    with pytest.raises(ClusterError, match=f"may charge somebody twice: {why}"):
        billable_rate(a_stack(*conditions, successRate=1))


@pytest.mark.parametrize(
    "stack",
    [a_stack(READY, ALLOWED), a_stack(READY, ALLOWED, antaeus=0, successRate=1)],
    ids=["no payment", "no Antaeus"],
)
def test_a_stack_without_pods_is_refused(stack: Manifest) -> None:
    with pytest.raises(ClusterError, match="no pod of Antaeus or of payment"):
        billable_rate(stack)
