"""The script that a run's pod starts with: light, and it does nothing that it was not asked for."""

import subprocess
import sys
from pathlib import Path

from billing_operator.names import RUN_COMMAND

COMMAND = str(Path(sys.executable).with_name(RUN_COMMAND))
HEAVY = {"aiohttp", "asyncio", "kopf", "kubernetes", "prometheus_client", "yaml"}


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_it_loads_nothing_that_only_the_operator_needs() -> None:
    ended = run(sys.executable, "-X", "importtime", COMMAND, "--help")
    names = [line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()]
    loaded = {name.partition(".")[0] for name in names}

    assert ended.returncode == 0
    assert {"argparse", "billing_operator"} <= loaded
    assert not loaded & HEAVY


def test_to_ask_for_help_begins_no_run(tmp_path: Path) -> None:
    report = tmp_path / "termination-log"
    ended = run(COMMAND, "http://127.0.0.1:1", "--report", str(report), "--help")

    assert ended.returncode == 0
    assert ended.stdout.startswith("usage: billing-run")
    # A run writes it before all else.
    assert not report.exists()


def test_a_run_that_is_not_told_whom_to_ask_is_refused_with_its_usage() -> None:
    ended = run(COMMAND)

    assert ended.returncode == 2
    assert "usage: billing-run" in ended.stderr
