"""An installed operator, a stack, invoices: what the whole thing is for."""

import time

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi, Counts
from billing_dev.eventually import eventually
from measurements import Measurements
from support.cluster.limits import PAY_IN_COLUMNS
from support.cluster.running_stack import RunningStack


def test_a_pay_call_pays_about_half_of_the_invoices(
    stack: RunningStack, antaeus: AntaeusApi, all_pending: int, measurements: Measurements
) -> None:
    stack.change(payment={"successRate": 0.5})

    began = time.monotonic()
    everything_paid = antaeus.pay()

    measurements.note(
        "charges a second, one after another", all_pending / seconds_since(began), "/s"
    )
    # Of 2,000 charges 1,000 succeed, give or take 22 (one standard deviation). A rate of 0.4 gives
    # 800, one of 0.6 gives 1,200: the bounds are more than four deviations away from all three.
    assert all_pending == 2000
    assert 900 < antaeus.counts().paid < 1100
    assert not everything_paid


@pytest.mark.usefixtures("some_pending")
def test_a_pay_call_shows_in_the_columns_within_15_seconds(
    stack: RunningStack, antaeus: AntaeusApi, measurements: Measurements
) -> None:
    stack.change(payment={"successRate": 0.5})
    before = antaeus.counts()

    antaeus.pay()

    began, after = time.monotonic(), antaeus.counts()
    assert after.paid > before.paid
    eventually(
        lambda: shown(stack), lambda counts: counts == after, within=PAY_IN_COLUMNS, every=0.5
    )
    measurements.note("from the end of a pay call to the columns", seconds_since(began), "s")


@pytest.mark.usefixtures("some_pending")
def test_another_success_rate_changes_what_the_next_pay_call_comes_to(
    stack: RunningStack, antaeus: AntaeusApi
) -> None:
    before = antaeus.counts()

    stack.change(payment={"successRate": 0})
    assert antaeus.pay() is False
    assert antaeus.counts() == before

    stack.change(payment={"successRate": 1})
    assert antaeus.pay() is True
    assert antaeus.counts() == Counts(paid=before.total, pending=0)


def test_kubectl_scale_changes_the_number_of_payment_pods(stack: RunningStack) -> None:
    for replicas in (3, 1):
        stack.kube("-n", stack.namespace, "scale", f"bst/{stack.name}", f"--replicas={replicas}")

        stack.until_ready()
        assert stack.columns()["PAYMENT"] == f"{replicas}/{replicas}"
        assert len(stack.pods("payment")) == replicas


def shown(stack: RunningStack) -> Counts | None:
    """The counts that `kubectl get` shows, if it shows any."""
    columns = stack.columns()
    paid, pending = columns["PAID"], columns["PENDING"]
    return Counts(paid=int(paid), pending=int(pending)) if paid and pending else None


def seconds_since(moment: float) -> float:
    return time.monotonic() - moment
