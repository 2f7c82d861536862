"""What the two services answer, once it has been read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from billing_operator.apps import invoice_ids
from billing_operator.apps.sums import (
    NOTHING,
    Sum,
    Sums,
    accepted_sums,
    count_of,
    currency_of,
    one_more,
    price_of,
)

# Nothing else is a word that a status should repeat, nor are so many.
_REASON = re.compile(r"[A-Z][A-Za-z]{0,39}").fullmatch
_MOST_REASONS, _OTHER = 15, "Other"
_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Counts:
    """Antaeus' invoices at one moment.

    Attributes:
        paid_ids: of those that are paid, as `invoice_ids` writes them; None where they are not
            known.
        paid_sums: of those that are paid, by currency; None where an amount is not known.
    """

    paid: int
    pending: int
    paid_ids: str | None = None
    paid_sums: Sums | None = None

    @property
    def total(self) -> int:
        """All invoices."""
        return self.paid + self.pending


def count(listed: object) -> Counts:
    """Counts what Antaeus answers on /rest/v1/invoices; raises ValueError where it is no list."""
    if not isinstance(listed, list) or not all(
        isinstance(each, dict) and "status" in each for each in listed
    ):
        raise ValueError("Antaeus answered with no list of invoices")
    paid = [each for each in listed if each["status"] == "PAID"]
    return Counts(len(paid), len(listed) - len(paid), _ids(paid), _sums(paid))


def _ids(invoices: list[dict[str, Any]]) -> str | None:
    ids = [each.get("id") for each in invoices]
    numbers = {each for each in ids if type(each) is int and 0 <= each < 2**63}
    # Of two with one id, nobody could tell which was forgotten.
    return invoice_ids.written(numbers) if len(numbers) == len(ids) else None


def _sums(invoices: list[dict[str, Any]]) -> Sums | None:
    sums: dict[str, Sum] = {}
    for each in invoices:
        amount = each.get("amount")
        if not isinstance(amount, dict):
            return None
        currency, value = currency_of(amount.get("currency")), amount.get("value")
        # Of one that was read as a float, what stood there is what it is written as.
        exact = price_of(value) if isinstance(value, int | float | Decimal) else None
        if currency is None or exact is None:
            return None
        sums[currency] = one_more(sums.get(currency, NOTHING), exact)
    return sums


@dataclass(frozen=True, slots=True)
class Calls:
    """What one payment pod tells of the charge calls that it got.

    Attributes:
        taken: so many since it started, whatever became of them.
        held: so many whose reply is still to leave.
        refused: so many since it started that it did not come to decide on, by reason.
    """

    taken: int
    held: int
    refused: tuple[tuple[str, int], ...] = ()


def most_frequent(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Counts by reason, the highest first; more than are worth telling are told as one."""
    known = {reason: min(count, _MOST) for reason, count in counts.items() if count > 0}
    named = [each for each in known.items() if _REASON(each[0]) and each[0] != _OTHER]
    ranked = sorted(named, key=lambda each: (-each[1], each[0]))[:_MOST_REASONS]
    rest = min(_MOST, sum(known.values()) - sum(count for _, count in ranked))
    return (*ranked, (_OTHER, rest)) if rest else tuple(ranked)


class Totals(NamedTuple):
    """What one payment process has accepted since it started.

    Attributes:
        doubles: so many charges that it accepted shortly after one alike that was accepted, too.
    """

    sums: Sums
    doubles: int = 0


def totals(answer: object) -> Totals | None:
    """What payment tells of it; None where it tells nothing that it could have counted."""
    if not isinstance(answer, dict):
        return None
    sums, doubles = accepted_sums(answer.get("currencies")), answer.get("doubles", 0)
    if sums is None or type(doubles) is not int:
        return None
    # A double is an accepted charge.
    return Totals(sums, doubles) if 0 <= doubles <= count_of(sums) else None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which tokens a pod takes charges with, by their ids.

    Attributes:
        ids: None stands for a token without one.
        everything: whether it asks for no token at all.
    """

    ids: frozenset[str | None] = frozenset()
    everything: bool = False

    def takes(self, *ids: str | None) -> bool:
        """Whether a charge with any of these tokens is taken."""
        return self.everything or self.ids.issuperset(ids)

    def takes_only(self, token_id: str | None) -> bool:
        """Whether no other token opens it."""
        return self.everything or self.ids == {token_id}


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """What one pod tells.

    Attributes:
        digest: SHA-256 of the profile that it answers by.
        refused: SHA-256 of a newer one that it does not take; None where there is none.
        mistakes: what is wrong with that, in payment's own words.
        accepted: which tokens it takes; None for a payment of a version that does not tell.
    """

    digest: str
    refused: str | None = None
    mistakes: tuple[str, ...] = ()
    accepted: Accepted | None = None
