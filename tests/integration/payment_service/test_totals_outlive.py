"""What a process of payment accepted is told after its end, also if it was killed in the middle."""

import json
import signal
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from support.payment.service import (
    Answer,
    Caller,
    ServiceProcess,
    a_charge,
    a_request,
    get,
    log_lines,
)

CURRENCIES = ("USD", "DKK", "EUR", "SEK", "GBP", "NOK")
ENOUGH = 40
"""Charges of each customer, so that all are in the middle of one at any moment."""


class Customer(threading.Thread):
    """Charges 0.1, 0.2 and so on in a currency of its own, one after another as Antaeus does.

    Where a connection dies unanswered, it sends the same charge once more, to the next port.
    """

    def __init__(self, currency: str, ports: list[int]) -> None:
        super().__init__(daemon=True)
        self._currency = currency
        self._ports = ports
        self.stopped = threading.Event()
        self.answered = 0
        self.broken = 0

    def run(self) -> None:
        while self._ports and not self.stopped.is_set():
            try:
                with Caller(self._ports[0]) as caller:
                    while not self.stopped.is_set():
                        assert self._charge(caller).json == {"result": "true"}
                        self.answered += 1
            except (AssertionError, OSError):
                self.broken += 1
                self._ports = self._ports[1:]

    def _charge(self, caller: Caller) -> Answer:
        tenths = self.answered + 1
        value = float(Decimal(tenths) / 10)
        return caller.ask(a_request(a_charge(currency=self._currency, value=value)))


def in_the_middle(customers: list[Customer], do: Callable[[], None]) -> None:
    for customer in customers:
        customer.start()
    eventually(lambda: all(each.answered >= ENOUGH for each in customers), within=60)
    do()


def left_in(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def rows(document: dict[str, Any]) -> dict[str, tuple[int, Decimal]]:
    return {
        row["currency"]: (row["count"], Decimal(row["amount"])) for row in document["currencies"]
    }


def test_a_killed_process_leaves_every_charge_whose_answer_arrived(tmp_path: Path) -> None:
    file = tmp_path / "message"
    with ServiceProcess(tmp_path, success_rate="1", totals_file=str(file)) as service:
        customers = [Customer(currency, [service.port]) for currency in CURRENCIES]
        in_the_middle(customers, lambda: service.signal(signal.SIGKILL))
        for customer in customers:
            customer.join()
        assert service.end(within=10)[0] == -signal.SIGKILL

    left = rows(left_in(file))
    for customer, currency in zip(customers, CURRENCIES, strict=True):
        count, amount = left[currency]
        # One more at most: its answer was on its way.
        assert customer.answered <= count <= customer.answered + 1
        assert amount == Decimal(count * (count + 1)) / 20


def test_of_two_processes_with_a_store_each_charge_is_counted_by_one(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    """One is killed; what was unanswered is sent to the other, which knows a double for one."""
    folders = tmp_path / "killed", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
    files = [folder / "message" for folder in folders]
    settings = {"success_rate": "1", **store.variables(prefix)}
    with (
        ServiceProcess(folders[0], **settings, totals_file=str(files[0])) as killed,
        ServiceProcess(folders[1], **settings, totals_file=str(files[1])) as other,
    ):
        ports = [killed.port, other.port]
        customers = [Customer(currency, ports) for currency in CURRENCIES]
        in_the_middle(customers, lambda: killed.signal(signal.SIGKILL))
        eventually(lambda: all(customer.broken for customer in customers), within=20)
        for customer in customers:
            customer.stopped.set()
        for customer in customers:
            customer.join()
        assert get(other.ops_port, "/totals").body == files[1].read_bytes()

    one, two = map(left_in, files)
    charges = [line for line in log_lines(folders[1]) if line["event"] == "charge"]
    assert two["doubles"] == sum(line.get("double", False) for line in charges)
    more = 0
    for customer, currency in zip(customers, CURRENCIES, strict=True):
        count = sum(rows(each).get(currency, (0, 0))[0] for each in (one, two))
        assert customer.answered <= count <= customer.answered + 1
        more += count - customer.answered
    # What was counted twice is told, and so may be what was booked and then counted by nobody.
    assert more <= two["doubles"] <= len(customers)
