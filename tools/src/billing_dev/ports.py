"""Ports of this machine."""

import re
import socket
from contextlib import suppress
from pathlib import Path

_HIGHEST = 65535
_LISTENS = "0A"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def free_port_above(port: int) -> int:
    """The next port that nobody listens on, so that a person recognises it."""
    for number in range(port + 1, _HIGHEST + 1):
        with suppress(OSError), socket.create_server(("", number)):
            return number
    return free_port()


def listener_of(port: int, processes: Path = Path("/proc")) -> str | None:
    """The process that listens on a port, by name and pid; None where that cannot be seen.

    Args:
        processes: where Linux tells of them.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening(port, processes)}
    for link in processes.glob("[0-9]*/fd/*") if sockets else ():
        # Processes end meanwhile, and those of others are closed to us.
        with suppress(OSError):
            if str(link.readlink()) in sockets:
                process = link.parents[1]
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def _listening(port: int, processes: Path) -> set[str]:
    ports = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            # sl  local_address rem_address  st  queues timer  retransmits uid timeout inode
            rows = (line.split() for line in (processes / "net" / table).read_text().splitlines())
            ports |= {
                row[9]
                for row in rows
                if len(row) > 9
                and row[3] == _LISTENS
                and re.fullmatch(rf"[0-9A-F]+:{port:04X}", row[1])
            }
    return ports
