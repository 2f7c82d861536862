"""`payment-service ledger FILE...`: totals from log lines, also those of pods that are gone."""

import sys
from collections.abc import Iterable, Sequence

from payment_service.commands.log_lines import Logged, read_logs
from payment_service.commands.lost_lines import side_as_json
from payment_service.commands.printing import (
    lines_document,
    lost_text,
    say,
    say_json,
    side_cells,
    table,
    warn_of_lines,
)
from payment_service.outcome.charges import canonical
from payment_service.state.ledger import Ledger
from payment_service.state.records import Booking, Total

Rows = list[tuple[tuple[int, str], Total]]


def run(files: Sequence[str], *, as_json: bool) -> int:
    """Prints the totals; returns 0, or 1 if a charge may be missing. Raises MistakesError."""
    logged = read_logs(files)
    rows = _totals(logged.charges.values())
    if as_json:
        say_json(_document(rows, logged))
    else:
        say(_text(rows, logged))
        warn_of_lines(logged)
    return 0 if logged.complete else 1


def _totals(charges: Iterable[Booking]) -> Rows:
    ledger = Ledger(kept=sys.maxsize)
    for charge in charges:
        ledger.book(charge)
    return sorted(ledger.totals().rows.items())


def _duplicates(logged: Logged) -> list[Booking]:
    duplicates = [charge for charge in logged.charges.values() if charge.duplicate_of]
    return sorted(duplicates, key=lambda charge: charge.time)


def _text(rows: Rows, logged: Logged) -> str:
    head = ("CUSTOMER", "CURRENCY", "ACCEPTED", "AMOUNT", "DECLINED", "(AMOUNT)")
    cells = [
        (str(customer), currency or "-", *side_cells(total.accepted), *side_cells(total.declined))
        for (customer, currency), total in rows
    ]
    parts = [table(head, cells, right=head[2:])]
    if duplicates := _duplicates(logged):
        names = ("CHARGE", "DUPLICATE OF", "CUSTOMER", "CURRENCY", "AMOUNT", "OUTCOME")
        alike = [
            (
                *(charge.charge_id, charge.duplicate_of or "", str(charge.customer_id)),
                *(charge.currency or "-", canonical(charge.amount), charge.outcome),
            )
            for charge in duplicates
        ]
        parts.append(table(names, alike, right=["AMOUNT"]))
    if logged.lost.charges:
        parts.append(lost_text(logged.lost))
    parts.append(
        f"{len(logged.charges)} charges in {logged.lines} lines of {logged.files} files; "
        f"{logged.repeated} lines repeated one, {logged.bad} were bad"
    )
    return "\n\n".join(parts)


def _document(rows: Rows, logged: Logged) -> dict[str, object]:
    return {
        "totals": [
            {
                "customer_id": customer,
                "currency": currency or None,
                "accepted": side_as_json(total.accepted),
                "declined": side_as_json(total.declined),
            }
            for (customer, currency), total in rows
        ],
        "duplicates": [
            {
                "charge_id": charge.charge_id,
                "duplicate_of": charge.duplicate_of,
                "customer_id": charge.customer_id,
                "currency": charge.currency or None,
                "amount": canonical(charge.amount),
                "outcome": charge.outcome,
            }
            for charge in _duplicates(logged)
        ],
        "lost": logged.lost.as_json(),
        "read": lines_document(logged),
    }
