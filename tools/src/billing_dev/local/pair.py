"""The two processes: how they are started, when they are ready, how they end together."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPConnection, HTTPException

from billing_dev.clients.antaeus_api import AntaeusApi, AntaeusError
from billing_dev.local.places import LocalError, Places

TOKEN = "TestToken"
CONTROL_TOKEN = "TestControlToken"
PROFILE = '{\n  "successRate": 0.5\n}\n'
START_SECONDS = 60.0
END_SECONDS = 20.0
_ASK_SECONDS = 2.0


class Pair:
    """Both services, as processes of their own."""

    def __init__(self, places: Places, env: Mapping[str, str]) -> None:
        """`env` goes on to both: any setting of theirs can be made there."""
        self._places = places
        self._env = env
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> datetime | None:
        """Starts both; raises LocalError if a port is taken or one of them does not come up.

        Returns once both answer: when the profile was written that was there already, None where
        there was none.
        """
        if taken := list(self._places.taken()):
            raise LocalError("\n".join(taken))
        kept_since = _write_files(self._places)
        for name, module, more in (
            ("payment", "payment_service", self._for_payment()),
            ("antaeus", "billing_dev.antaeus", self._for_antaeus()),
        ):
            with self._places.log(name).open("wb") as log:
                # In groups of their own: Ctrl-C reaches this process, which ends both in order.
                self._processes[name] = subprocess.Popen(
                    [sys.executable, "-m", module],
                    env={**self._env, **more},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
        deadline = time.monotonic() + START_SECONDS
        while not (_ready(self._places.ops, "/readyz") and _ready(self._places.antaeus)):
            self.check()
            if time.monotonic() > deadline:
                raise LocalError(f"not ready after {START_SECONDS:g} s; {self._see_logs()}")
            time.sleep(0.05)
        self.check()
        return kept_since

    def paid(self) -> list[int]:
        """The ids of the invoices that are paid by now."""
        antaeus = AntaeusApi(f"http://127.0.0.1:{self._places.antaeus}")
        try:
            return [invoice.id for invoice in antaeus.invoices() if invoice.paid]
        except (AntaeusError, HTTPException, OSError) as wrong:
            raise LocalError(f"antaeus tells of no invoices: {wrong}, {self._see_logs()}") from None

    def check(self) -> None:
        """Raises LocalError if one of the two has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                output = self._places.log(name).read_text(errors="replace").strip()
                raise LocalError(f"{name} ended with {process.returncode}:\n{output[-2000:]}")

    def end(self) -> None:
        """Ends both: Antaeus first, so that nobody charges when payment leaves."""
        for name, number in (("antaeus", signal.SIGTERM), ("payment", signal.SIGINT)):
            process = self._processes.get(name)
            if process is None:
                continue
            process.send_signal(number)
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _for_payment(self) -> dict[str, str]:
        settings = {
            "PAYMENT_HOST": self._places.host,
            "PAYMENT_TOKEN_FILE": str(self._places.folder / "token"),
        }
        if "PAYMENT_CONTROL_PORT" in self._env:
            settings |= {"PAYMENT_CONTROL_TOKEN_FILE": str(self._places.folder / "control-token")}
        if not {"PAYMENT_PROFILE_FILE", "PAYMENT_SUCCESS_RATE", "PAYMENT_SEED"} & set(self._env):
            settings["PAYMENT_PROFILE_FILE"] = str(self._places.profile)
        return settings

    def _for_antaeus(self) -> dict[str, str]:
        return {
            "PAYMENT_PROVIDER_ENDPOINT": f"http://127.0.0.1:{self._places.payment}",
            "PAYMENTS_API_TOKEN": TOKEN,
            "ANTAEUS_DATABASE": str(self._places.folder / "antaeus.db"),
        }

    def _see_logs(self) -> str:
        return f"see {self._places.log('payment')} and {self._places.log('antaeus')}"


def _write_files(places: Places) -> datetime | None:
    """Returns when the profile was written that was there already."""
    places.profile.parent.mkdir(parents=True, exist_ok=True)
    (places.folder / "token").write_text(TOKEN)
    (places.folder / "control-token").write_text(CONTROL_TOKEN)
    # What a person has written there stays.
    if places.profile.exists():
        return datetime.fromtimestamp(places.profile.stat().st_mtime).astimezone()
    places.profile.write_text(PROFILE)
    return None


def _ready(port: int, path: str = "/rest/health") -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
