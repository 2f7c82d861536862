"""Reads what the ledgers say: that of the control API, and that of the logs."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integration.payment_service.told import Sums
from support.payment.control import Control


def totals(control: Control) -> Sums:
    """All totals of a ledger, page by page."""
    rows: Sums = {}
    path = "/v1/ledger?limit=2"
    while path:
        page = control.get(path)
        rows.update(map(_row, page["totals"]))
        path = f"/v1/ledger?limit=2&after={quote(page['next'])}" if "next" in page else ""
    return rows


def of_log(path: Path) -> Sums:
    """The totals that the command makes of a log."""
    command = [sys.executable, "-m", "payment_service", "ledger", "--json", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    return dict(map(_row, json.loads(done.stdout)["totals"]))


def charge_count(sums: Sums) -> int:
    """How many charges these are."""
    return sum(number for side in sums.values() for number, _ in side.values())


def _row(row: dict[str, Any]) -> tuple[tuple[int, str], dict[str, tuple[int, Decimal]]]:
    sides = {
        outcome: (row[outcome]["count"], Decimal(row[outcome]["amount"]))
        for outcome in ("accepted", "declined")
    }
    return (row["customer_id"], row["currency"] or ""), sides
