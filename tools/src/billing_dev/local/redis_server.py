"""A Redis on this machine, for tests and benchmarks, that they may kill and start again."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

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


class RedisServer:
    """A Redis on a free port of loopback that keeps nothing on disk and wants a password."""

    def __init__(self, folder: Path, *, also_at: str = "") -> None:
        """Takes one more address, of this machine's, at which others find it."""
        self.port = free_port()
        self.password_file = folder / "store-password"
        self.password_file.write_text(f"{PASSWORD}\n")
        self._folder = folder
        self._config = folder / "redis.conf"
        self._config.write_text(
            f"bind 127.0.0.1 {also_at}\nport {self.port}\ndir {folder}\n"
            f'save ""\nappendonly no\nrequirepass {PASSWORD}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def address(self) -> StoreAddress:
        return StoreAddress("127.0.0.1", self.port)

    def settings(self, prefix: str, **changes: str) -> Settings:
        """What a replica is told that shall use it."""
        env = {
            "PAYMENT_STORE_URL": str(self.address),
            "PAYMENT_STORE_PASSWORD_FILE": str(self.password_file),
            "PAYMENT_STORE_PREFIX": prefix,
        }
        return Settings.from_env({**env, **changes})

    def store(self) -> Store:
        return Store(self.address, self.password_file)

    def shared(
        self,
        prefix: str,
        kept: Kept = Kept(),  # noqa: B008  # frozen
        now: Callable[[], float] | None = None,
    ) -> Shared:
        """A replica's view of it."""
        return Shared(self.store(), prefix, kept, now)

    def start(self) -> None:
        """Starts it, empty, on the same port; it answers when this returns."""
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([*REDIS.command(), self._config], stdout=log)
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
