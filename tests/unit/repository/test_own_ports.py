import os
import socket
import subprocess
import sys
from pathlib import Path

import own_ports

TESTS = """
import socket
from contextlib import suppress
import pytest

def test_it_asks(): socket.create_connection(("127.0.0.1", 9001), timeout=1)
def test_it_asks_by_name(): socket.create_connection(("localhost", 80), timeout=1)
def test_it_listens(): socket.create_server(("", 8000))
def test_it_hides_that_it_asks():
    with suppress(Exception):
        socket.create_connection(("::1", 9001), timeout=1)
def test_it_takes_a_free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname()).close()
"""


def test_a_test_that_uses_a_well_known_port_fails(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text("from own_ports import own_ports\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(own_ports.__file__).parent),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    summary = done.stdout.partition("short test summary")[2]
    told = {line.partition("::")[2].split()[0] for line in summary.splitlines() if "::" in line}
    assert told == {
        "test_it_asks",
        "test_it_asks_by_name",
        "test_it_listens",
        "test_it_hides_that_it_asks",
    }
    assert "to port 9001 of 127.0.0.1: a test takes a port from free_port()" in done.stdout


def test_what_the_system_gives_away_is_no_well_known_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own_ports.KnownPorts().hear("socket.connect", (None, listener.getsockname()))
