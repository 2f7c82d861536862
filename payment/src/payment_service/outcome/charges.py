"""What a charge is: reads the body of a charge call and names everything that is wrong with it."""

import math
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from payment_service.profile.values import LONGEST_CURRENCY
from payment_service.text import strict_json, whole_numbers
from payment_service.text.mistakes import MistakesError
from payment_service.text.strict_json import Number

LONGEST_VALUE = 400
"""How many characters a value may have, and how many decimal places its amount."""
MOST_WHOLE_DIGITS = 309
"""How many digits an amount has before its point at most, being smaller than 1.8e308."""

_VALUE_RULE = (
    "value must be a number that is not negative, smaller than 1.8e308, "
    f"of at most {LONGEST_VALUE} characters and, written without an exponent, "
    f"of at most {LONGEST_VALUE} decimal places"
)
_CUSTOMER_RULE = f"customer_id must be a whole number from 1 to {whole_numbers.LARGEST}"
_CURRENCY_RULE = f"currency must be a string of 1 to {LONGEST_CURRENCY} characters"


Alike = tuple[int, Decimal, str]
"""Customer, amount and currency: what two charges have in common to be alike."""


# A tuple: each call makes one, and a frozen dataclass takes nearly three times as long to make.
class Charge(NamedTuple):
    """One customer is to pay one amount."""

    customer_id: int
    amount: Decimal
    """Exact; equal amounts compare and hash alike however they were written."""
    currency: str
    """Any text of up to `LONGEST_CURRENCY` characters, for nobody has a list of all codes; empty
    when the caller could not say it."""
    value: str
    """The amount as it was written."""

    @property
    def alike(self) -> Alike:
        """What it has in common with the charges alike."""
        return self[:3]

    @property
    def fingerprint(self) -> str:
        """The same as one text, however its amount was written."""
        return fingerprint(self.customer_id, self.amount, self.currency)

    @classmethod
    def from_json(cls, raw: bytes, *, nameless_currency: bool) -> "Charge":
        """Reads a body. `nameless_currency` takes an object in place of the currency's code.

        That object is what the "pe" build of Antaeus sends; the "tinjis" build sends the code.
        Fields that are not known are ignored. Raises MistakesError.
        """
        try:
            document = strict_json.parse(raw)
        except strict_json.JsonError as error:
            raise MistakesError([f"the body is not JSON: {error}"]) from None
        if not isinstance(document, dict):
            raise MistakesError(["the body must be a JSON object"])
        customer_id = customer_in(document.get("customer_id"))
        amount = amount_in(document.get("value"))
        currency = _currency(document.get("currency"), nameless=nameless_currency)
        if customer_id is None or amount is None or currency is None:
            checks = (
                (customer_id, _CUSTOMER_RULE),
                (amount, _VALUE_RULE),
                (currency, _CURRENCY_RULE),
            )
            raise MistakesError(rule for value, rule in checks if value is None)
        return cls(customer_id, amount, currency, document["value"])


# A charge with a key is asked for it at its begin and at its end.
@lru_cache(maxsize=64)
def fingerprint(customer_id: int, amount: Decimal, currency: str) -> str:
    """Returns the one text of all charges alike: same customer, amount and currency."""
    return f"{customer_id} {canonical(amount)} {currency}"


def canonical(amount: Decimal) -> str:
    """Returns the one text of an amount: plain digits, no exponent, no zero that says nothing.

    181.50, 181.5 and 1815e-1 are all `181.5`; 1e2 is `100`; 0.00 and -0 are `0`.
    """
    plain = format(amount, "f").lstrip("-")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def customer_in(value: object) -> int | None:
    """Returns what `strict_json` read as a customer's id; None if it is none."""
    if not isinstance(value, Number):
        return None
    return whole_numbers.read(value, 1, whole_numbers.LARGEST)


def amount_in(value: object) -> Decimal | None:
    """Returns what `strict_json` read as an amount; None if it is none."""
    if not isinstance(value, Number) or len(value) > LONGEST_VALUE:
        return None
    # A double only judges the size, since that is what the callers compute with.
    if not 0 <= float(value) < math.inf:
        return None
    if ("e" in value or "E" in value) and not _fits_written_out(value):
        return None
    amount = Decimal(value)
    return amount if amount >= 0 else None


def _fits_written_out(value: Number) -> bool:
    """Says whether an amount with an exponent has no more places than one without may have."""
    digits, _, exponent = value.lower().partition("e")
    # Written out, 1e-999999999 would be a gigabyte of zeros.
    if abs(int(exponent)) > LONGEST_VALUE:
        return False
    return len(digits.partition(".")[2]) - int(exponent) <= LONGEST_VALUE


def _currency(value: object, *, nameless: bool) -> str | None:
    if isinstance(value, str) and not isinstance(value, Number):
        return value if 0 < len(value) <= LONGEST_CURRENCY else None
    return "" if nameless and isinstance(value, dict) else None
