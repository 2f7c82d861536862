"""Hostile requests to both ports: nothing breaks, nothing stays stuck, nothing grows.

A share of them in `make test`; all 20,000 by `make test-hostile`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from billing_dev.eventually import eventually
from integration.payment_service.hostile_requests import requests, resident_mib, send, thread_count
from measurements import Measurements
from payment_service.api import charge_schema, control_schema
from payment_service.api.openapi import Interface
from support.payment.control import CONTROL_TOKEN, Control, with_control
from support.payment.documented_operations import label, operations, takes_anything
from support.payment.service import TOKEN, Caller, ServiceProcess, a_request, get, log_lines

ALL, SHARE = 20_000, 200
GROWTH_MIB = 10.0  # of what is kept and counted, all of it bounded
CHARGE_TOKEN = {"X-Token": TOKEN}
BEARER = {"Authorization": f"Bearer {CONTROL_TOKEN}"}
# They would inject what this test is to tell from failures.
SETTING = {("PUT", "/v1/profile"), ("PUT", "/v1/faults/{name}")}
BOUNDS = ("attempts_kept", "keys_kept", "bookings_kept", "journal_kept")

unhurried = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


class Target:
    """The service that is attacked, and what it has answered so far."""

    def __init__(self, service: ServiceProcess, folder: Path) -> None:
        self.service = service
        self.control = Control(service.control_port)
        self.folder = folder
        self.statuses: Counter[int | None] = Counter()

    def count(self, status: int | None) -> None:
        """Notes an answer; 501 says that a transfer coding is unknown, and is no failure."""
        self.statuses[status] += 1
        assert status is None or status < 500 or status == 501

    def is_well(self) -> None:
        """Asks all ports for something that has to work at once."""
        with Caller(self.service.port, timeout=1) as caller:
            assert caller.ask(a_request()).status == 200
        assert self.control.ask("POST", "/v1/reset").status == 200
        assert get(self.service.ops_port, "/livez", timeout=1).status == 200


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    bounds = dict.fromkeys(BOUNDS, "100")
    with ServiceProcess(
        tmp_path, success_rate="0.5", **bounds, **with_control(tmp_path)
    ) as service:
        yield Target(service, tmp_path)


@pytest.mark.timeout(3600)  # all of them take minutes
def test_hostile_requests_break_nothing(
    target: Target, measurements: Measurements, *, thorough: bool
) -> None:
    total = ALL if thorough else SHARE
    attack(target, total // 4)
    before, threads = resident_mib(target.service.pid), thread_count(target.service.pid)

    with measurements.timed(f"{total - total // 4:,} hostile requests"):
        attack(target, total - total // 4)

    target.is_well()
    eventually(lambda: thread_count(target.service.pid), lambda now: now <= threads, within=5)
    after = resident_mib(target.service.pid)
    measurements.note(f"memory of payment after {total // 4:,} hostile requests", before, "MiB")
    measurements.note(f"memory of payment after {total:,} hostile requests", after, "MiB")
    measurements.note("hostile requests that got no answer", target.statuses[None], "")
    assert sum(target.statuses.values()) >= total
    assert after - before < GROWTH_MIB
    answers = [line for line in log_lines(target.folder) if line["event"] == "log"]
    assert [line for line in answers if line["level"] == "error" or "traceback" in line] == []


def attack(target: Target, count: int) -> None:
    """Sends so many: a tenth by the documents of both ports, the rest by no rules at all."""
    service, by_document = target.service, count // 20
    for port, token in ((service.port, CHARGE_TOKEN), (service.control_port, BEARER)):
        spoiled(target, port, requests(token), count // 2 - by_document)
    for port, token, interface in (
        (service.port, CHARGE_TOKEN, charge_schema.INTERFACE),
        (service.control_port, BEARER, control_schema.INTERFACE),
    ):
        documented(target, f"http://127.0.0.1:{port}", token, cases(interface), by_document)


def spoiled(target: Target, port: int, hostile: st.SearchStrategy[bytes], count: int) -> None:
    @settings(unhurried, max_examples=count)
    @given(hostile)
    def try_one(request: bytes) -> None:
        target.count(send(port, request))

    at_least(target, count, try_one)


def documented(
    target: Target,
    address: str,
    token: dict[str, str],
    of: st.SearchStrategy[Case[Any]],
    count: int,
) -> None:
    @settings(unhurried, max_examples=count)
    @given(of)
    def try_one(case: Case[Any]) -> None:
        target.count(case.call(base_url=address, headers=token, timeout=10).status_code)

    at_least(target, count, try_one)


def at_least(target: Target, count: int, attack_once: Callable[[], None]) -> None:
    """Repeats an attack until there were so many requests: hypothesis may find fewer."""
    wanted = sum(target.statuses.values()) + count
    while sum(target.statuses.values()) < wanted:
        attack_once()


def cases(interface: Interface) -> st.SearchStrategy[Case[Any]]:
    """What schemathesis makes of a document, good and bad."""
    cases_of = operations(interface)
    bad = [
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        for operation in cases_of
        if takes_anything(operation)
    ]
    good = [operation.as_strategy() for operation in cases_of if label(operation) not in SETTING]
    return st.one_of(*bad, *good)
