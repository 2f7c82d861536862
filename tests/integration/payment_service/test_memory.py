"""The memory of payment at its default bounds, each of them filled with the largest there is."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from billing_dev.eventually import eventually
from integration.payment_service.hostile_requests import resident_mib
from measurements import Measurements
from payment_service.outcome.charges import LONGEST_VALUE
from payment_service.profile.values import LONGEST_CURRENCY
from payment_service.settings import Settings
from support.payment.control import Control, with_control
from support.payment.service import Caller, ServiceProcess, a_request, get, sample

DEFAULTS = Settings()
CHARGES = 11 * max(DEFAULTS.keys_kept, DEFAULTS.bookings_kept, DEFAULTS.attempts_kept) // 10
CALLERS = 4
MOST_MIB = 200
FAULTS = 100
CROWD = 450
# Money with wings: four bytes each, in Python as in UTF-8.
WIDE = "\U0001f4b8"

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with ServiceProcess(tmp_path, success_rate="0.5", **with_control(tmp_path)) as running:
        yield running


def largest(number: int) -> bytes:
    """A charge call whose every text is as long as may be, and like no other one."""
    digits = str(10**8 + number)
    value = f"{digits}.{'7' * (LONGEST_VALUE - len(digits) - 1)}"
    currency = WIDE * (LONGEST_CURRENCY - len(digits)) + digits
    # Plain UTF-8: escapes would not leave room for the rest.
    body = f'{{"customer_id":{2**62 + number},"currency":"{currency}","value":{value}}}'
    headers = (
        f"Idempotency-Key: {digits}{'k' * (255 - len(digits))}\r\n"
        f"X-Request-Id: {digits}{'r' * (128 - len(digits))}\r\nPrefer: return=representation\r\n"
    )
    return a_request(body.encode(), headers=headers)


def fill(service: ServiceProcess) -> None:
    """Sends them all, over some connections at a time."""
    numbers, lock = count(1), threading.Lock()

    def send() -> None:
        with Caller(service.port) as caller:
            while True:
                with lock:
                    number = next(numbers)
                if number > CHARGES:
                    return
                assert caller.ask(largest(number)).status == 200

    with ThreadPoolExecutor(CALLERS) as callers:
        for sending in [callers.submit(send) for _ in range(CALLERS)]:
            sending.result()


def read_everything(control: Control) -> int:
    """Reads all totals, page by page, and the longest page of every other record."""
    rows, path = 0, "/v1/ledger"
    while path:
        page = control.get(path)
        rows += len(page["totals"])
        path = f"/v1/ledger?after={quote(page['next'])}" if "next" in page else ""
    for records in ("ledger/bookings", "duplicates", "journal"):
        control.get(f"/v1/{records}?limit=1000")
    return rows


@contextmanager
def crowd(port: int) -> Iterator[None]:
    """Opens as many connections as a port has, each with all that it takes of unfinished requests.

    One half send hundreds of small requests at once, the other the most of a large one.
    """
    small = a_request(b"").partition(b"\r\n")[2].partition(b"X-Token")[0]
    many = (b"GET /ping HTTP/1.1\r\n" + small + b"\r\n") * 100
    large = a_request(bytes(16384))[:-1]
    with ExitStack() as stack:
        callers = [stack.enter_context(Caller(port)) for _ in range(CROWD)]
        for number, caller in enumerate(callers):
            with suppress(OSError):  # it may have been refused before its end
                caller.send(many if number % 2 else large)
        yield


def test_every_bound_filled_fits_into_the_memory_of_a_pod_with_room(
    service: ServiceProcess, measurements: Measurements
) -> None:
    control = Control(service.control_port)
    measurements.note("memory of payment at its start", resident_mib(service.pid), "MiB")
    fill(service)
    filled = resident_mib(service.pid)
    measurements.note(f"after {CHARGES:,} charges of the largest kind", filled, "MiB")

    for number in range(FAULTS):
        currencies = [f"{WIDE * 56}{other:08d}" for other in range(60)]
        match = {"currencies": currencies, "customers": [10**6 + other for other in range(900)]}
        assert control.put_fault(f"fault-{number}", match=match, seconds=3600).status == 200
    with ExitStack() as stack, ThreadPoolExecutor(2) as readers:
        reading = [readers.submit(read_everything, control) for _ in range(2)]
        assert [one.result() for one in reading] == [DEFAULTS.bookings_kept] * 2
        measurements.note("while two read all of it", resident_mib(service.pid), "MiB")

        profile = {"successRate": 1, "latency": {"fixed": {"seconds": 600}}}
        # Only what no rule decides meets a fault.
        rule = {"name": "all", "accept": True}
        assert control.ask("PUT", "/v1/profile", {**profile, "rules": [rule]}).status == 200
        for number in range(DEFAULTS.deferred_replies):
            caller = stack.enter_context(Caller(service.port))
            caller.send(largest(CHARGES + 1 + number))
        eventually(
            lambda: sample(get(service.ops_port, "/metrics").body, "payment_replies_deferred"),
            lambda deferred: deferred == DEFAULTS.deferred_replies,
            within=60,
        )
        most = resident_mib(service.pid)
        measurements.note("with as many deferred replies as can be", most, "MiB")
        for port in (service.port, service.ops_port, service.control_port):
            stack.enter_context(crowd(port))
        most = resident_mib(service.pid)
        measurements.note("with a crowd of unfinished requests on each port", most, "MiB")
    assert most < MOST_MIB
    assert json.loads(get(service.ops_port, "/livez").body)["status"] == "alive"
