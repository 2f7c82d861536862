"""A log whose reader is stuck: charges, probes and the end go on, and what is lost is known."""

import json
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing_dev.eventually import eventually
from integration.payment_service.piped_process import PipedProcess
from support.payment.control import Control, with_control
from support.payment.service import Caller, a_charge, a_request, get, sample

CALLERS = 4
CHARGES = 1400
"""Of each caller: in all, more than a pipe and what waits behind it have room for."""
CURRENCIES = ("USD", "DKK", "\u20ac")

Side = tuple[str, str]


@dataclass
class Told:
    """What callers were told, by currency and outcome."""

    counts: Counter[Side] = field(default_factory=Counter)
    amounts: Counter[Side] = field(default_factory=Counter)

    def add(self, side: Side, count: int, amount: Decimal) -> None:
        if count:
            self.counts[side] += count
            self.amounts[side] += amount  # type: ignore[assignment]  # a Decimal adds up as well

    def add_row(self, row: dict[str, Any]) -> None:
        for outcome in ("accepted", "declined"):
            part = row[outcome]
            self.add((row["currency"], outcome), part["count"], Decimal(part["amount"]))


def charge(port: int, caller: int, told: Told, count: int = CHARGES) -> Told:
    """Charges so many times; every call must be answered."""
    with Caller(port) as calls:
        for number in range(count):
            currency, amount = CURRENCIES[number % 3], Decimal(number % 97 + 1) / 100
            body = a_charge(customer_id=caller + 1, currency=currency, value=float(amount))
            answer = calls.ask(a_request(body))
            assert answer.status == 200
            outcome = "accepted" if answer.json["result"] == "true" else "declined"
            told.add((currency, outcome), 1, amount)
    return told


def charge_until_lines_are_lost(service: PipedProcess) -> Told:
    told = Told()
    with ThreadPoolExecutor(CALLERS) as callers:
        for one in callers.map(lambda caller: charge(service.port, caller, Told()), range(CALLERS)):
            told.counts.update(one.counts)
            told.amounts.update(one.amounts)
    assert lost(service) > 0
    return told


def lost(service: PipedProcess) -> float:
    return sample(get(service.ops_port, "/metrics").body, "payment_log_lines_lost_total")


def settings(folder: Path) -> dict[str, str]:
    return {
        **with_control(folder),
        "success_rate": "0.7",
        "drain_seconds": "0.2",
        "idle_seconds": "0.2",
    }


def from_log(lines: list[dict[str, Any]]) -> Told:
    """What the lines tell, those about lost lines among them."""
    told = Told()
    for line in lines:
        if line["event"] == "log_lines_lost":
            for row in line["charges"]:
                told.add_row(row)
        elif line["event"] == "charge":
            told.add((line["currency"], line["outcome"]), 1, Decimal(str(line["value"])))
    return told


def test_a_reader_that_is_stuck_for_ever_stops_no_charge_no_probe_and_no_end(
    tmp_path: Path,
) -> None:
    with PipedProcess(tmp_path, **settings(tmp_path)) as service:
        told = charge_until_lines_are_lost(service)

        totals = Control(service.control_port).get("/v1/ledger")["totals"]
        in_ledger = Told()
        for row in totals:
            in_ledger.add_row(row)
        assert in_ledger == told
        page = get(service.ops_port, "/metrics").body
        assert sample(page, "payment_charge_seconds_count") == CALLERS * CHARGES
        assert sample(page, "payment_log_waiting_bytes") > 500_000
        eventually(
            lambda: get(service.ops_port, "/livez").json["log"],
            lambda log: log == "stuck",
            within=5,
        )
        livez = get(service.ops_port, "/livez")
        assert (livez.status, livez.json["status"]) == (200, "alive")
        assert livez.json["log_lines_lost"] == lost(service)
        assert get(service.ops_port, "/readyz").status == 200

        service.signal(signal.SIGTERM)

        assert service.wait(within=15) == 1
        lines = service.all_lines()
        assert {line["event"] for line in lines} == {"started", "charge"}
    # What was lost is told where somebody may still read.
    last_words = json.loads((tmp_path / "errors").read_text())
    assert from_log([*lines, last_words]) == told


def test_once_the_reader_is_back_the_log_and_what_it_says_is_lost_are_what_callers_were_told(
    tmp_path: Path,
) -> None:
    with PipedProcess(tmp_path, **settings(tmp_path)) as service:
        told = charge_until_lines_are_lost(service)

        service.read_on()
        eventually(
            lambda: sample(get(service.ops_port, "/metrics").body, "payment_log_waiting_bytes"),
            lambda waiting: waiting == 0,
            within=20,
        )
        assert get(service.ops_port, "/livez").json["log"] == "written"
        charge(service.port, 7, told, count=100)
        service.signal(signal.SIGTERM)
        assert service.wait(within=15) == 0
        lines = service.all_lines()

    assert from_log(lines) == told
    assert lines[-1]["event"] == "stopped"
    (tmp_path / "invoices.json").write_text("[]")
    command = [sys.executable, "-m", "payment_service", "reconcile", "--json"]
    done = subprocess.run(
        [*command, "--invoices", str(tmp_path / "invoices.json"), str(tmp_path / "log")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    document = json.loads(done.stdout)
    found = Told()
    for one in document["charged_not_paid"]:
        found.add((one["currency"], "accepted"), 1, Decimal(one["amount"]))
    for row in document["lost"]["totals"]:
        found.add_row({**row, "declined": {"count": 0, "amount": "0"}})
    accepted = {side: count for side, count in told.counts.items() if side[1] == "accepted"}
    assert found.counts == accepted
    assert found.amounts == {side: told.amounts[side] for side in accepted}
