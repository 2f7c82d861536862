"""Where both services listen on this machine, and what stands in their way there."""

import errno
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_dev.ports import free_port_above, listener_of

_HIGHEST_PORT = 65535
_PORTS = {
    "PAYMENT_PORT": ("payment's charges", 9000),
    "PAYMENT_OPS_PORT": ("payment's operations", 9001),
    "ANTAEUS_PORT": ("Antaeus' stand-in", 8000),
}
_CONTROL = "PAYMENT_CONTROL_PORT"


class LocalError(Exception):
    """One of the two did not start, or ended by itself; the text is for a person."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where both listen, and the folder of their files."""

    folder: Path
    payment: int
    ops: int
    antaeus: int
    control: int | None = None
    host: str = "127.0.0.1"
    """Payment's; Antaeus' stand-in listens on all addresses."""

    @classmethod
    def from_env(cls, env: Mapping[str, str], folder: Path) -> "Places":
        """The usual ports, or those that the services' own variables name."""
        names = [*_PORTS, _CONTROL]
        texts = {name: str(usual) for name, (_, usual) in _PORTS.items()}
        texts |= {name: env[name] for name in names if name in env}
        ports = {name: int(text) for name, text in texts.items() if text.isdecimal()}
        if texts.keys() != ports.keys() or max(ports.values()) > _HIGHEST_PORT:
            raise LocalError(f"{', '.join(names)} must be numbers from 0 to {_HIGHEST_PORT}")
        payment, ops, antaeus = (ports[name] for name in _PORTS)
        # The token is known to everybody, so nobody from outside is let in.
        host = env.get("PAYMENT_HOST", "127.0.0.1")
        return cls(folder, payment, ops, antaeus, ports.get(_CONTROL), host)

    @property
    def profile(self) -> Path:
        return self.folder / "profile/profile.json"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def taken(self, listener: Callable[[int], str | None] = listener_of) -> Iterator[str]:
        """A sentence for each port that is taken, with who has it where that can be seen.

        Args:
            listener: who listens on a port; None where that is unknown.
        """
        what = {name: text for name, (text, _) in _PORTS.items()} | {_CONTROL: "payment's control"}
        ports = (self.payment, self.ops, self.antaeus, self.control)
        for name, port in zip(what, ports, strict=True):
            host = "" if name == "ANTAEUS_PORT" else self.host
            if port and _is_taken(host, port):
                yield (
                    f"port {port}, of {what[name]}, is taken by {listener(port) or 'somebody'}: "
                    f"end that, or choose another by {name}={free_port_above(port)} make local"
                )


def _is_taken(host: str, port: int) -> bool:
    both = host in ("", "::") and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family, dualstack_ipv6=both).close()
    except OSError as refused:
        # What else may be wrong with an address, payment says in its own words.
        return refused.errno == errno.EADDRINUSE
    return False
