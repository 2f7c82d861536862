"""A Redis on this machine, for tests and benchmarks, that they may kill and start again."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from redis import Redis

from billing_dev.cluster.debian_program import REDIS
from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from payment_service.settings import Settings
from payment_service.state.interface import StoreLostError
from payment_service.state.shared import Shared
from payment_service.state.store import Store
from payment_service.state.values import Kept
from payment_service.text.store_address import StoreAddress

PASSWORD = "a-password-of-the-store"
_START_SECONDS = 15.0
_PATIENT_SECONDS = 1.2
"""How long who does not try its hang waits for its answer, on a machine with more to do."""


class RedisServer:
    """A Redis on a free port of loopback that keeps nothing on disk and wants a password."""

    def __init__(
        self,
        folder: Path,
        *,
        also_at: str = "",
        replica_of: "RedisServer | None" = None,
        more: Sequence[str] = (),
    ) -> None:
        """Writes its files into a folder, which is made.

        Args:
            also_at: one more address, of this machine's, at which others find it.
            replica_of: what it copies from its start on.
            more: lines of its configuration.
        """
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.password_file = folder / "store-password"
        self.password_file.write_text(f"{PASSWORD}\n")
        self._folder = folder
        self._config = folder / "redis.conf"
        self._config.unlink(missing_ok=True)
        self.configure(
            *(f"bind 127.0.0.1 {also_at}", f"port {self.port}", f"dir {folder}"),
            *('save ""', "appendonly no", f"requirepass {PASSWORD}", f"masterauth {PASSWORD}"),
            # Else it waits for more replicas before it serves the first.
            "repl-diskless-sync-delay 0",
            *more,
        )
        if replica_of is not None:
            self.configure(f"replicaof 127.0.0.1 {replica_of.port}")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def address(self) -> StoreAddress:
        return StoreAddress("127.0.0.1", self.port)

    def variables(self, prefix: str) -> dict[str, str]:
        """What a process is told that shall use it, by the names of the settings."""
        return {
            "store_url": str(self.address),
            "store_password_file": str(self.password_file),
            "store_prefix": prefix,
            "store_seconds": str(_PATIENT_SECONDS),
            # More than a charge may then take.
            "answer_seconds": "14",
        }

    def settings(self, prefix: str, **changes: str) -> Settings:
        """The same, read; changes are named as the settings are."""
        env = {**self.variables(prefix), **changes}
        return Settings.from_env({f"PAYMENT_{name.upper()}": env[name] for name in env})

    def values(self, prefix: str) -> dict[str, Any]:
        """The same, as values of the settings."""
        read = self.settings(prefix)
        return {name: getattr(read, name) for name in self.variables(prefix)}

    def store(self) -> Store:
        return Store(self.address, self.password_file, _START_SECONDS)

    def shared(
        self,
        prefix: str,
        kept: Kept = Kept(),  # noqa: B008  # frozen
        now: Callable[[], float] | None = None,
        here: Callable[[], float] = time.monotonic,
    ) -> Shared:
        """A replica's view of it, whose own seconds `here` counts."""
        return Shared(self.store(), prefix, kept, now, here)

    def configure(self, *lines: str) -> None:
        """Adds lines to its configuration, which it reads at its start."""
        with self._config.open("a") as config:
            config.writelines(f"{line}\n" for line in lines)

    def order(self, *words: str | bytes | int) -> Any:
        """Has it do a command, whose answer is returned."""
        password = self.password_file.read_text().strip()
        with Redis(port=self.port, password=password, socket_timeout=_START_SECONDS) as redis:
            return redis.execute_command(*words)

    def start(self, *, awaited: bool = True) -> None:
        """Starts it, with what it saved if anything, on the same port.

        It answers when this returns, unless that is not awaited.
        """
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([*REDIS.command(), self._config], stdout=log)
        if awaited:
            self.await_answer()

    def await_answer(self) -> None:
        """Waits until it answers."""

        def answers() -> bool:
            # A new one each time: it has never been lost yet.
            store = self.store()
            try:
                return bool(store.ask(lambda redis: redis.ping()))
            except StoreLostError:
                return False
            finally:
                store.close()

        eventually(answers, within=_START_SECONDS)

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Ends it as a failed node would, with all that it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
