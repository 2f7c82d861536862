"""A client that retries under an Idempotency-Key charges once, whatever becomes of the replies."""

import json
import signal
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from billing_dev.local.redis_server import RedisServer
from integration.payment_service.balancer import balanced
from measurements import Measurements
from payment_service.state.interface import State
from payment_service.state.opening import open_state
from payment_service.state.records import Filter
from support.payment.logged import Commands
from support.payment.modern_client import charge
from support.payment.service import TOKEN, ServiceProcess, log_lines

pytestmark = pytest.mark.thorough

CHARGES = 1000
AT_ONCE = 8
_RATES = {
    "reply-lost": (0.1, {"charged": True, "connection": {"reply": "Empty"}}),
    "reset-and-charged": (0.05, {"charged": True, "connection": {"reply": "Reset"}}),
    "cut-and-charged": (0.05, {"charged": True, "connection": {"reply": "Truncated"}}),
    "reset": (0.05, {"connection": {"reply": "Reset"}}),
    "broken": (0.1, {"status": {"code": 500}}),
    "broken-and-charged": (0.05, {"charged": True, "status": {"code": 500}}),
    "busy": (0.1, {"status": {"code": 429, "retryAfterSeconds": 0}}),
}
PROFILE = {
    "successRate": 0.7,
    "seed": 42,
    "faults": [
        {"name": name, "rate": rate, "fault": fault} for name, (rate, fault) in _RATES.items()
    ],
}


@dataclass
class Intent:
    """What is to be charged, each under a key of its own, and what the client was told."""

    charges: dict[str, dict[str, Any]]
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    half_way: Event = field(default_factory=Event)
    replaced: Event = field(default_factory=Event)
    """That everybody is there who is to take part in the last quarter."""

    def carry_out(self, port: int) -> None:
        """Has all charged by several callers at once."""
        headers = {"X-Token": TOKEN}
        limits = httpx.Limits(max_connections=AT_ONCE)
        with (
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=10
            ) as client,
            ThreadPoolExecutor(AT_ONCE) as callers,
        ):
            list(callers.map(lambda key: self._charge(client, key), self.charges))

    def _charge(self, client: httpx.Client, key: str) -> None:
        self.answers[key] = charge(client, key, self.charges[key])
        if len(self.answers) >= CHARGES / 2:
            self.half_way.set()
        if len(self.answers) >= CHARGES * 3 / 4:
            assert self.replaced.wait(timeout=60)

    def sums(self) -> dict[tuple[int, str], tuple[int, Decimal]]:
        """How many charges were meant, and of how much, by customer and currency."""
        sums: dict[tuple[int, str], tuple[int, Decimal]] = {}
        for body in self.charges.values():
            place = body["customer_id"], body["currency"]
            number, amount = sums.get(place, (0, Decimal(0)))
            sums[place] = number + 1, amount + Decimal(str(body["value"]))
        return sums


@pytest.fixture
def intent() -> Intent:
    """Every amount is there twice for each customer: two charges alike that are both meant."""
    return Intent(
        {
            f"key-{number}": {
                "customer_id": number % 3 + 1,
                "currency": ("USD", "DKK")[number % 2],
                "value": (number // 12 + 1) / 100,
            }
            for number in range(CHARGES)
        }
    )


def write_profile(folder: Path) -> str:
    path = folder / "profile.json"
    path.write_text(json.dumps(PROFILE))
    return str(path)


def hold_answers_against(intent: Intent, accepted: Mapping[str, bool]) -> None:
    """Compares what the client was told with what is booked under each key."""
    for key, answer in intent.answers.items():
        # A 500 that was charged stays a 500 for its key: the client knows that it does not know.
        assert answer.status_code in (200, 500)
        if answer.status_code == 200:
            assert answer.json()["result"] == ("true" if accepted[key] else "false")


def faults_met(lines: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(line["fault"] for line in lines if "fault" in line)


def test_with_one_process_each_key_has_one_charge_and_the_ledger_is_what_was_meant(
    tmp_path: Path, intent: Intent, capsys: pytest.CaptureFixture[str], measurements: Measurements
) -> None:
    intent.replaced.set()
    with ServiceProcess(tmp_path, profile_file=write_profile(tmp_path)) as service:
        intent.carry_out(service.port)
    lines = log_lines(tmp_path)

    counted = [line for line in lines if line.get("outcome") in ("accepted", "declined")]
    by_key = Counter(line["idempotency_key"] for line in counted)
    assert by_key == Counter(dict.fromkeys(intent.charges, 1))
    document = Commands(capsys).json("ledger", str(tmp_path / "log"))
    assert sums_of_ledger(document["totals"]) == intent.sums()

    outcomes = {line["idempotency_key"]: line["outcome"] == "accepted" for line in counted}
    hold_answers_against(intent, outcomes)
    assert set(faults_met(lines)) == set(_RATES)
    note(measurements, "one process", lines)


def sums_of_ledger(totals: Sequence[Any]) -> dict[tuple[int, str], tuple[int, Decimal]]:
    return {
        (row["customer_id"], row["currency"]): (
            row["accepted"]["count"] + row["declined"]["count"],
            Decimal(row["accepted"]["amount"]) + Decimal(row["declined"]["amount"]),
        )
        for row in totals
    }


def test_with_two_processes_and_a_store_it_holds_though_one_is_killed_and_replaced_half_way(
    tmp_path: Path, store: RedisServer, prefix: str, intent: Intent, measurements: Measurements
) -> None:
    variables = {
        "profile_file": write_profile(tmp_path),
        **store.variables(prefix),
    }
    with ExitStack() as running:

        def start(name: str) -> ServiceProcess:
            folder = tmp_path / name
            folder.mkdir()
            return running.enter_context(ServiceProcess(folder, **variables))

        one, two = start("one"), start("two")
        balancer = running.enter_context(balanced(one.port, two.port))
        with ThreadPoolExecutor(1) as aside:
            all_charged = aside.submit(intent.carry_out, balancer.port)
            assert intent.half_way.wait(timeout=60)
            one.signal(signal.SIGKILL)
            balancer.ports = [two.port, start("three").port]
            intent.replaced.set()
            all_charged.result(timeout=120)

    state = open_state(store.settings(prefix))
    booked = {entry.idempotency_key: entry for entry in counted_calls(state)}
    assert set(booked) == set(intent.charges)
    assert len(counted_calls(state)) == len(state.bookings(Filter(), CHARGES + 1)) == CHARGES
    assert sums_of_state(state) == intent.sums()

    accepted = {key: entry.outcome == "accepted" for key, entry in booked.items()}
    hold_answers_against(intent, accepted)
    logs = [log_lines(tmp_path / name) for name in ("one", "two", "three")]
    assert all(map(faults_met, logs))
    lines = [line for log in logs for line in log]
    note(measurements, "two processes, one killed and replaced", lines)


def counted_calls(state: State) -> list[Any]:
    wanted = (Filter(outcome=outcome) for outcome in ("accepted", "declined"))
    return [entry for each in wanted for entry in state.journal(each, 2 * CHARGES)]


def sums_of_state(state: State) -> dict[tuple[int, str], tuple[int, Decimal]]:
    return {
        place: (
            total.accepted.count + total.declined.count,
            total.accepted.amount + total.declined.amount,
        )
        for place, total in state.totals().rows.items()
    }


def note(measurements: Measurements, where: str, lines: Sequence[dict[str, Any]]) -> None:
    what = f"a client that retries {CHARGES} charges, {where}"
    measurements.note(f"{what}: calls", sum(line["event"] == "charge" for line in lines), "calls")
    measurements.note(f"{what}: faults", sum(faults_met(lines).values()), "faults")
