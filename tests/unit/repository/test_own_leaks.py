import os
import subprocess
import sys
from pathlib import Path

import own_leaks

LEAKING = """
import socket
import pytest

class Circle:
    def __init__(self):
        self.socket, self.itself = socket.socket(), self

@pytest.fixture
def clumsy():
    yield Circle()

def test_it_leaks_and_passes(): Circle()
def test_after_one_that_passed(): pass
def test_it_leaks_and_fails():
    left = Circle()
    assert not left
def test_after_one_that_failed(): pass
def test_its_fixture_leaks(clumsy): pass
def test_after_a_fixture(): pass
"""


def test_a_test_pays_for_what_it_leaves_open_and_the_next_does_not(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    (tmp_path / "conftest.py").write_text("from own_leaks import own_leaks\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", tmp_path],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(own_leaks.__file__).parent),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    summary = done.stdout.partition("short test summary")[2]
    told = [line.partition("::")[2].split()[0] for line in summary.splitlines() if "::" in line]
    assert set(told) == {
        "test_it_leaks_and_passes",
        "test_it_leaks_and_fails",
        "test_its_fixture_leaks",
    }
    assert "1 failed, 5 passed, 3 errors" in summary
    assert "unclosed <socket" in done.stdout
