"""Notices a test that asks a port of this machine which somebody else may be using."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOOPBACK = ("127.", "::1", "localhost")
_asked: list[str] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and str(address[0]).startswith(_LOOPBACK):
        host, port = address[:2]
        if 0 < port < _first_of_nobody():
            _asked.append(f"{host}:{port}")


def _first_of_nobody() -> int:
    # From there on the kernel gives ports to who asks for any; what is below has a name somewhere.
    return int(_RANGE.read_text().split()[0])


@contextmanager
def asking_nobody_else() -> Iterator[None]:
    """Fails if a port of this machine is asked which the kernel gives to nobody by itself.

    Port 0 is nobody's, so a test that wants no answer asks there.
    """
    _asked.clear()
    yield
    asked = ", ".join(_asked)
    _asked.clear()
    assert not asked, f"{asked}: take a free port, or port 0 where nobody shall answer"


# It stays until the process ends; there is no way to take one out.
sys.addaudithook(_audit)
