"""What tests of the payment service share: charges, callers, and the service in all its forms."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from falcon import testing

from billing_dev.eventually import eventually
from payment_service.api.charge_app import create_app
from payment_service.cashier.books import Environment
from payment_service.cashier.cashier import Cashier, DecideOutcome
from payment_service.cashier.losses import LostLines
from payment_service.cashier.records import Recorder
from payment_service.live.tokens import Tokens
from payment_service.log.lines import Lines
from payment_service.outcome.outcome import Outcome, decide_outcome
from payment_service.profile.document import Profile
from payment_service.profile.values import DeclineReason
from payment_service.service import Service
from payment_service.settings import Settings
from payment_service.state.memory import Memory

TOKEN = "open-sesame"
TINJIS_BODY = b'{"currency":"USD","customer_id":1,"value":181.62}'
PE_BODY = b'{"currency":{},"customer_id":1,"value":359.52}'
CHARGE_PATHS = ("/", "/api/v1/charge")
NOON = 1_700_000_000.0


def a_charge(**changes: object) -> bytes:
    """A body like that of Antaeus, with changes; a field set to `...` is left out."""
    fields: dict[str, object] = {"currency": "USD", "customer_id": 1, "value": 181.62, **changes}
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


def a_client(
    *,
    tokens: Iterable[str] | None = (TOKEN,),
    profile: Profile = Profile(success_rate=1),  # noqa: B008 - frozen
    decide: DecideOutcome = decide_outcome,
    recorders: Iterable[Recorder] = (),
    largest_body: int = 1000,
) -> testing.TestClient:
    """The application in this process; a client that talks to it without a socket."""
    environment = Environment(
        draw=lambda: 0.5,
        new_id=lambda: "a-charge-id",
        now=lambda: NOON,
        can_defer=lambda: True,
        replica="payment-0",
        longest_decision=5.0,
    )
    cashier = Cashier(lambda: profile, Memory(), environment, recorders, decide=decide)
    valid = None if tokens is None else Tokens(tuple(token.encode() for token in tokens))
    return testing.TestClient(
        create_app(cashier, None if valid is None else lambda: valid, largest_body)
    )


def an_outcome(*, accepted: bool = True, **changes: Any) -> Outcome:
    """What becomes of a charge that nothing spoils."""
    values: dict[str, Any] = {
        "accepted": accepted,
        "reason": None if accepted else DeclineReason.GENERIC,
        "fault": None,
        "counted": True,
        "delay_seconds": 0.0,
        "rule": None,
        **changes,
    }
    return Outcome(**values)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came over a socket."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def a_request(
    body: bytes = TINJIS_BODY, *, token: str = TOKEN, headers: str = "", path: str = "/"
) -> bytes:
    """A charge call as bytes, with Antaeus' headers."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: payment\r\nX-Token: {token}\r\n"
        "Content-Type: application/json\r\nConnection: keep-alive\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode("latin-1") + body


def a_head(*lines: str) -> bytes:
    """A head of these lines, whether it is one or not."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Caller:
    """A client that is nothing but a socket."""

    def __init__(self, port: int, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def ask(self, raw: bytes) -> Answer:
        self.send(raw)
        return self.answer()

    def answer(self) -> Answer:
        """Reads one answer; fails if the connection ends before its end."""
        while b"\r\n\r\n" not in self._unread:
            self._more()
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            self._unread = rest
            self._more()
            rest = self._unread
        self._unread = rest[length:]
        return Answer(int(first.split(" ")[1]), headers, rest[:length])

    def closed(self) -> bool:
        """Waits until the other side closes; false if it sends anything instead."""
        return not self._unread and self.socket.recv(1) == b""

    def _more(self) -> None:
        received = self.socket.recv(65536)
        assert received, f"the connection ended, unread: {self._unread!r}"
        self._unread += received


def get(port: int, path: str, timeout: float = 5) -> Answer:
    """Asks for a page on a connection of its own."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout) as page:
            return Answer(page.status, dict(page.headers), page.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


class _KeptOpen(Lines):
    """Closes its file once nobody can write any more.

    A thread that was cut off may be late, and by then the number may be that of another file.
    """

    def __init__(self, file: Path) -> None:
        self._own = os.open(file, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        super().__init__(LostLines, self._own)

    def __del__(self) -> None:
        os.close(self._own)


@contextmanager
def a_service(
    folder: Path, *, decide: DecideOutcome = decide_outcome, **changes: Any
) -> Iterator[Service]:
    """The service in this process, on free ports, its files and its log in `folder`."""
    token = folder / "token"
    if not token.exists():
        token.write_text(TOKEN)
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "ops_port": 0,
        "token_file": token,
        "previous_token_file": folder / "previous",
        "token_id_file": folder / "id",
        "previous_token_id_file": folder / "previous-id",
        "profile_file": folder / "profile.json",
        **changes,
    }
    service = Service(Settings(**values), _KeptOpen(folder / "log"), decide)
    service.start()
    try:
        yield service
    finally:
        service.stop()


class ServiceProcess:
    """The service as a process of its own."""

    def __init__(self, folder: Path, before: Sequence[str] = (), **variables: str) -> None:
        """`before` are words that the command follows, `variables` the settings."""
        (folder / "token").write_text(TOKEN)
        env = {
            "PAYMENT_HOST": "127.0.0.1",
            "PAYMENT_PORT": "0",
            "PAYMENT_OPS_PORT": "0",
            "PAYMENT_TOKEN_FILE": str(folder / "token"),
            **{f"PAYMENT_{name.upper()}": value for name, value in variables.items()},
        }
        self._folder = folder
        command = [*before, sys.executable, "-m", "payment_service"]
        self._process = self._begin(command, {**os.environ, **env})
        started = self._started()
        self.port: int = started["port"]
        self.ops_port: int = started["ops_port"]
        self.control_port: int = started["control_port"] or 0

    def _begin(self, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(command, stdout=log, env=env)

    def _started(self) -> dict[str, Any]:
        """The first line of the log."""
        eventually((self._folder / "log").read_text, within=20)
        return log_lines(self._folder)[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self, within: float) -> tuple[int, list[dict[str, Any]]]:
        """Waits for the end; returns the exit code and all log lines."""
        return self._process.wait(timeout=within), log_lines(self._folder)


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """The lines that `a_service` has written so far."""
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def charge_count(lines: Iterable[Mapping[str, Any]]) -> int:
    """How many of the log lines are charge calls."""
    return sum(line["event"] == "charge" for line in lines)


def is_draining(ops_port: int) -> bool:
    """Whether a service says that it is about to end."""
    return bool(get(ops_port, "/readyz").json["draining"])


def sample(page: bytes, series: str) -> float:
    """The value of one series on a metrics page."""
    line = re.search(rf"^{re.escape(series)} (\S+)$", page.decode(), re.MULTILINE)
    assert line, f"no {series} on the page"
    return float(line[1])
