"""Runs the programs of the project's own environment, from the root of the tree."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from billing_dev.tree import ROOT

BIN = Path(sys.executable).parent

Command = Sequence[str | Path]


def run(command: Command) -> int:
    """Runs one in the open; returns its exit code."""
    program, *arguments = command
    return subprocess.run([BIN / program, *arguments], cwd=ROOT, check=False).returncode


def run_captured(command: Command, *before: str) -> tuple[int, str]:
    """The same unseen; returns what it printed as well.

    Args:
        before: what it is run by, such as nice.
    """
    program, *arguments = command
    done = subprocess.run(
        [*before, BIN / program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def run_aside(command: Command) -> tuple[int, str]:
    """The same when nothing else waits for a CPU."""
    return run_captured(command, "nice", "-n", "10")
