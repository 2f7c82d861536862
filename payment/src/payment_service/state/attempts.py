"""Counts how often the same charge was tried, since Antaeus does not say."""

from decimal import Decimal

from payment_service.charging.charges import Charge
from payment_service.state.counts import Counts


class Attempts:
    """The attempts of this process, by customer, amount and currency.

    Only the `kept` charges that were tried last are remembered; one that was forgotten starts
    again at 1, as all do when the process ends.
    """

    def __init__(self, kept: int) -> None:
        self._counts: Counts[tuple[int, Decimal, str]] = Counts(kept)

    def next(self, charge: Charge) -> int:
        """Counts one more attempt at this charge and returns its number, from 1."""
        return self._counts.next((charge.customer_id, charge.amount, charge.currency))
