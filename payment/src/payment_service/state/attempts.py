"""Counts how often the same charge was tried, since Antaeus does not say."""

import threading
from collections import OrderedDict
from decimal import Decimal

from payment_service.charging.charges import Charge


class Attempts:
    """The attempts of this process, by customer, amount and currency.

    Only the `kept` charges that were tried last are remembered; one that was forgotten starts
    again at 1, as all do when the process ends.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._counts: OrderedDict[tuple[int, Decimal, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def next(self, charge: Charge) -> int:
        """Counts one more attempt at this charge and returns its number, from 1."""
        key = (charge.customer_id, charge.amount, charge.currency)
        with self._lock:
            count = self._counts.pop(key, 0) + 1
            self._counts[key] = count
            if len(self._counts) > self._kept:
                self._counts.popitem(last=False)
        return count
