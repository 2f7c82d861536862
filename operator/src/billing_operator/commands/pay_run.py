"""One billing run: has Antaeus pay once, waits for its answer, and says what became of it.

Runs in a pod of its own, without any right: billing-run http://antaeus:8000.
Antaeus does not guard its pay call, and a caller that hangs up does not stop the batch. So the call
is never sent twice, and it is waited for however long it takes; the Job has the deadline.

Jobs and pods are copied with all that they are told. So a pod pays only once the operator has
written that very pod's uid on it.
"""

import argparse
import json
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from billing_operator.apps.answers import Counts, count
from billing_operator.escapes import escaped
from billing_operator.names import MAY_PAY, MAY_PAY_FILE, PAID_BEFORE_FILE, RUN_DIR, UID_FILE
from billing_operator.runs.report import Outcome, RunReport

PAY_PATH = "/rest/v1/invoices/pay"
INVOICES_PATH = "/rest/v1/invoices"
EXIT_CODES = {
    Outcome.SUCCEEDED: 0,
    Outcome.DECLINED: 0,
    Outcome.INCOMPLETE: 1,
    Outcome.NOT_SENT: 2,
    Outcome.UNKNOWN: 3,
}
_READ_SECONDS = 10.0
_CONNECT_SECONDS = 30.0
# A node that has gone closes no connection.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
_GOES_ON = (
    "Antaeus may still go on with the batch; no other run begins before it has come to an end"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long reading is tried: it is harmless, and a Service leads to a new pod a moment late.

    Attributes:
        seconds: after which it is given up.
        pause: between two tries, in seconds.
        leave_seconds: how long the leave to pay is waited for; a new operator takes less to come.
        clock, sleep: how time is told and passes.
    """

    seconds: float = 60.0
    pause: float = 1.0
    leave_seconds: float = 300.0
    leave_pause: float = 0.1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Leave:
    """What this pod may do, as the kubelet writes it into files from the pod's annotations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_given(self) -> bool:
        """Whether this very pod may pay; not without what it is to compare before it does."""
        uid = self._said(UID_FILE)
        has_count = self._said(PAID_BEFORE_FILE).isdecimal()
        return bool(uid) and self._said(MAY_PAY_FILE) == uid and has_count

    def paid_before(self) -> int:
        """How many invoices were paid when it was given."""
        return int(self._said(PAID_BEFORE_FILE))

    def _said(self, name: str) -> str:
        try:
            return (self._folder / name).read_text()
        except OSError:
            return ""


class AskedToEnd(BaseException):
    """The kubelet ends the pod: for its deadline, a drain, or a person."""


class Antaeus:
    """The one Antaeus of the stack."""

    def __init__(self, base_url: str, new: type[HTTPConnection] = HTTPConnection) -> None:
        address = urlsplit(base_url)
        self._host, self._port, self._new = address.hostname or "", address.port or 80, new

    def counts(self) -> Counts:
        """Reads the invoices; raises ValueError, OSError or HTTPException where it can't."""
        connection = self._new(self._host, self._port, timeout=_READ_SECONDS)
        try:
            return _counts_on(connection)
        finally:
            connection.close()

    def connect_and_count(self) -> tuple[HTTPConnection, Counts]:
        """A connection for the call, and the counts of the very Antaeus that it leads to.

        Where that ends its connections with each answer, the call takes one more. Raises as
        `counts` does.
        """
        connection = self.connect()
        connection.sock.settimeout(_READ_SECONDS)
        counts = _counts_on(connection)
        if connection.sock is None:
            return self.connect(), counts
        connection.sock.settimeout(None)
        return connection, counts

    def connect(self) -> HTTPConnection:
        """A connection that is not made anew by itself: what was sent once stays sent once."""
        connection = self._new(self._host, self._port, timeout=_CONNECT_SECONDS)
        connection.connect()
        connection.auto_open = 0
        connection.sock.settimeout(None)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if option := getattr(socket, name, None):
                connection.sock.setsockopt(socket.IPPROTO_TCP, option, value)
        return connection


def _counts_on(connection: HTTPConnection) -> Counts:
    connection.request("GET", INVOICES_PATH)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise ValueError(f"{INVOICES_PATH} answered with status {answer.status}")
    return count(json.loads(body))


_PATIENCE = Patience()


class PayRun:
    """One run from its first reading to its last."""

    def __init__(
        self,
        antaeus: Antaeus,
        report_file: Path,
        say: Callable[[str], None],
        leave: Leave,
        *,
        patience: Patience = _PATIENCE,
    ) -> None:
        self._antaeus = antaeus
        self._file = report_file
        self._say = say
        self._leave = leave
        self._patience = patience
        self.report = RunReport()

    def __call__(self) -> Outcome:
        """Does it, however it ends; what is known stands in the file at any moment."""
        try:
            self._pay()
        except AskedToEnd:
            note = "the run was asked to end"
            goes_on = self.report.outcome is Outcome.UNKNOWN
            self._know(explanation=f"{note}; {_GOES_ON}" if goes_on else note)
        for line in _summary(self.report):
            self._say(line)
        return self.report.outcome

    def _pay(self) -> None:
        self._know()
        if not self._has_leave():
            return
        # A Service leads to a new pod a moment late.
        if self._read() is None:
            return
        try:
            connection, before = self._antaeus.connect_and_count()
        except (OSError, HTTPException, ValueError) as error:
            self._know(explanation=f"nothing was sent: {_why(error)}")
            return
        self._know(paid_before=before.paid, pending_before=before.pending, explanation="")
        self._say(f"before: {before.paid} invoices paid, {before.pending} pending")
        expected = self._leave.paid_before()
        if before.paid < expected:
            connection.close()
            message = f"Antaeus has started anew: {expected} invoices were paid before the run"
            self._know(explanation=f"{message}, and to pay would charge them again")
            return
        # From here on the batch may be under way, whatever becomes of this process.
        self._know(sent=True, explanation=f"the run ended without a word; {_GOES_ON}")
        self._say(f"POST {PAY_PATH}: sent once, and waited for")
        self._wait(connection)
        after = self._read()
        if after:
            self._know(paid_after=after.paid, pending_after=after.pending)

    def _has_leave(self) -> bool:
        end = self._patience.clock() + self._patience.leave_seconds
        while not self._leave.is_given():
            if self._patience.clock() >= end:
                text = f"the operator has not given this pod leave to pay (annotation {MAY_PAY})"
                self._know(explanation=text)
                return False
            self._patience.sleep(self._patience.leave_pause)
        return True

    def _wait(self, connection: HTTPConnection) -> None:
        began = self._patience.clock()
        try:
            connection.request("POST", PAY_PATH)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            self._know(explanation=f"no answer ({_why(error)}); {_GOES_ON}")
            return
        finally:
            connection.close()
        self._know(status=answer.status, answer=_truth(body), explanation="")
        if self.report.outcome is Outcome.UNKNOWN:
            self._know(explanation=f"status {answer.status} is no answer of Antaeus'; {_GOES_ON}")
        shown = str(self.report.answer).lower() if self.report.status == 200 else answer.status
        self._say(f"answered {shown} after {self._patience.clock() - began:.1f} s")

    def _read(self) -> Counts | None:
        end = self._patience.clock() + self._patience.seconds
        while True:
            try:
                return self._antaeus.counts()
            except (OSError, HTTPException, ValueError) as error:
                why = f"the invoices can't be read: {_why(error)}"
            if self._patience.clock() >= end:
                self._know(explanation="; ".join(filter(None, (self.report.explanation, why))))
                return None
            self._patience.sleep(self._patience.pause)

    def _know(self, **news: object) -> None:
        self.report = replace(self.report, **news)  # type: ignore[arg-type]  # names of its fields
        self._file.write_text(self.report.text())


def _why(error: Exception) -> str:
    # Some of them repeat what was answered, by whomever.
    return escaped(str(error)) or type(error).__name__


def _truth(body: bytes) -> bool | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, bool) else None


def _summary(report: RunReport) -> list[str]:
    rows = (
        ("before", report.paid_before, report.pending_before),
        ("after", report.paid_after, report.pending_after),
    )
    table = [f"{name:8}{_shown(paid):>10}{_shown(pending):>10}" for name, paid, pending in rows]
    lines = ["", f"{'':8}{'paid':>10}{'pending':>10}", *table]
    if report.newly_paid is not None:
        lines.append(f"{'newly':8}{report.newly_paid:>10}")
    return [*lines, "", f"{report.outcome}{': ' if report.explanation else ''}{report.explanation}"]


def _shown(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _asked_to_end(_number: int, _frame: object) -> NoReturn:
    # Its last words are not to be interrupted.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise AskedToEnd


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Does a run; the status of the process tells its outcome, and 0 that the batch has ended."""
    parser = argparse.ArgumentParser(prog="billing-run", description="Has Antaeus pay, once.")
    parser.add_argument("antaeus", help="base URL of Antaeus")
    # Where Kubernetes looks for a container's last words.
    parser.add_argument("--report", type=Path, default=Path("/dev/termination-log"))
    parser.add_argument("--leave", type=Path, default=Path(RUN_DIR), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _asked_to_end)
    run = PayRun(Antaeus(given.antaeus), given.report, _print, Leave(given.leave))
    return EXIT_CODES[run()]
