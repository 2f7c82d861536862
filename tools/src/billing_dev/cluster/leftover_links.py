"""Removes what a Docker engine that was killed with its containers left on its bridges.

A dead container's network lives on while the kernel tries to end its connections, for minutes. Its
end on the bridge still answers by the address that the engine then gives to another container, and
connections to that one are refused every now and then.
"""

import re
import subprocess
from pathlib import Path

from billing_dev.cluster.process_mark import ProcessMark
from billing_dev.cluster.progress import say

# What Docker calls its bridges and the containers' ends on them.
_BRIDGE = re.compile(r"docker0|br-[0-9a-f]{12}")
_END = re.compile(r"veth[0-9a-f]{7}")


def remove_leftover_links() -> None:
    """Does so where no engine runs that could know them, and no container that could use them."""
    if _a_container_lives():
        return
    for link in leftover_links(Path("/sys/class/net")):
        # It may have ended by itself just now.
        gone = subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
        if gone.returncode == 0:
            say(f"    removed {link}, which a container that was killed had left on a bridge")


def leftover_links(links: Path) -> list[str]:
    """Returns the names of all links of containers to bridges of Docker, as sysfs has them."""
    return sorted(
        link.name
        for link in links.iterdir()
        if _END.fullmatch(link.name) and _BRIDGE.fullmatch((link / "master").resolve().name)
    )


def _a_container_lives() -> bool:
    """Says whether some container of Docker's has outlived its engine, as live-restore has it."""
    return any(
        b"containerd-shim" in command and b"\0moby\0" in command and ProcessMark.of(pid)
        for pid, command in _commands()
    )


def _commands() -> list[tuple[int, bytes]]:
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            commands.append((int(process.name), (process / "cmdline").read_bytes()))
        except OSError:  # it has just ended
            continue
    return commands
