"""Billing goes on while payment is rolled, and everybody's books agree afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.antaeus_api import AntaeusApi
from support.charges import Charge, answered, lines
from support.eventually import eventually
from support.figures import Figures
from support.limits import NOTICED, ROLLOUT
from support.pod_logs import PodLogs
from support.running_stack import RunningStack

REPLICAS = 2
ROLLS = 3
# So low that there is something left to charge for as long as the rollouts take.
SUCCESS_RATE = 0.05


@pytest.fixture
def no_payment_pod(stack: RunningStack) -> Iterator[None]:
    """Begins without any payment pod, so that each that lives can be followed from its start."""
    stack.change(payment={"replicas": 0, "successRate": SUCCESS_RATE})
    eventually(lambda: len(stack.pods("payment", leaving=True)), _none, within=ROLLOUT, every=0.5)
    yield
    stack.change(payment={"replicas": 1, "env": None})


@contextmanager
def billing(antaeus: AntaeusApi) -> Iterator[None]:
    """Pay calls, one after the other, until the block ends; the last one comes to its own end."""
    over = threading.Event()

    def bill() -> None:
        while not over.is_set():
            antaeus.pay()

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(bill)
        try:
            yield
        finally:
            over.set()
        # Raises what a pay call raised, such as that its batch broke off.
        under_way.result()


@pytest.mark.usefixtures("no_payment_pod")
def test_no_charge_is_lost_or_doubled_while_payment_rolls_three_times(
    stack: RunningStack,
    antaeus: AntaeusApi,
    all_pending: int,
    tmp_path: Path,
    figures: Figures,
) -> None:
    logs = PodLogs(stack.kube, stack.namespace, tmp_path)
    with logs.followed(stack.selector("payment")):
        stack.change(payment={"replicas": REPLICAS})
        began = time.monotonic()
        with billing(antaeus):
            for roll in range(ROLLS):
                stack.change(payment={"env": [{"name": "ROLL", "value": str(roll)}]})
        seconds = time.monotonic() - began
        sent = lines(stack.log("antaeus"), "charge")
        taken = eventually(
            lambda: sum(map(_charges, logs.so_far().values()), Counter[Charge]()),
            lambda charges: charges.total() >= len(sent),
            within=NOTICED,
            every=0.5,
        )
        ends = eventually(
            lambda: [end for log in logs.so_far().values() for end in lines(log, "stopped")],
            lambda ends: len(ends) == ROLLS * REPLICAS,
            within=ROLLOUT,
            every=0.5,
        )
    figures.note("charges while payment rolled three times", len(sent), "")
    figures.note("charges a second while payment rolled", len(sent) / seconds, "/s")

    assert all_pending == 2000
    # Every charge went out once and got its decision.
    assert Counter(line["sent"] for line in sent) == {1: len(sent)}
    assert answered(sent).total() == len(sent)
    # One by one, what Antaeus was told is what payment's pods, all that ever were, wrote down.
    assert answered(sent) == taken
    # And it is what the invoices say: each was charged for, none once it was paid.
    invoices = antaeus.invoices()
    assert {(c.customer_id, c.value) for c in taken} == {(i.customer_id, i.value) for i in invoices}
    assert Counter({charge: times for charge, times in taken.items() if charge.paid}) == Counter(
        Charge(invoice.customer_id, invoice.value, paid=True)
        for invoice in invoices
        if invoice.paid
    )
    # No pod that left did so with a caller still on the line, and each generation had work.
    assert [end["connections_cut_off"] for end in ends] == [0] * ROLLS * REPLICAS
    busy = [pod for pod, log in logs.so_far().items() if lines(log, "charge")]
    assert len({pod.rpartition("-")[0] for pod in busy}) == ROLLS + 1


def _none(pods: int) -> bool:
    return pods == 0


def _charges(log: str) -> Counter[Charge]:
    return answered(lines(log, "charge"))
