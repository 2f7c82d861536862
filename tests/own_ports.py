"""Keeps tests from well-known ports of this machine, which may be somebody else's."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_LOWEST = 32768
_OWN = ("", "0.0.0.0", "127.0.0.1", "localhost", "::", "::1")  # noqa: S104 - to be refused
_EVENTS = ("socket.connect", "socket.bind")


class KnownPorts:
    """Hears of each address that this process connects to or binds."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        # Ports that the system gives away are above; no other is free on every machine.
        self._lowest = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else _USUAL_LOWEST

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """As sys.addaudithook wants it."""
        if event not in _EVENTS or not isinstance(arguments[1], tuple):
            return
        host, port = arguments[1][:2]
        if host in _OWN and 0 < int(port) < self._lowest:
            self.refused.append(f"{event} to port {port} of {host or 'every address'}")
            raise AssertionError(f"{self.refused[-1]}: a test takes a port from free_port()")


_KNOWN_PORTS = KnownPorts()
sys.addaudithook(_KNOWN_PORTS.hear)


@pytest.fixture(autouse=True)
def own_ports() -> Iterator[None]:
    """Fails a test that used such a port, even where the code under test made light of it."""
    _KNOWN_PORTS.refused.clear()
    yield
    assert _KNOWN_PORTS.refused == []
