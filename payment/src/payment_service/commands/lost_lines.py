"""What log lines tell of others that were lost: how many charges are missing, and their sums."""

import re
from dataclasses import dataclass, field
from decimal import Decimal, Inexact

from payment_service.outcome.charges import canonical
from payment_service.state.ledger import EXACTLY
from payment_service.state.records import Sum, Total
from payment_service.text import strict_json, whole_numbers

LOST = "log_lines_lost"

_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(slots=True)
class Lost:
    """What is missing in the logs, as far as they know it."""

    lines: int = 0
    totals: dict[str, Total] = field(default_factory=dict)
    """By currency; an empty one stands for none."""
    without_amounts: tuple[int, int] = (0, 0)
    """How many accepted and how many declined charges are in none of the totals."""

    @property
    def charges(self) -> int:
        """How many counted charges are missing."""
        counted = (total.accepted.count + total.declined.count for total in self.totals.values())
        return sum(self.without_amounts) + sum(counted)

    @classmethod
    def from_json(cls, document: dict[str, object]) -> "Lost":
        """Takes what one line tells; raises ValueError where it is broken."""
        rows = document.get("charges")
        if not isinstance(rows, list):
            raise ValueError("charges is no list")
        lost = cls(_count(document, "lines"))
        for row in rows:
            currency = _member(row, "currency")
            if currency is not None and not _is_text(currency):
                raise ValueError("currency is no text")
            total = Total(_sum(_member(row, "accepted")), _sum(_member(row, "declined")))
            lost.totals[str(currency or "")] = total
        if (rest := document.get("without_amounts")) is not None:
            lost.without_amounts = (_count(rest, "accepted"), _count(rest, "declined"))
        return lost

    def add(self, other: "Lost") -> None:
        """Adds what another line tells; raises ValueError, and adds nothing, if a sum won't do."""
        totals = dict(self.totals)
        for currency, more in other.totals.items():
            before = totals.get(currency, Total())
            totals[currency] = Total(
                _added(before.accepted, more.accepted), _added(before.declined, more.declined)
            )
        self.totals = totals
        self.lines += other.lines
        accepted, declined = self.without_amounts
        self.without_amounts = (
            accepted + other.without_amounts[0],
            declined + other.without_amounts[1],
        )

    def as_json(self) -> dict[str, object]:
        """Returns it for machines."""
        accepted, declined = self.without_amounts
        return {
            "lines": self.lines,
            "charges": self.charges,
            "totals": [
                {
                    "currency": currency or None,
                    "accepted": side_as_json(total.accepted),
                    "declined": side_as_json(total.declined),
                }
                for currency, total in sorted(self.totals.items())
            ],
            "without_amounts": {"accepted": accepted, "declined": declined},
        }


def side_as_json(side: Sum) -> dict[str, object]:
    """Returns a sum for machines."""
    return {"count": side.count, "amount": canonical(side.amount)}


def _added(one: Sum, other: Sum) -> Sum:
    try:
        return Sum(one.count + other.count, EXACTLY.add(one.amount, other.amount))
    except Inexact:
        raise ValueError("the sum of what was lost has too many digits") from None


def _member(document: object, key: str) -> object:
    if not isinstance(document, dict):
        raise ValueError(f"what should have {key} is no object")
    return document.get(key)


def _count(document: object, key: str) -> int:
    number = _member(document, key)
    count = None
    if isinstance(number, strict_json.Number):
        count = whole_numbers.read(number, 0, whole_numbers.LARGEST)
    if count is None:
        raise ValueError(f"{key} is no count")
    return count


def _sum(document: object) -> Sum:
    amount = _member(document, "amount")
    text = str(amount) if _is_text(amount) else ""
    if len(text) > EXACTLY.prec or not _AMOUNT.fullmatch(text):
        raise ValueError("amount is no amount")
    return Sum(_count(document, "count"), Decimal(text))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, strict_json.Number)
