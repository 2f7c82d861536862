"""Runs the operator as a process of its own, so that a test can end it at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from billing_dev.eventually import eventually
from billing_operator.settings import Settings
from support.cluster.limits import NOTICED, RECOVERED

# Where a program of the tests' own is found.
_TESTS = Path(__file__).parents[2]


class OperatorProcess:
    """One operator after the other, all with the same settings and rights."""

    def __init__(
        self, server: str, token: str, settings: Settings, folder: Path, *program: str
    ) -> None:
        """The program is that of the operator unless another module and its arguments are given."""
        self.settings = settings
        self._program = program or ("billing_operator",)
        self._log = folder / "operator.log"
        # Of this environment nothing is a setting of the operator's.
        ours = {name: text for name, text in os.environ.items() if not name.startswith("BILLING_")}
        self._env = {**ours, **_environment(settings), "PYTHONPATH": str(_TESTS)}
        self._env["KUBECONFIG"] = str(_kubeconfig(folder / "kubeconfig", server, token, settings))
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_at = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Starts one and waits until it leads and has listed everything; there must be none."""
        self.start_as("leader")

    def start_as(self, state: str) -> None:
        """Starts one and waits until /readyz says what it is to be; there must be none."""
        assert self.has_ended()
        command = [sys.executable, "-m", *self._program]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log)
        # It may share its machine with everything that it is tried with.
        eventually(self.state, lambda now: now == state, within=RECOVERED, every=0.05)

    def freeze(self) -> None:
        """Stops it as a machine does that is paused; it does not notice."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on after a freeze."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it as the kernel does when memory is short: at once, in the middle of anything."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def terminate(self) -> None:
        """Asks it to end, as the kubelet does."""
        assert self._process is not None
        self._asked_at = time.monotonic()
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Waits until it has ended by itself."""
        assert self._process is not None
        self._process.wait(timeout=NOTICED)

    def seconds_to_end(self) -> float:
        """How long it took since it was asked to, which it must have done well."""
        assert self._process is not None
        assert self._process.wait(timeout=NOTICED) == 0, self.log()[-2000:]
        return time.monotonic() - self._asked_at

    def seconds_to_fail(self) -> float:
        """How long it takes from now on until it ends, which it must not call a good end."""
        assert self._process is not None
        began = time.monotonic()
        assert self._process.wait(timeout=NOTICED) != 0, self.log()[-2000:]
        return time.monotonic() - began

    def has_ended(self) -> bool:
        """Whether there is none at the moment."""
        return self._process is None or self._process.poll() is not None

    def log(self) -> str:
        """All that any of them has said."""
        return self._log.read_text()

    def metric(self, name: str) -> float:
        """A metric without labels, as /metrics shows it."""
        url = f"http://127.0.0.1:{self.settings.http_port}/metrics"
        with urlopen(url, timeout=NOTICED) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    def is_idle(self) -> bool:
        """Whether it runs and no stack is worked on."""
        try:
            return self.metric("billing_operator_queue_depth") == 0
        except (URLError, ConnectionError, TimeoutError):
            return False

    def state(self) -> str:
        """What /readyz says: leader, standby, or nothing while it is neither."""
        assert not self.has_ended(), self.log()[-2000:]
        try:
            url = f"http://127.0.0.1:{self.settings.http_port}/readyz"
            with urlopen(url, timeout=2) as answer:
                return str(answer.read().decode().strip())
        except (URLError, ConnectionError, TimeoutError):
            return ""


def _environment(settings: Settings) -> dict[str, str]:
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    values["namespaces"] = ",".join(settings.namespaces)
    return {f"BILLING_{name.upper()}": str(value) for name, value in values.items() if value != ""}


def _kubeconfig(path: Path, server: str, token: str, settings: Settings) -> Path:
    path.touch(mode=0o600)
    (namespace,) = settings.namespaces
    context = {"cluster": "it", "user": "operator", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "operator", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": context}],
    }
    path.write_text(json.dumps(config))
    return path
