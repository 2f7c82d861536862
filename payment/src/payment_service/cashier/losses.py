"""What is known of log lines that were lost: how many, and what the charges among them come to."""

from decimal import Inexact

from payment_service.cashier.records import CallOutcome, ChargeRecord
from payment_service.ids import new_charge_id
from payment_service.outcome.charges import canonical
from payment_service.profile.values import LONGEST_CURRENCY
from payment_service.state.ledger import EXACTLY
from payment_service.state.records import Sum
from payment_service.text.currencies import KNOWN
from payment_service.text.timestamps import timestamp

MOST_CURRENCIES = 100
"""Besides those that exist. Of charges in longer codes, or in one too many, the number alone is
kept."""

_COUNTED = {CallOutcome.ACCEPTED: True, CallOutcome.DECLINED: False}


class LostLines:
    """Lost lines, with exact sums of the counted charges among them, by currency and outcome.

    Its caller holds a lock.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._since = self._until = 0.0
        self._sums: dict[tuple[str, bool], Sum] = {}
        """By currency, and whether the charges were accepted."""
        self._currencies: set[str] = set()
        self._without_amounts = {True: 0, False: 0}
        """The charges in no sum, by whether they were accepted."""

    def add(self, about: object, at: float) -> None:
        """Counts one more; `about` is its record if it is a charge's, `at` is since 1970."""
        self._span(1, at, at)
        if isinstance(about, ChargeRecord) and about.charge is not None:
            accepted = _COUNTED.get(about.outcome)
            if accepted is not None:
                self._enter(about.charge.currency, accepted, Sum(1, about.charge.amount))

    def take_back(self, others: "LostLines") -> None:
        """Counts those of others as well."""
        self._span(others.lines, others._since, others._until)
        for (currency, accepted), part in others._sums.items():
            self._enter(currency, accepted, part)
        for accepted, count in others._without_amounts.items():
            self._without_amounts[accepted] += count

    def fields(self) -> dict[str, object]:
        """Returns what a log line tells of them."""
        fields = {
            # Of a log that stands in two files, nothing is to count twice.
            "loss_id": new_charge_id(),
            "lines": self.lines,
            "since": timestamp(self._since),
            "until": timestamp(self._until),
            "charges": [self._row(currency) for currency in sorted(self._currencies)],
        }
        if any(self._without_amounts.values()):
            accepted, declined = self._without_amounts[True], self._without_amounts[False]
            fields["without_amounts"] = {"accepted": accepted, "declined": declined}
        return fields

    def _row(self, currency: str) -> dict[str, object]:
        accepted, declined = (_side(self._sums.get((currency, of), Sum())) for of in (True, False))
        return {"currency": currency or None, "accepted": accepted, "declined": declined}

    def _span(self, lines: int, since: float, until: float) -> None:
        self._since = min(self._since, since) if self.lines else since
        self._until = max(self._until, until)
        self.lines += lines

    def _enter(self, currency: str, accepted: bool, part: Sum) -> None:  # noqa: FBT001 - a key
        if currency in self._currencies or self._has_room_for(currency):
            before = self._sums.get((currency, accepted), Sum())
            try:
                amount = EXACTLY.add(before.amount, part.amount)
            except Inexact:
                pass
            else:
                self._currencies.add(currency)
                self._sums[currency, accepted] = Sum(before.count + part.count, amount)
                return
        self._without_amounts[accepted] += part.count

    def _has_room_for(self, currency: str) -> bool:
        # Those that exist always have room, whatever others somebody invents.
        return currency in KNOWN or (
            len(currency) <= LONGEST_CURRENCY and len(self._currencies - KNOWN) < MOST_CURRENCIES
        )


def _side(part: Sum) -> dict[str, object]:
    return {"count": part.count, "amount": canonical(part.amount)}
