"""Counts and exact sums of charges by currency, and how a status writes them."""

import re
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import NamedTuple

from billing_operator.kinds import Manifest

MOST_CURRENCIES = 32
"""Of those that a status tells apart; all others are one, `OTHER`."""
MOST_CHARGES = 10**12
"""Of one process and currency; far more than any can take, and no sum of them is too long."""
OTHER = "other"
"""Stands for currencies that are not told apart; to add up their amounts would mean nothing."""
_LONGEST = 64  # characters of an amount in a status
_CODE = re.compile("[A-Z]{3}")
# Far more than any invoice has, so that no sum gets too long.
_MOST_WHOLE_DIGITS = 18
_MOST_PLACES = 12


class Sum(NamedTuple):
    """So many charges of one currency, and what they come to."""

    charges: int
    amount: Decimal


# Wide enough for more of the longest amounts than anybody can count, and never rounds.
_EXACTLY = Context(prec=100, traps=[Inexact])

Sums = Mapping[str, Sum]
"""By currency."""
NOTHING = Sum(0, Decimal(0))


def plus(one: Sums, other: Sums) -> Sums:
    """Returns both together."""
    return _each(one, other, 1)


def minus(one: Sums, other: Sums) -> Sums:
    """Returns what one has more than the other."""
    return _each(one, other, -1)


def one_more(before: Sum, amount: Decimal) -> Sum:
    """Returns a sum and one charge more."""
    return Sum(before.charges + 1, _EXACTLY.add(before.amount, amount))


def count_of(sums: Sums) -> int:
    """Returns how many charges there are, of whatever currency."""
    return sum(each.charges for each in sums.values())


def as_status(sums: Sums) -> list[Manifest]:
    """Returns sums as a status writes them, by currency."""
    names = sorted(sums, key=lambda name: (name == OTHER, name))
    if len(names) > MOST_CURRENCIES:
        kept = {name: sums[name] for name in names[: MOST_CURRENCIES - 1]}
        rest = sum(sums[name].charges for name in names[MOST_CURRENCIES - 1 :])
        return as_status(kept | {OTHER: Sum(rest, Decimal(0))})
    return [
        {"currency": name, "count": sums[name].charges, "amount": f"{sums[name].amount:f}"}
        for name in names
    ]


def of_status(written: object) -> Sums | None:
    """Returns what a status wrote; None where it is not what `as_status` writes."""
    if not isinstance(written, list):
        return None
    sums: dict[str, Sum] = {}
    for each in written:
        known = _of_one(each)
        if known is None or known[0] in sums:
            return None
        sums[known[0]] = known[1]
    return sums


def amount_of(text: object) -> Decimal | None:
    """Returns an amount that somebody wrote as text; None for anything else, and for too long."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    # An exponent would make a short text a long number.
    return amount if amount.is_finite() and abs(amount.adjusted()) < _LONGEST else None


def price_of(value: object) -> Decimal | None:
    """Returns an amount that a service told; None for what nobody pays: negative, or too long."""
    amount = amount_of(str(value))
    if amount is None or amount < 0:
        return None
    amount = _EXACTLY.normalize(amount)
    places = -int(amount.as_tuple().exponent)
    return amount if amount.adjusted() < _MOST_WHOLE_DIGITS and places <= _MOST_PLACES else None


def currency_of(name: object) -> str | None:
    """Returns the code of a currency that a service told, or `OTHER` for any other text."""
    if not isinstance(name, str):
        return None
    return name if _CODE.fullmatch(name) else OTHER


def accepted_sums(rows: object) -> Sums | None:
    """Returns the sums that payment told; None where they are none that it could have counted."""
    sums = of_status(rows)
    if sums is None or len(sums) > MOST_CURRENCIES:
        return None
    sound = all(0 <= each.charges <= MOST_CHARGES and each.amount >= 0 for each in sums.values())
    return sums if sound and all(currency_of(name) == name for name in sums) else None


def _of_one(each: object) -> tuple[str, Sum] | None:
    if not isinstance(each, dict):
        return None
    name, count, amount = each.get("currency"), each.get("count"), amount_of(each.get("amount"))
    if not isinstance(name, str) or type(count) is not int or amount is None:
        return None
    return name, Sum(count, amount)


def _each(one: Sums, other: Sums, sign: int) -> Sums:
    sums: dict[str, Sum] = {}
    for name in (*one, *other):
        first, second = one.get(name, NOTHING), other.get(name, NOTHING)
        count = first.charges + sign * second.charges
        amount = _EXACTLY.add(first.amount, sign * second.amount)
        if count or amount:
            sums[name] = Sum(count, amount)
    return sums
