"""The stand-in as its image runs it, and the client that demo and tests use with it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi, AntaeusError, Counts
from unit.billing_dev.antaeus.fake_payment import (
    DECLINED,
    LIMIT_SECONDS,
    PAID,
    FakePayment,
    Reply,
    answer,
)

TOKEN = "secret-token"


@dataclass(frozen=True, slots=True)
class Running:
    """A process and where it listens."""

    process: subprocess.Popen[str]
    port: int

    @property
    def api(self) -> AntaeusApi:
        return AntaeusApi(f"http://127.0.0.1:{self.port}")

    def next_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line


def start(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "billing_dev.antaeus"],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(folder: Path, fake: FakePayment, **environment: str) -> Iterator[Running]:
    """Runs a stand-in on a free port, and returns when it listens."""
    own = {"ANTAEUS_PORT": "0", "ANTAEUS_DATABASE": str(folder / "process.db")}
    told = {"PAYMENT_PROVIDER_ENDPOINT": fake.url, "PAYMENTS_API_TOKEN": TOKEN}
    with start(**own, **told, **environment) as process:
        try:
            assert process.stdout is not None
            started = json.loads(process.stdout.readline())
            assert started["event"] == "started"
            yield Running(process, started["port"])
        finally:
            process.kill()


def test_a_demo_run_through_the_client(tmp_path: Path) -> None:
    with (
        FakePayment.running(PAID, DECLINED, answer("oh")) as fake,
        running(tmp_path, fake, ANTAEUS_INVOICES="4") as antaeus,
    ):
        assert antaeus.api.health()
        assert antaeus.api.counts() == Counts(paid=0, pending=4)
        with pytest.raises(AntaeusError) as caught:
            antaeus.api.pay()
        assert caught.value.status == 500
        assert antaeus.api.counts() == Counts(paid=1, pending=3)
        assert antaeus.api.pay() is True
        assert [invoice.paid for invoice in antaeus.api.invoices()] == [True] * 4
        assert {received.headers["x-token"] for received in fake.received} == {TOKEN}


def test_the_log_matches_charges_with_invoices_and_hides_the_token(tmp_path: Path) -> None:
    with FakePayment.running() as fake, running(tmp_path, fake, ANTAEUS_SEED="1") as antaeus:
        pending = [invoice for invoice in antaeus.api.invoices() if not invoice.paid]
        antaeus.api.pay()
        lines = [antaeus.next_line() for _ in pending]
        assert [(line["invoice"], line["customer_id"], line["value"]) for line in lines] == [
            (invoice.id, invoice.customer_id, invoice.value) for invoice in pending
        ]
        assert TOKEN not in json.dumps(lines)


def test_reading_goes_on_while_a_pay_call_runs(tmp_path: Path) -> None:
    gate = threading.Event()
    with (
        FakePayment.running(PAID, Reply(PAID.send, gate=gate)) as fake,
        running(tmp_path, fake) as antaeus,
        ThreadPoolExecutor(1) as caller,
    ):
        call = caller.submit(antaeus.api.pay)
        fake.wait_for(2)
        assert antaeus.api.counts() == Counts(paid=3, pending=7)
        gate.set()
        assert call.result() is True


def test_a_caller_that_hangs_up_does_not_stop_the_batch(tmp_path: Path) -> None:
    gate = threading.Event()
    with (
        FakePayment.running(Reply(PAID.send, gate=gate)) as fake,
        running(tmp_path, fake) as antaeus,
    ):
        caller = http.client.HTTPConnection("127.0.0.1", antaeus.port)
        caller.request("POST", "/rest/v1/invoices/pay")
        fake.wait_for(1)
        caller.close()
        gate.set()
        fake.wait_for(8)
        assert [antaeus.next_line()["result"] for _ in range(8)] == ["paid"] * 8


def test_sigterm_cuts_off_a_pay_call(tmp_path: Path) -> None:
    with (
        FakePayment.running(always=Reply(PAID.send, gate=threading.Event())) as fake,
        running(tmp_path, fake) as antaeus,
        ThreadPoolExecutor(1) as caller,
    ):
        call = caller.submit(antaeus.api.pay)
        fake.wait_for(1)
        antaeus.process.send_signal(signal.SIGTERM)
        assert antaeus.process.wait(LIMIT_SECONDS) == 128 + signal.SIGTERM
        assert isinstance(call.exception(), (http.client.HTTPException, OSError))
        assert not antaeus.api.health()


def test_hundreds_of_invoices_take_no_time(tmp_path: Path) -> None:
    with FakePayment.running() as fake, running(tmp_path, fake, ANTAEUS_INVOICES="500") as antaeus:
        drain = threading.Thread(target=lambda: [antaeus.next_line() for _ in range(500)])
        drain.start()
        assert antaeus.api.pay(within=LIMIT_SECONDS) is True
        drain.join()
        assert antaeus.api.counts() == Counts(paid=500, pending=0)
        assert len(fake.connections) == 1


def test_it_answers_only_after_its_start_took_its_time(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        FakePayment.running() as fake,
        running(tmp_path, fake, ANTAEUS_STARTUP_SECONDS="0.5") as antaeus,
    ):
        assert time.monotonic() - began >= 0.5
        assert antaeus.api.health()


def test_wrong_settings_stop_the_start_and_are_all_named() -> None:
    with start(ANTAEUS_BUILD="x", ANTAEUS_PORT="y") as process:
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 2
    assert errors == (
        "ANTAEUS_BUILD: 'x' is not tinjis or pe\nANTAEUS_PORT: 'y' is not a port from 0 to 65535\n"
    )


def test_an_antaeus_that_is_not_there_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert AntaeusApi(f"http://127.0.0.1:{port}").health() is False
