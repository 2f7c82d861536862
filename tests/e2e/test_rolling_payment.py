"""Billing goes on while payment is rolled, and everybody's books agree afterwards."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi, AntaeusError
from billing_dev.eventually import eventually
from e2e.pod_logs import PodLogs
from measurements import Measurements
from support.cluster.charges import Charge, Line, answered, lines
from support.cluster.limits import ROLLOUT
from support.cluster.running_stack import RunningStack

REPLICAS = 2
ROLLS = 3
# So low that there is something left to charge for as long as the rollouts take.
SUCCESS_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Books:
    """What there is to read when it is over.

    Attributes:
        sent: Antaeus' lines about charges.
        logs: the whole log of each payment pod that ever was.
        seconds: how long the rollouts took.
    """

    sent: list[Line]
    logs: dict[str, str]
    seconds: float

    def taken(self) -> "Counter[Charge]":
        """The charges that the payment pods answered."""
        return sum((answered(lines(log, "charge")) for log in self.logs.values()), Counter())

    def ends(self) -> list[Line]:
        """The last words of the payment pods that left."""
        return [end for log in self.logs.values() for end in lines(log, "stopped")]


@pytest.fixture
def no_payment_pod(stack: RunningStack) -> Iterator[None]:
    """Begins without any payment pod, so that each that lives can be followed from its start."""
    stack.change(payment={"replicas": 0, "successRate": SUCCESS_RATE})
    eventually(
        lambda: len(stack.pods("payment", leaving=True)),
        lambda pods: pods == 0,
        within=ROLLOUT,
        every=0.5,
    )
    yield
    stack.change(payment={"replicas": 1, "env": None})


@pytest.mark.usefixtures("no_payment_pod")
def test_no_charge_is_lost_or_doubled_while_payment_rolls_three_times(
    stack: RunningStack,
    antaeus: AntaeusApi,
    all_pending: int,
    tmp_path: Path,
    measurements: Measurements,
) -> None:
    books = bill_while_payment_rolls(stack, antaeus, tmp_path)

    measurements.note("charges while payment rolled three times", len(books.sent), "")
    measurements.note("of these in a second", len(books.sent) / books.seconds, "/s")
    # Every charge went out once and got its decision.
    odd = [
        f"charge {number} of {len(books.sent)}: {json.dumps(line)}"
        for number, line in enumerate(books.sent, start=1)
        if line["sent"] != 1 or not answered([line])
    ]
    assert not odd, "\n".join([f"{len(odd)} went wrong; the first of them", *odd[:5]])
    # One by one, what Antaeus was told is what payment's pods wrote down.
    taken = books.taken()
    assert taken == answered(books.sent)
    # And it is what the invoices say: each was charged for, none again once it was paid.
    invoices = antaeus.invoices()
    assert len(invoices) == all_pending == 2000
    assert {(charge.customer_id, charge.value) for charge in taken} == {
        (invoice.customer_id, invoice.value) for invoice in invoices
    }
    assert Counter(charge for charge in taken.elements() if charge.paid) == Counter(
        Charge(one.customer_id, one.value, paid=True) for one in invoices if one.paid
    )
    # No pod that left did so with a caller still on the line.
    assert [end["connections_cut_off"] for end in books.ends()] == [0] * ROLLS * REPLICAS


def bill_while_payment_rolls(stack: RunningStack, antaeus: AntaeusApi, folder: Path) -> Books:
    """Rolls payment under a stream of charges, and waits until the old pods are gone."""
    logs = PodLogs(stack.kube, stack.namespace, folder)
    with logs.followed(stack.selector("payment")):
        stack.change(payment={"replicas": REPLICAS})
        stack.until_charges_pass()
        began = time.monotonic()
        with billing(antaeus):
            for roll in range(ROLLS):
                until_in_use(logs, generations=roll + 1)
                stack.change(payment={"env": [{"name": "ROLL", "value": str(roll)}]})
            until_in_use(logs, generations=ROLLS + 1)
        seconds = time.monotonic() - began
        sent = lines(stack.log("antaeus"), "charge")
        written = answered(sent).total()

        def complete(books: Books) -> bool:
            return books.taken().total() >= written and len(books.ends()) == ROLLS * REPLICAS

        # Not asserted here: what differs tells more than that something does.
        with suppress(AssertionError):
            eventually(
                lambda: Books(sent, logs.so_far(), seconds), complete, within=ROLLOUT, every=1
            )
    return Books(sent, logs.so_far(), seconds)


def until_in_use(logs: PodLogs, *, generations: int) -> None:
    """Waits until so many generations of payment pods have taken charges."""

    def in_use() -> set[str]:
        logged = logs.so_far().items()
        return {pod.rpartition("-")[0] for pod, log in logged if lines(log, "charge")}

    eventually(in_use, lambda found: len(found) == generations, within=ROLLOUT, every=0.5)


@contextmanager
def billing(antaeus: AntaeusApi) -> Iterator[None]:
    """Pay calls, one after the other, until the block ends; the last one comes to its own end."""
    over = threading.Event()

    def bill() -> None:
        while not over.is_set():
            # A batch that broke off shows in Antaeus' log, with the reason.
            with suppress(AntaeusError):
                antaeus.pay()

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(bill)
        try:
            yield
        finally:
            over.set()
        # Raises what a pay call raised besides.
        under_way.result()
