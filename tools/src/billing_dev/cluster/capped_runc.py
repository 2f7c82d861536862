"""Runs runc on a machine whose kernel withholds capabilities from every process.

There `docker run --privileged` fails, because Docker asks for all capabilities and runc cannot
grant those outside the bounding set. Registered with dockerd as its runtime, this strikes what
cannot be had from the request and hands it on. It is copied to where dockerd finds it, so it
imports nothing from this package.
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

# In the order of the kernel's bits (linux/capability.h).
_NAMES = """
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
PERFMON BPF CHECKPOINT_RESTORE
"""


def withheld(process_status: str, last_capability: int) -> set[str]:
    """Returns the capabilities that the kernel knows and the bounding set lacks."""
    line = next(line for line in process_status.splitlines() if line.startswith("CapBnd:"))
    bounding = int(line.split()[1], 16)
    known = enumerate(_NAMES.split()[: last_capability + 1])
    return {f"CAP_{name}" for bit, name in known if not bounding >> bit & 1}


def withheld_here() -> set[str]:
    """Returns what this very machine withholds."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return withheld(Path("/proc/self/status").read_text(), last)


def strike(process: dict[str, Any], missing: set[str]) -> None:
    """Takes out of a process' description (OCI) what asks for a missing capability."""
    for kind, names in (process.get("capabilities") or {}).items():
        process["capabilities"][kind] = [name for name in names if name not in missing]
    if "CAP_SYS_RESOURCE" in missing:
        process.pop("rlimits", None)  # raising a limit needs it


def _rewrite(path: Path, missing: set[str]) -> None:
    document = json.loads(path.read_text())
    # A bundle describes a container with a process in it; `exec` hands over the process alone.
    strike(document.get("process", document), missing)
    path.write_text(json.dumps(document))


def main(arguments: list[str], missing: set[str]) -> None:
    for option, value in pairwise(arguments):
        if option == "--bundle":
            _rewrite(Path(value) / "config.json", missing)
        elif option == "--process":
            _rewrite(Path(value), missing)
    os.execvp("runc", ["runc", *arguments])  # noqa: S606 - this very process becomes runc


if __name__ == "__main__":
    main(sys.argv[1:], withheld_here())
