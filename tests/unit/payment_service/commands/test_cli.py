"""The command line: what it costs to ask it something, and readers that go early."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.cases import cases
from support.payment.logged import a_line, a_log

# Of what serving needs, each takes a good part of a second to load on a small machine.
HEAVY = (
    "falcon",
    "prometheus_client",
    "pydantic",
    "redis",
    "waitress",
    "logging",
    "urllib.request",
)
PROGRAM = """
import sys
from payment_service.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("loaded:", *sys.modules)
"""


@pytest.mark.parametrize(
    "words",
    cases("the words are {0}", [["--version"], ["--help"], ["ledger", "--help"]]),
)
def test_a_question_about_the_program_itself_loads_nothing_that_serves(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True
    )

    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert "payment_service.commands.cli" in loaded
    assert [module for module in HEAVY if module in loaded] == []


def test_a_reader_that_goes_early_is_no_failure_to_tell_of(tmp_path: Path) -> None:
    # More than a pipe holds.
    lines = [a_line(f"id-{number}", customer=number) for number in range(1, 4001)]
    log = a_log(tmp_path, lines)
    command = [sys.executable, "-m", "payment_service", "ledger", log]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"CUSTOMER")
        process.stdout.close()

        assert process.stderr.read() == b""
        assert process.wait(30) == 141
