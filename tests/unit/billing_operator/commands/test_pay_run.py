"""The command of a run: it asks Antaeus to pay once, whatever comes of it, and says what is so."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from billing_operator.commands.pay_run import EXIT_CODES, Antaeus, Leave, Patience, PayRun
from billing_operator.names import RUN_COMMAND
from billing_operator.runs.report import Outcome, RunReport
from unit.billing_operator.commands.fake_antaeus import FakeAntaeus, leave

AT_ONCE = Patience(0.0, leave_seconds=0.0)
COMMAND = str(Path(sys.executable).with_name(RUN_COMMAND))


class Told:
    """A run that has ended: its outcome, its last words, and what it printed."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        patience: Patience = AT_ONCE,
        paid: int = 0,
    ) -> None:
        self.lines: list[str] = []
        file = folder / "termination-log"
        files = Leave(leave(folder / "run", paid=str(paid)))
        run = PayRun(Antaeus(url), file, self.lines.append, files, patience=patience)
        self.outcome = run()
        self.report = RunReport.parse(file.read_text())
        assert self.report == run.report


@pytest.mark.parametrize(
    ("status", "body", "paid", "outcome", "code"),
    [
        (200, b"true", 2, Outcome.SUCCEEDED, 0),
        (200, b"false", 1, Outcome.DECLINED, 0),
        (500, b"", 1, Outcome.INCOMPLETE, 1),
        (200, b'"true"', 2, Outcome.UNKNOWN, 3),
        (200, b"", 2, Outcome.UNKNOWN, 3),
        (502, b"bad gateway", 2, Outcome.UNKNOWN, 3),
        (404, b'"not found"', 0, Outcome.UNKNOWN, 3),
    ],
)
def test_each_answer_is_what_it_is_and_none_leads_to_a_second_call(
    antaeus: FakeAntaeus,
    tmp_path: Path,
    status: int,
    body: bytes,
    paid: int,
    outcome: Outcome,
    code: int,
) -> None:
    antaeus.pays(status, body, paid=paid)

    told = Told(antaeus.url, tmp_path)

    assert told.outcome is outcome
    assert EXIT_CODES[outcome] == code
    assert antaeus.calls == 1
    assert told.report is not None
    assert (told.report.paid_before, told.report.pending_before) == (1, 2)
    assert told.report.newly_paid == paid


def test_an_answer_that_is_no_http_forges_nothing_in_what_is_told(
    antaeus: FakeAntaeus, tmp_path: Path
) -> None:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"\x1b[2JSucceeded\r\n\r\n")

    antaeus.answer = answer

    told = Told(antaeus.url, tmp_path)

    assert told.outcome is Outcome.UNKNOWN
    assert told.report is not None
    assert r"\x1b[2JSucceeded" in told.report.explanation
    assert all(line.isprintable() for line in told.lines)


def test_it_prints_a_table(antaeus: FakeAntaeus, tmp_path: Path) -> None:
    antaeus.pays(200, b"false", paid=1)

    lines = Told(antaeus.url, tmp_path).lines

    assert "answered false after" in "\n".join(lines)
    assert [line.split() for line in lines[-6:]] == [
        ["paid", "pending"],
        ["before", "1", "2"],
        ["after", "2", "1"],
        ["newly", "1"],
        [],
        ["Declined"],
    ]


def _cut(to: BaseHTTPRequestHandler) -> None:
    to.close_connection = True
    to.connection.shutdown(socket.SHUT_RDWR)


def _half(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.send_header("Content-Length", "4")
    to.end_headers()
    to.wfile.write(b"tr")
    _cut(to)


@pytest.mark.parametrize("break_off", [_cut, _half])
def test_a_connection_that_breaks_is_not_tried_again_and_the_batch_may_go_on(
    antaeus: FakeAntaeus, tmp_path: Path, break_off: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    antaeus.answer = break_off

    told = Told(antaeus.url, tmp_path)

    assert antaeus.calls == 1
    assert told.outcome is Outcome.UNKNOWN
    assert "Antaeus may still go on with the batch" in told.lines[-1]


def test_an_antaeus_that_cannot_be_read_is_not_told_to_pay(
    antaeus: FakeAntaeus, tmp_path: Path
) -> None:
    antaeus.silent_reads = 1000

    told = Told(antaeus.url, tmp_path)

    assert antaeus.calls == 0
    assert told.outcome is Outcome.NOT_SENT
    assert "the invoices can't be read" in told.lines[-1]


def test_an_antaeus_that_is_not_there_was_not_told_to_pay(tmp_path: Path) -> None:
    assert Told(f"http://127.0.0.1:{free_port()}", tmp_path).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(("paid", "calls"), [(1, 1), (2, 0)])
def test_an_antaeus_that_has_started_anew_meanwhile_is_not_told_to_pay(
    antaeus: FakeAntaeus, tmp_path: Path, paid: int, calls: int
) -> None:
    told = Told(antaeus.url, tmp_path, paid=paid)

    assert antaeus.calls == calls
    assert (told.outcome is Outcome.NOT_SENT) is (calls == 0)


def test_what_is_read_in_vain_is_read_again(antaeus: FakeAntaeus, tmp_path: Path) -> None:
    antaeus.silent_reads = 3

    told = Told(antaeus.url, tmp_path, patience=Patience(60.0, pause=0.0))

    assert told.outcome is Outcome.SUCCEEDED
    assert "can't be read" not in "".join(told.lines)


def test_counts_that_cannot_be_read_afterwards_are_unknown(
    antaeus: FakeAntaeus, tmp_path: Path
) -> None:
    def answer(to: BaseHTTPRequestHandler) -> None:
        antaeus.silent_reads = 1000
        antaeus.say(to, 200, b"true")

    antaeus.answer = answer

    told = Told(antaeus.url, tmp_path)

    assert told.outcome is Outcome.SUCCEEDED
    assert told.report is not None
    assert told.report.paid_after is None
    assert "after      unknown   unknown" in told.lines


@contextmanager
def process(antaeus: FakeAntaeus, file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run as its pod begins it, in the middle of its call."""

    def hang(_: BaseHTTPRequestHandler) -> None:
        antaeus.go.wait(30)

    antaeus.answer = hang
    files = leave(file.parent / "run")
    words = [COMMAND, antaeus.url, "--report", str(file), "--leave", str(files)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as run:
        try:
            eventually(lambda: antaeus.calls == 1, within=20)
            yield run
        finally:
            run.kill()


def test_a_run_that_is_asked_to_end_says_that_the_batch_may_go_on(
    antaeus: FakeAntaeus, tmp_path: Path
) -> None:
    file = tmp_path / "termination-log"
    with process(antaeus, file) as run:
        run.send_signal(signal.SIGTERM)
        out, _ = run.communicate(timeout=20)

    assert run.returncode == EXIT_CODES[Outcome.UNKNOWN]
    assert "the run was asked to end; Antaeus may still go on with the batch" in out
    report = RunReport.parse(file.read_text())
    assert report is not None
    assert (report.outcome, report.paid_before) == (Outcome.UNKNOWN, 1)
    assert antaeus.calls == 1


def test_a_run_that_is_killed_has_said_before_what_may_be_under_way(
    antaeus: FakeAntaeus, tmp_path: Path
) -> None:
    file = tmp_path / "termination-log"
    with process(antaeus, file) as run:
        run.kill()
        run.wait(timeout=20)

    report = RunReport.parse(file.read_text())
    assert report is not None
    assert report.outcome is Outcome.UNKNOWN
    assert "without a word" in report.explanation
