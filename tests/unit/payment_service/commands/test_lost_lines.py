"""Logs that say of themselves that lines are missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from payment_service.cashier.losses import LostLines
from support.cases import cases
from support.payment.logged import Commands, a_line, a_log, a_record


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def lost(*records: object) -> str:
    """The line that tells of lines that were lost about these."""
    losses = LostLines()
    for record in records:
        losses.add(record, 0)
    return json.dumps({"event": "log_lines_lost", **losses.fields()}) + "\n"


def invoices(folder: Path) -> str:
    """Antaeus' side: one invoice of customer 1 is paid."""
    amount = {"value": 181.5, "currency": "USD"}
    invoice = {"id": 1, "customerId": 1, "amount": amount, "status": "PAID"}
    (folder / "invoices.json").write_text(json.dumps([invoice]))
    return str(folder / "invoices.json")


MISSING = (
    "the log is incomplete: 4 charges are missing, in 5 lost lines\n"
    "CURRENCY  ACCEPTED  AMOUNT  DECLINED  (AMOUNT)\n"
    "-                0       0         1         2\n"
    "USD              2     0.3         0         0\n"
    "the amounts of 1 accepted and 0 declined ones are unknown\n"
)


@pytest.fixture
def log(tmp_path: Path) -> str:
    """A log with one charge, and two losses, one of which stands in it twice."""
    nameless = a_record("2", currency="", outcome="declined")
    one = lost(a_record("0.1"), nameless, None, a_record(currency="x" * 99))
    return a_log(tmp_path, [a_line("a"), one, one, lost(a_record("0.2"))])


def test_the_ledger_says_what_is_missing_and_that_it_is_not_all(
    commands: Commands, log: str
) -> None:
    assert commands.run("ledger", log) == 1
    assert f"\n\n{MISSING}\n1 charges in 4 lines of 1 files; 1 lines repeated" in commands.out
    assert commands.err == ""


def test_reconcile_says_what_is_missing_and_agrees_to_nothing(
    tmp_path: Path, commands: Commands, log: str
) -> None:
    assert commands.run("reconcile", "--invoices", invoices(tmp_path), log) == 1
    assert commands.out == (
        f"{MISSING}\nwhat is PAID and what was charged, as far as the log tells, agree\n"
    )


def test_machines_are_told_of_it_too(tmp_path: Path, commands: Commands, log: str) -> None:
    def side(count: int, amount: str) -> dict[str, Any]:
        return {"count": count, "amount": amount}

    wanted = {
        "lines": 5,
        "charges": 4,
        "totals": [
            {"currency": None, "accepted": side(0, "0"), "declined": side(1, "2")},
            {"currency": "USD", "accepted": side(2, "0.3"), "declined": side(0, "0")},
        ],
        "without_amounts": {"accepted": 1, "declined": 0},
    }
    assert commands.json("ledger", log)["lost"] == wanted
    words = ("reconcile", "--invoices", invoices(tmp_path), log)
    assert commands.json(*words)["lost"] == wanted
    assert commands.run(*words, "--json") == 1


def test_lost_lines_that_were_no_charges_make_no_difference(
    tmp_path: Path, commands: Commands
) -> None:
    log = a_log(tmp_path, [a_line("a"), lost(None, a_record(outcome="refused"))])

    assert commands.run("reconcile", "--invoices", invoices(tmp_path), log) == 0
    assert commands.out == "what is PAID and what was charged agree\n"
    assert commands.err == "2 lines were lost, none of them of a charge\n"


GOOD: dict[str, Any] = json.loads(lost(a_record(currency="x" * 99), a_record("1")))


@pytest.mark.parametrize(
    ("change", "why"),
    cases(
        "with {0} it says that {1}",
        [
            ({"loss_id": None}, "loss_id is missing"),
            ({"lines": "2"}, "lines is no count"),
            ({"lines": -1}, "lines is no count"),
            ({"charges": {}}, "charges is no list"),
            ({"charges": [1]}, "no object"),
            ({"charges": [{**GOOD["charges"][0], "currency": 7}]}, "currency is no text"),
            ({"charges": [{**GOOD["charges"][0], "accepted": 7}]}, "no object"),
            ({"charges": [{**GOOD["charges"][0], "accepted": {"count": 1}}]}, "no amount"),
            (
                {"charges": [{**GOOD["charges"][0], "accepted": {"count": 1, "amount": "1e9"}}]},
                "no amount",
            ),
            ({"without_amounts": {"accepted": 1}}, "declined is no count"),
        ],
    ),
)
def test_a_broken_line_about_losses_is_a_bad_one(
    tmp_path: Path, commands: Commands, change: dict[str, Any], why: str
) -> None:
    log = a_log(tmp_path, [json.dumps(GOOD | change) + "\n", lost(a_record("1"))])

    assert commands.run("ledger", log) == 1
    assert why in commands.err
    assert commands.json("ledger", log)["lost"]["charges"] == 1


def test_sums_that_cannot_be_exact_are_a_bad_line_and_no_traceback(
    tmp_path: Path, commands: Commands
) -> None:
    log = a_log(tmp_path, [lost(a_record("1e300")), lost(a_record("1e-700"))])

    assert commands.run("ledger", log) == 1
    assert "too many digits" in commands.err
