"""Compares what Antaeus holds for PAID with what was charged."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from payment_service.commands.invoices import Invoice
from payment_service.state.records import Booking

NAMELESS = ""
"""The currency of a charge that names none, as those of one known build of Antaeus do."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one side has and the other has not."""

    charged_not_paid: list[Booking]
    paid_not_charged: list[Invoice]

    @property
    def agrees(self) -> bool:
        return not (self.charged_not_paid or self.paid_not_charged)


def compare(
    invoices: Iterable[Invoice], charges: Iterable[Booking], paid_at_start: Collection[int] = ()
) -> Difference:
    """Returns what is left once each PAID invoice has taken one accepted charge.

    Customer, amount and currency have to be the same; a charge that names no currency goes with
    any. A charge call names no invoice, so which of several alike is the one too many cannot be
    told: those that nothing went wrong with are taken first, then the earliest. `paid_at_start`
    are the ids of invoices for which nobody ever was charged.
    """
    open_charges: dict[tuple[int, Decimal, str], list[Booking]] = defaultdict(list)
    for charge in sorted(charges, key=_least_likely_first):
        if charge.accepted:
            open_charges[charge.customer_id, charge.amount, charge.currency].append(charge)
    paid = [one for one in invoices if one.paid and one.id not in paid_at_start]
    # First all that are sure, then the nameless: those must not take a charge from another.
    unmatched = [one for one in paid if not _take(open_charges, one, one.currency)]
    unmatched = [one for one in unmatched if not _take(open_charges, one, NAMELESS)]
    left = [charge for alike in open_charges.values() for charge in alike]
    return Difference(sorted(left, key=lambda charge: charge.time), unmatched)


def _least_likely_first(charge: Booking) -> tuple[bool, float]:
    """Sorts so that the last one is most likely the one that an invoice was paid by."""
    troubled = charge.duplicate_of is not None or charge.fault is not None
    return not troubled, -charge.time


def _take(
    charges: dict[tuple[int, Decimal, str], list[Booking]], invoice: Invoice, currency: str
) -> bool:
    alike = charges.get((invoice.customer_id, invoice.amount, currency))
    if not alike:
        return False
    alike.pop()
    return True
