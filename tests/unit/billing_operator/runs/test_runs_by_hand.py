"""A run that a person begins is a run like any other, and nobody's direct pay call."""

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.names import MAY_PAY
from billing_operator.runs.report import RunReport
from support.operator.billing_shop import billing, end, job, make, shop
from support.operator.in_memory import OperatorInMemory
from support.operator.run_manifests import a_run_pod


def begin_by_hand(operator: OperatorInMemory, *, said_of: str) -> None:
    """Unsuspends a Job, and says that it, or its pod, may pay."""
    make(operator)
    live, pod = job(operator), a_run_pod(running={})
    live["spec"]["suspend"] = False
    live["metadata"]["generation"] += 1
    of = {"Job": live, "Pod": pod}[said_of]
    of["metadata"]["annotations"] = {MAY_PAY: of["metadata"]["uid"]}
    operator.cluster.have(live)
    operator.cluster.have(pod)


@pytest.mark.parametrize("said_of", ["Job", "Pod"])
async def test_a_run_that_is_begun_by_hand_is_told_as_no_call_of_somebody_else(
    said_of: str,
) -> None:
    operator = await shop()
    begin_by_hand(operator, said_of=said_of)
    await operator.reconcile()
    operator.apps.counts["shop"] = Counts(6, 4)
    await operator.dependencies.invoices.read(operator.stack)
    operator.apps.taken["shop-payment-0"] = Calls(taken=4, held=1)
    await operator.reconcile()
    operator.apps.counts["shop"] = Counts(10, 0)
    operator.apps.taken["shop-payment-0"] = Calls(taken=8, held=0)
    end(operator, RunReport(True, 200, True, 2, 8, 10, 0))  # noqa: FBT003 - in the order of its fields
    for _ in range(3):
        # The end is seen before Antaeus is read again.
        await operator.reconcile()
        operator.now += 10
        await operator.dependencies.invoices.read(operator.stack)

    await operator.reconcile()

    assert billing(operator)["lastRun"]["newlyPaid"] == 8
    assert "unmanagedRun" not in billing(operator)
    assert "UnmanagedPayCall" not in operator.announced
