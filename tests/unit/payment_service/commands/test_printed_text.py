"""Text from outside in what the commands print: it forges nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from payment_service.commands.printing import table
from support.payment.logged import Commands, a_line, a_log

RED = "\x1b[31m"
FORGED = "USD\n9       USD       900  999999"
RED_SEEN = r"\x1b[31m\u202eDSU"
SEEN = r"USD\n9" + r"\x20" * 6 + " USD" + r"\x20" * 6 + r" 900\x20 999999"


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_no_row_of_the_ledger_can_be_forged(tmp_path: Path, commands: Commands) -> None:
    lines = [
        a_line("a", "1", currency=FORGED),
        a_line("b", "2", currency=f"{RED}\u202eDSU", duplicate_of=f"{RED}\r"),
    ]

    assert commands.run("ledger", a_log(tmp_path, lines)) == 0

    assert commands.out.splitlines() == [
        f"CUSTOMER  {'CURRENCY'.ljust(len(SEEN))}  ACCEPTED  AMOUNT  DECLINED  (AMOUNT)",
        f"1         {RED_SEEN.ljust(len(SEEN))}         1       2         0         0",
        f"1         {SEEN}         1       1         0         0",
        "",
        "CHARGE  DUPLICATE OF  CUSTOMER  CURRENCY           AMOUNT  OUTCOME",
        r"b       \x1b[31m\r    1         \x1b[31m\u202eDSU       2  accepted",
        "",
        "2 charges in 2 lines of 1 files; 0 lines repeated one, 0 were bad",
    ]


def test_no_row_of_a_reconciliation_can_be_forged(tmp_path: Path, commands: Commands) -> None:
    amount = {"value": 1, "currency": FORGED}
    invoice = {"id": 1, "customerId": 1, "amount": amount, "status": "PAID"}
    (tmp_path / "invoices.json").write_text(json.dumps([invoice]))
    log = a_log(tmp_path, [a_line("a", "1", currency=FORGED, customer=2, fault=RED)])

    words = ("reconcile", "--invoices", str(tmp_path / "invoices.json"), log)
    assert commands.run(*words) == 1

    assert commands.out.isascii()
    assert len(commands.out.splitlines()) == 7
    assert "\x1b" not in commands.out
    assert commands.out.count(SEEN) == 2
    assert commands.json(*words)["charged_not_paid"][0]["currency"] == FORGED
    assert commands.out.isascii()
    assert "\x1b" not in commands.out


def test_what_is_wrong_with_a_line_or_a_file_is_one_line(
    tmp_path: Path, commands: Commands
) -> None:
    log = a_log(tmp_path, [a_line("a")[:90], "\n"], f"pod{RED}\n.log")
    gone = f"gone{RED}\n"

    assert commands.run("ledger", log) == 1
    assert commands.err.splitlines()[0].startswith(rf"{tmp_path}/pod\x1b[31m\n.log:1: ")
    assert len(commands.err.splitlines()) == 2
    assert commands.run("ledger", gone) == 2
    assert commands.err == "payment-service:\n  gone\\x1b[31m\\n: No such file or directory\n"


def test_mistakes_of_a_profile_are_a_line_each(tmp_path: Path, commands: Commands) -> None:
    path = tmp_path / f"profile{RED}.json"
    path.write_text(json.dumps({"successRate": 1, f"x{RED}\n  forged": 1}))

    assert commands.run("profile", "check", str(path)) == 1
    assert len(commands.err.splitlines()) == 1
    assert "\x1b" not in commands.err

    path.write_text('{"successRate": 1}')
    assert commands.run("profile", "check", str(path)) == 0
    assert commands.out == rf"{tmp_path}/profile\x1b[31m.json: a good profile" + "\n"


def test_words_and_variables_that_are_repeated_forge_nothing_either() -> None:
    command = [sys.executable, "-m", "payment_service"]
    for words, env in (([f"--x{RED}\n"], {}), ([], {f"PAYMENT_X{RED}\n": "1"})):
        done = subprocess.run(
            [*command, *words], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert r"\x1b[31m\n" in done.stderr
        assert "\x1b" not in done.stderr


def test_what_the_terminal_has_no_characters_for_is_no_reason_to_fail(tmp_path: Path) -> None:
    log = a_log(tmp_path, [a_line("a", "1", currency="\u65e5\u672c")])
    done = subprocess.run(
        [sys.executable, "-m", "payment_service", "ledger", log],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert rb"\u65e5\u672c" in done.stdout


def test_wide_characters_leave_the_columns_where_they_are() -> None:
    assert table(("A", "B"), [("\u65e5\u672c", "1"), ("x", "22")], right=["B"]) == (
        "A      B\n\u65e5\u672c   1\nx     22"
    )
