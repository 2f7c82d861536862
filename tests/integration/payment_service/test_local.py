"""`make local`: both services on this machine, and what their first users were told to try."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from billing_dev.eventually import eventually
from billing_dev.local.pair import CONTROL_TOKEN, TOKEN
from billing_dev.ports import free_port
from billing_dev.tree import ROOT
from integration.payment_service.curl_lines import curl_lines, run_curl
from measurements import Measurements
from support.cases import cases
from support.cluster.limits import NOTICED
from support.payment.logged import Commands
from support.payment.service import get

DOCUMENT = ROOT / "docs/how-to/local.md"
CPU_SECONDS = 4.0

# As they stand in the documents that both services come from; those that name hosts of a cluster
# have this machine in their place.
SEEDS = """
curl -X POST http://127.0.0.1:9000/ -H 'X-Token: TestToken' -H 'Content-Type: application/json' -d '{"customer_id":1,"currency":"USD", "value":1.25}'
curl -X GET http://127.0.0.1:8000/rest/v1/invoices/1
curl -X GET http://127.0.0.1:8000/rest/v1/invoices
curl -X POST http://127.0.0.1:8000/rest/v1/invoices/pay
curl -X GET http://127.0.0.1:8000/rest/v1/Customers
curl -X GET http://127.0.0.1:8000/rest/v1/Customers/1
curl -i -w "\\n" http://localhost:9000/health
curl -i -w "\\n" http://localhost:8000/rest/health
curl -s http://localhost:8000/rest/v1/invoices | jq '[.[] | select(.status == "PAID") ] | length'
curl -X POST -i -w "\\n" http://localhost:8000/rest/v1/invoices/pay
curl http://localhost:8000/rest/health
curl -s http://localhost:8000/rest/v1/invoices | jq
curl -X POST http://localhost:8000/rest/v1/invoices/pay
"""  # noqa: E501 - a line of a shell is one line


@dataclass(frozen=True)
class Local:
    """Both services as `make local` runs them, on free ports."""

    process: subprocess.Popen[str]
    folder: Path
    payment: int
    ops: int
    antaeus: int
    output: str

    def curl(self, line: str) -> httpx.Response:
        return run_curl(line, {9000: self.payment, 8000: self.antaeus})


def start(folder: Path, **variables: str) -> subprocess.Popen[str]:
    env = {"LOCAL_FOLDER": str(folder), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "billing_dev", "local"],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[Local]:
    payment, ops, antaeus = free_port(), free_port(), free_port()
    ports = {"PAYMENT_PORT": payment, "PAYMENT_OPS_PORT": ops, "ANTAEUS_PORT": antaeus}
    process = start(folder, **{name: str(port) for name, port in ports.items()}, **variables)
    try:
        assert process.stdout is not None
        output = ""
        while "Ctrl-C" not in output:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            output += line
        yield Local(process, folder, payment, ops, antaeus, output)
    finally:
        # Asked to end, it ends both; killed, it would leave them behind.
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with running(tmp_path_factory.mktemp("local")) as both:
        yield both


def test_the_lines_of_both_seeds_stand_in_the_document() -> None:
    assert set(SEEDS.strip().splitlines()) - set(curl_lines(DOCUMENT)) == set()


def one_of(*wanted: Any) -> Callable[[httpx.Response], bool]:
    return lambda answer: answer.status_code == 200 and answer.json() in wanted


def is_list_of(length: int) -> Callable[[httpx.Response], bool]:
    return lambda answer: answer.status_code == 200 and len(answer.json()) == length


ANSWERS: dict[str, Callable[[httpx.Response], bool]] = {
    "POST 9000/ TestToken": one_of({"result": "true"}, {"result": "false"}),
    "POST 9000/": lambda answer: answer.status_code == 403 and answer.json()["result"] == "false",
    "GET 9000/health": one_of({"alive": "true"}),
    "GET 8000/rest/health": one_of("ok"),
    "GET 8000/rest/v1/invoices": is_list_of(10),
    "GET 8000/rest/v1/invoices/1": lambda answer: (
        (answer.json()["id"], answer.json()["status"]) == (1, "PAID")
    ),
    "POST 8000/rest/v1/invoices/pay": one_of(True, False),  # noqa: FBT003
    "GET 8000/rest/v1/Customers": one_of(
        [{"id": 1, "currency": "USD"}, {"id": 2, "currency": "DKK"}]
    ),
    "GET 8000/rest/v1/Customers/1": one_of({"id": 1, "currency": "USD"}),
}


def invoices_at(line: str) -> str:
    method = "POST" if "-X POST" in line else "GET"
    where = re.search(r"http://[\w.]+:(\S+)", line)
    assert where is not None
    return f"{method} {where[1]}" + (" TestToken" if "X-Token: TestToken" in line else "")


@pytest.mark.parametrize("line", dict.fromkeys(curl_lines(DOCUMENT)), ids=invoices_at)
def test_every_line_of_the_document_does_what_it_says(local: Local, line: str) -> None:
    answer = local.curl(line)

    assert ANSWERS[invoices_at(line)](answer), answer.text


def test_it_prints_what_to_try_and_that_works(local: Local) -> None:
    lines = [line.strip() for line in local.output.splitlines() if line.startswith("  curl ")]

    assert len(lines) == 3
    ports = {local.payment: local.payment, local.antaeus: local.antaeus}
    assert [run_curl(line, ports).status_code for line in lines] == [200] * 3


def test_a_pay_call_leaves_about_half_paid_and_both_books_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path, ANTAEUS_INVOICES="200", ANTAEUS_SEED="1") as local:
        url = f"http://127.0.0.1:{local.antaeus}"
        assert httpx.post(f"{url}/rest/v1/invoices/pay", timeout=60).json() is False
        paid = [one["status"] for one in httpx.get(f"{url}/rest/v1/invoices").json()].count("PAID")

        assert 50 < paid < 150
        log = str(tmp_path / "payment.log")
        assert Commands(capsys).run("reconcile", "--invoices", url, log) == 0


def test_a_profile_that_is_edited_while_it_runs_is_followed_and_kept(tmp_path: Path) -> None:
    profile = tmp_path / "profile/profile.json"
    profile.parent.mkdir()
    profile.write_text('{"successRate": 1}')
    with running(tmp_path) as local:
        assert f"Profile: {profile} as it was left on " in local.output
        assert profile.read_text() == '{"successRate": 1}'
        profile.write_text('{"successRate": 0}')

        def rate() -> object:
            return get(local.ops, "/profile").json["profile"]["successRate"]

        eventually(rate, lambda found: found == 0, within=NOTICED)


def test_the_control_port_can_be_asked_for(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, PAYMENT_CONTROL_PORT=str(port)):
        headers = {"Authorization": f"Bearer {CONTROL_TOKEN}"}
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/profile", headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "number", cases("the signal is {0}", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
)
def test_a_signal_ends_both_and_leaves_no_port_open(
    tmp_path: Path, number: signal.Signals, measurements: Measurements
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with running(tmp_path) as local:
        local.process.send_signal(number)
        assert local.process.wait(timeout=60) == 0
        for port in (local.payment, local.ops, local.antaeus):
            with pytest.raises(OSError, match="Connect"):
                get(port, "/")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Not the time by the clock: the machine may be busy with other tests.
    assert spent < CPU_SECONDS
    if number is signal.SIGINT:
        seconds = re.search(r"Ready after ([0-9.]+) s", local.output)
        assert seconds is not None
        measurements.note("make local, until both are ready", float(seconds[1]), "s")
        measurements.note("make local, time of the processors until its end", spent, "s")


def test_a_port_that_is_taken_is_told_with_who_has_it_and_nothing_is_started(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "first") as first:
        (tmp_path / "second").mkdir()
        ports = {
            "PAYMENT_PORT": free_port(),
            "PAYMENT_OPS_PORT": free_port(),
            "ANTAEUS_PORT": first.antaeus,
        }
        second = start(tmp_path / "second", **{name: str(port) for name, port in ports.items()})
        _, errors = second.communicate(timeout=60)

    assert second.returncode == 1
    assert re.fullmatch(
        rf"local: port {first.antaeus}, of Antaeus' stand-in, is taken by \S+ \(pid \d+\): "
        r"end that, or choose another by ANTAEUS_PORT=\d+ make local\n",
        errors,
    )
    assert list((tmp_path / "second").iterdir()) == []


def test_what_is_printed_is_true_of_the_settings_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = free_port()
    settings = {"ANTAEUS_INVOICES": "4", "PAYMENT_SUCCESS_RATE": "1"}
    with running(tmp_path, PAYMENT_CONTROL_PORT=str(control), **settings) as local:
        assert "Profile: PAYMENT_SUCCESS_RATE=1, " in local.output
        assert f"http://localhost:{control} (token {CONTROL_TOKEN})" in local.output
        httpx.post(f"http://127.0.0.1:{local.antaeus}/rest/v1/invoices/pay", timeout=60)
        (printed,) = (line for line in local.output.splitlines() if " reconcile " in line)

        # As printed: none of these four was paid at the start.
        assert Commands(capsys).run(*printed.split()[1:]) == 0


def test_mistakes_in_the_settings_are_told(tmp_path: Path) -> None:
    wrong = start(tmp_path, PAYMENT_PORT="x")
    assert "must be numbers" in wrong.communicate(timeout=60)[1]

    wrong = start(tmp_path, PAYMENT_THREADS="0", PAYMENT_OPS_PORT="0", PAYMENT_PORT="0")
    assert "PAYMENT_THREADS: '0'" in wrong.communicate(timeout=60)[1]


def test_invoices_that_were_paid_at_the_start_are_named(local: Local) -> None:
    assert f"Profile: {local.folder}/profile/profile.json, written just now" in local.output
    assert " --paid-at-start 1,6 " in local.output


def test_the_token_is_that_of_the_documents(local: Local) -> None:
    assert TOKEN == "TestToken"
    assert (local.folder / "token").read_text() == TOKEN
    assert TOKEN not in json.dumps((local.folder / "payment.log").read_text())
