"""The kinds of values that the profile's fields hold: types, ranges, and how each is told."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, PlainSerializer
from pydantic.json_schema import WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from payment_service.profile.parts import Wanted, flaw, quoted
from payment_service.profile.reading import TooLarge
from payment_service.text import whole_numbers

LARGEST_COUNT = 2**31 - 1
LONGEST_DELAY = 3600
LONGEST_PERIOD = 30 * 86400

# As much as Kubernetes compares exactly: its quantities have nine decimals.
AMOUNT_DIGITS, AMOUNT_DECIMALS = 15, 9
AMOUNT_PATTERN = f"^[0-9]{{1,{AMOUNT_DIGITS}}}([.][0-9]{{1,{AMOUNT_DECIMALS}}})?$"
LONGEST_AMOUNT = AMOUNT_DIGITS + 1 + AMOUNT_DECIMALS
LONGEST_CURRENCY = 64
"""In characters; of every code that there is, and of what people invent for a test."""
NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
# All that fits and is in the calendar is a time to every reader, in Python and in Kubernetes.
INSTANT = (
    "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
    "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


_AMOUNT_RULE = (
    f"a string of at most {AMOUNT_DIGITS} digits and, after a point, {AMOUNT_DECIMALS} decimals"
)


class DeclineReason(StrEnum):
    """Why a charge was declined, as a card network would say it."""

    GENERIC = "Generic"
    INSUFFICIENT_FUNDS = "InsufficientFunds"
    EXPIRED = "Expired"
    FRAUD_SUSPECTED = "FraudSuspected"
    CURRENCY_MISMATCH = "CurrencyMismatch"
    CUSTOMER_UNKNOWN = "CustomerUnknown"
    PROCESSING_ERROR = "ProcessingError"


class BrokenReply(StrEnum):
    """What comes over a connection in place of an answer."""

    EMPTY = "Empty"
    RESET = "Reset"
    TRUNCATED = "Truncated"
    GARBAGE = "Garbage"
    NEVER = "Never"


class DuplicateMode(StrEnum):
    """What is done about a charge alike to one a moment ago."""

    REPORT = "Report"
    REPLAY = "Replay"
    IGNORE = "Ignore"


@dataclass(frozen=True, slots=True)
class Range:
    """Which numbers a field takes, and so how a person is told of one that it does not.

    Both ends are included. Of an int, only whole numbers.
    """

    least: float
    most: float
    unit: str = ""
    above: bool = False
    """Whether the lower end is not included."""

    def __get_pydantic_core_schema__(self, kind: object, _: GetCoreSchemaHandler) -> CoreSchema:
        bounds: dict[str, Any] = {"gt" if self.above else "ge": self.least, "le": self.most}
        number = core_schema.int_schema if kind is int else core_schema.float_schema
        return core_schema.custom_error_schema(
            number(strict=True, **bounds),
            "wanted",
            custom_error_message=self._wanted(whole=kind is int),
        )

    def _wanted(self, *, whole: bool) -> str:
        most = f"{self.most:g}" if isinstance(self.most, float) else self.most
        end = f"above {self.least}, at most" if self.above else f"from {self.least} to"
        return f"a {'whole ' if whole else ''}number{self.unit} {end} {most}"


def _one_of(kind: type[StrEnum]) -> Wanted:
    return Wanted(f"one of {', '.join(kind)}")


def _amount(value: object) -> Decimal:
    if isinstance(value, Decimal):  # of a part that was made in Python
        return value
    if isinstance(value, str) and re.fullmatch(AMOUNT_PATTERN, value):
        return Decimal(value)
    if isinstance(value, int | float | TooLarge) and not isinstance(value, bool):
        raise flaw(f'{quoted(value)} is a number; write it as a string, such as "12.50"')
    raise flaw(f'{quoted(value)} is not an amount such as "12.50": {_AMOUNT_RULE}')


def _instant(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(INSTANT, value):
            raise ValueError(value)
        return datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:  # TOML knows local times
        raise ValueError(value)
    return value


Reason = Annotated[DeclineReason, _one_of(DeclineReason)]
Reply = Annotated[BrokenReply, _one_of(BrokenReply)]
Mode = Annotated[DuplicateMode, _one_of(DuplicateMode)]
FaultStatus = Annotated[
    Literal[400, 401, 403, 409, 429, 500, 502, 503, 504],
    Wanted("one of 400, 401, 403, 409, 429, 500, 502, 503, 504"),
]
Rate = Annotated[float, Range(0, 1), AfterValidator(math.fabs)]  # -0.0 is shown as a zero
Seed = Annotated[int, Range(0, whole_numbers.LARGEST)]
Customer = Annotated[int, Range(1, whole_numbers.LARGEST)]
Currency = Annotated[
    str,
    Field(max_length=LONGEST_CURRENCY, strict=True),
    Wanted(f"a text of at most {LONGEST_CURRENCY} characters"),
]
Name = Annotated[
    str,
    Field(pattern=NAME_PATTERN, max_length=63, strict=True),
    Wanted("a name of at most 63 small letters, digits and hyphens, no hyphen at either end"),
]
Amount: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_amount),
    # Never with an exponent, which str() gives to small ones, and which is no amount when read.
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": AMOUNT_PATTERN, "maxLength": LONGEST_AMOUNT}),
]
"""An amount of money, written as a string: a number of JSON is read as a double, which rounds."""
Percent = Annotated[float, Range(0, 100)]
Count = Annotated[int, Range(1, LARGEST_COUNT)]
CountFromZero = Annotated[int, Range(0, LARGEST_COUNT)]
Delay = Annotated[float, Range(0, LONGEST_DELAY, " of seconds")]
DelayAboveZero = Annotated[float, Range(0, LONGEST_DELAY, " of seconds", above=True)]
Sigma = Annotated[float, Range(0, 10)]
PerSecond = Annotated[float, Range(0, 1_000_000, above=True)]
RetryAfter = Annotated[int, Range(0, 86400, " of seconds")]
Period = Annotated[int, Range(1, LONGEST_PERIOD, " of seconds")]
Lifetime = Annotated[float, Range(0, LONGEST_PERIOD, " of seconds", above=True)]
Flag = Annotated[bool, Field(strict=True), Wanted("true or false")]
Yes = Annotated[Literal[True], Wanted("true")]
Instant: TypeAlias = Annotated[
    datetime,
    Field(strict=True),
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{INSTANT}$"}),
    Wanted("a time with its offset from UTC, such as 2026-01-01T00:00:00Z"),
]
