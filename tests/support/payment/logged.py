"""Log lines of charges as payment writes them, and its commands, run in the tests' own process."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payment_service.__main__ import main
from payment_service.cashier.records import CallOutcome, ChargeRecord, charge_line
from payment_service.outcome.charges import Charge

TIME = "2026-01-01T12:00:00.123Z"


def a_record(
    value: str = "181.50",
    *,
    outcome: str = "accepted",
    customer: int = 1,
    currency: str = "USD",
    **changes: Any,
) -> ChargeRecord:
    """What is known of a charge call."""
    record = ChargeRecord(CallOutcome(outcome), 200, True, "a-request", 0.001)  # noqa: FBT003
    record.charge = Charge(customer, Decimal(value), currency, value)
    for name, change in changes.items():
        setattr(record, name, change)
    return record


def a_line(charge_id: str | None = "a", value: str = "181.50", **changes: Any) -> str:
    """One line of payment's log, with its line feed."""
    return charge_line(a_record(value, charge_id=charge_id, **changes), TIME)


def a_log(folder: Path, lines: Iterable[str], name: str = "pod.log") -> str:
    """A file of such lines; returns its name."""
    (folder / name).write_text("".join(lines))
    return str(folder / name)


class Commands:
    """Runs `payment-service COMMAND ...` and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def run(self, *words: str) -> int:
        """Returns the exit code."""
        self._capsys.readouterr()
        code = main(words)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str) -> Any:
        """Returns what it printed for machines."""
        self.run(*words, "--json")
        return json.loads(self.out)
