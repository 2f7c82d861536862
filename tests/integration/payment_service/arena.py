"""Processes of payment that the campaign charges, reloads and kills, with or without a store."""

import json
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from uuid import uuid4

from billing_dev.local.redis_server import RedisServer
from payment_service.profile.document import content_hash
from support.payment.control import Control, with_control
from support.payment.service import ServiceProcess


class Arena:
    """The processes under attack, which stay from one run to the next."""

    def __init__(self, folder: Path, number: int, store: RedisServer | None, kills: int) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._variables = {"profile_file": str(folder / "profile.json")}
        if store is not None:
            self._variables |= store.variables(uuid4().hex)
        self._names = count()
        self.shared = store is not None
        self.kills = kills
        """How many more there may be: after each, a key may be held for half a minute."""
        self.logs: list[Path] = []
        self.write_profile(1, "Report")
        self.processes = [self._start() for _ in range(number)]

    def close(self) -> None:
        self._stack.close()

    def control(self, number: int = 0) -> Control:
        return Control(self.processes[number].control_port)

    def write_profile(self, rate: int, mode: str) -> str:
        """Writes the profile's file, as an editor or kubelet does: at once; returns its hash."""
        document = {"successRate": rate, "duplicates": {"mode": mode, "windowSeconds": 86400}}
        new = self._folder / "new.json"
        new.write_text(json.dumps(document))
        new.replace(self._folder / "profile.json")
        return content_hash(json.dumps(document).encode())

    def replace(self, number: int) -> None:
        """Starts another process in the place of one that was killed."""
        self.processes[number] = self._start()

    def _start(self) -> ServiceProcess:
        folder = self._folder / f"process-{next(self._names)}"
        folder.mkdir()
        self.logs.append(folder / "log")
        return self._stack.enter_context(
            ServiceProcess(folder, **with_control(folder), **self._variables)
        )
