"""The kinds of values that the profile's fields hold: types, ranges, and how each is told."""

import math
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from payment_service import whole_numbers
from payment_service.profile.parts import Wanted

LARGEST_COUNT = 2**31 - 1
LARGEST_AMOUNT = 1e15
LONGEST_DELAY = 3600
LONGEST_PERIOD = 30 * 86400

NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
INSTANT = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class DeclineReason(StrEnum):
    """Why a charge was declined, as a card network would say it."""

    GENERIC = "generic"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED = "expired"
    FRAUD_SUSPECTED = "fraud_suspected"
    CURRENCY_MISMATCH = "currency_mismatch"
    CUSTOMER_UNKNOWN = "customer_unknown"
    PROCESSING_ERROR = "processing_error"


class BrokenReply(StrEnum):
    """What comes over a connection in place of an answer."""

    EMPTY = "empty"
    RESET = "reset"
    TRUNCATED = "truncated"
    GARBAGE = "garbage"
    NEVER = "never"


class DuplicateMode(StrEnum):
    """What is done about a charge alike to one a moment ago."""

    REPORT = "report"
    REPLAY = "replay"
    OFF = "off"


def _one_of(kind: type[StrEnum]) -> Wanted:
    return Wanted(f"one of {', '.join(kind)}")


def _instant(found: object) -> object:
    if isinstance(found, str):
        if not re.fullmatch(INSTANT, found):
            raise ValueError(found)
        return datetime.fromisoformat(found)
    if isinstance(found, datetime) and found.tzinfo is None:  # TOML knows local times
        raise ValueError(found)
    return found


Reason = Annotated[DeclineReason, _one_of(DeclineReason)]
Reply = Annotated[BrokenReply, _one_of(BrokenReply)]
Mode = Annotated[DuplicateMode, _one_of(DuplicateMode)]
FaultStatus = Annotated[
    Literal[400, 401, 403, 409, 429, 500, 502, 503, 504],
    Wanted("one of 400, 401, 403, 409, 429, 500, 502, 503, 504"),
]
Rate = Annotated[
    float,
    Field(ge=0, le=1, strict=True),
    AfterValidator(math.fabs),  # -0.0 is a zero, and is shown as one
    Wanted("a number from 0 to 1"),
]
Seed = Annotated[
    int,
    Field(ge=0, le=whole_numbers.LARGEST, strict=True),
    Wanted(f"a whole number from 0 to {whole_numbers.LARGEST}"),
]
Customer = Annotated[
    int,
    Field(ge=1, le=whole_numbers.LARGEST, strict=True),
    Wanted(f"a whole number from 1 to {whole_numbers.LARGEST}"),
]
Currency = Annotated[
    str, Field(max_length=64, strict=True), Wanted("a text of at most 64 characters")
]
Name = Annotated[
    str,
    Field(pattern=NAME_PATTERN, strict=True),
    Wanted("a name of at most 63 small letters, digits and hyphens, no hyphen at either end"),
]
Amount = Annotated[
    float,
    Field(ge=0, le=LARGEST_AMOUNT, strict=True),
    Wanted(f"a number from 0 to {LARGEST_AMOUNT:g}"),
]
Percent = Annotated[float, Field(ge=0, le=100, strict=True), Wanted("a number from 0 to 100")]
Count = Annotated[
    int,
    Field(ge=1, le=LARGEST_COUNT, strict=True),
    Wanted(f"a whole number from 1 to {LARGEST_COUNT}"),
]
CountFromZero = Annotated[
    int,
    Field(ge=0, le=LARGEST_COUNT, strict=True),
    Wanted(f"a whole number from 0 to {LARGEST_COUNT}"),
]
Delay = Annotated[
    float,
    Field(ge=0, le=LONGEST_DELAY, strict=True),
    Wanted(f"a number of seconds from 0 to {LONGEST_DELAY}"),
]
DelayAboveZero = Annotated[
    float,
    Field(gt=0, le=LONGEST_DELAY, strict=True),
    Wanted(f"a number of seconds above 0, at most {LONGEST_DELAY}"),
]
Sigma = Annotated[float, Field(ge=0, le=10, strict=True), Wanted("a number from 0 to 10")]
PerSecond = Annotated[
    float, Field(gt=0, le=1e6, strict=True), Wanted("a number above 0, at most 1000000")
]
RetryAfter = Annotated[
    int, Field(ge=0, le=86400, strict=True), Wanted("a whole number of seconds from 0 to 86400")
]
Period = Annotated[
    int,
    Field(ge=1, le=LONGEST_PERIOD, strict=True),
    Wanted(f"a whole number of seconds from 1 to {LONGEST_PERIOD}"),
]
Lifetime = Annotated[
    float,
    Field(gt=0, le=LONGEST_PERIOD, strict=True),
    Wanted(f"a number of seconds above 0, at most {LONGEST_PERIOD}"),
]
Flag = Annotated[bool, Field(strict=True), Wanted("true or false")]
Yes = Annotated[Literal[True], Wanted("true")]
Instant: TypeAlias = Annotated[
    datetime,
    Field(strict=True),
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{INSTANT}$"}),
    Wanted("a time with its offset from UTC, such as 2026-01-01T00:00:00Z"),
]
