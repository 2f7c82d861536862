"""`payment-service reconcile`: whether what is PAID in Antaeus and what was charged agree."""

from collections.abc import Collection, Sequence

from payment_service.commands.invoices import read_invoices
from payment_service.commands.log_lines import Logged, read_logs
from payment_service.commands.lost_lines import Lost
from payment_service.commands.matching import Difference, compare
from payment_service.commands.printing import (
    lines_document,
    lost_text,
    say,
    say_json,
    table,
    warn_of_lines,
)
from payment_service.outcome.charges import canonical


def run(
    files: Sequence[str], invoices_at: str, paid_at_start: Collection[int], *, as_json: bool
) -> int:
    """Prints the differences; returns 0 if there are none, else 1. Raises MistakesError.

    1 as well if a charge may be missing in the logs, so that nobody knows.
    """
    logged = read_logs(files)
    invoices = read_invoices(invoices_at)
    difference = compare(invoices, logged.charges.values(), paid_at_start)
    if as_json:
        say_json(_document(difference, logged))
    else:
        say(_text(difference, logged.lost))
        warn_of_lines(logged)
    return 0 if difference.agrees and logged.complete else 1


def _text(difference: Difference, lost: Lost) -> str:
    parts = [lost_text(lost)] if lost.charges else []
    if difference.agrees:
        of_log = ", as far as the log tells," if lost.charges else ""
        parts.append(f"what is PAID and what was charged{of_log} agree")
    if difference.charged_not_paid:
        head = ("CUSTOMER", "CURRENCY", "AMOUNT", "CHARGE", "REPLY SPOILED BY", "DUPLICATE OF")
        charges = [
            (
                *(str(charge.customer_id), charge.currency or "-", canonical(charge.amount)),
                *(charge.charge_id, charge.fault or "-", charge.duplicate_of or "-"),
            )
            for charge in difference.charged_not_paid
        ]
        title = f"charged, but not PAID: {len(charges)}"
        parts.append(f"{title}\n{table(head, charges, right=['AMOUNT'])}")
    if difference.paid_not_charged:
        short = ("CUSTOMER", "CURRENCY", "AMOUNT", "INVOICE")
        invoices = [
            (str(one.customer_id), one.currency, canonical(one.amount), str(one.id))
            for one in difference.paid_not_charged
        ]
        title = f"PAID, but not charged: {len(invoices)}"
        parts.append(f"{title}\n{table(short, invoices, right=['AMOUNT'])}")
    return "\n\n".join(parts)


def _document(difference: Difference, logged: Logged) -> dict[str, object]:
    return {
        "agrees": difference.agrees,
        "charged_not_paid": [
            {
                "charge_id": charge.charge_id,
                "customer_id": charge.customer_id,
                "currency": charge.currency or None,
                "amount": canonical(charge.amount),
                "fault": charge.fault,
                "duplicate_of": charge.duplicate_of,
            }
            for charge in difference.charged_not_paid
        ],
        "paid_not_charged": [
            {
                "invoice": one.id,
                "customer_id": one.customer_id,
                "currency": one.currency,
                "amount": canonical(one.amount),
            }
            for one in difference.paid_not_charged
        ],
        "lost": logged.lost.as_json(),
        "read": lines_document(logged),
    }
