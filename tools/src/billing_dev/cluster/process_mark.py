"""Recognises a process of ours again, so that nothing else is ever ended.

A pid alone is not enough: after a reboot, or a few days, it belongs to something else.
"""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A pid, and the boot and the moment at which that process began."""

    pid: int
    boot: str
    started: int

    @classmethod
    def of(cls, pid: int) -> "ProcessMark | None":
        """Returns the mark of a living process, or None."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        state, *_ = fields = after_the_name(stat)
        if state == "Z":
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return cls(pid=pid, boot=boot, started=int(fields[19]))

    @classmethod
    def read(cls, path: Path) -> "ProcessMark | None":
        """Returns what an earlier run wrote, or None where that cannot be made out."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    def alive(self) -> bool:
        return ProcessMark.of(self.pid) == self

    def end(self, *, patience: float) -> None:
        """Asks the process to stop, and makes it stop when it has not done so in time."""
        for ask in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + patience
            if self.alive():
                os.kill(self.pid, ask)
            while self.alive() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)


def after_the_name(stat: str) -> list[str]:
    """Returns the fields of /proc/PID/stat after the name, which may itself hold brackets."""
    return stat.rpartition(")")[2].split()
