"""What the charge port takes and tells: the one list from which its OpenAPI is made."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from pydantic.json_schema import WithJsonSchema

from payment_service.api.charge_resources import KEY_PATTERN, LARGEST_ATTEMPT
from payment_service.api.openapi import Interface, Operation, ResponseDoc
from payment_service.api.queries import Parameter
from payment_service.cashier.records import Reason
from payment_service.cashier.replies import RequestCode
from payment_service.outcome.charges import LONGEST_VALUE
from payment_service.profile.parts import Maybe
from payment_service.profile.values import LONGEST_CURRENCY
from payment_service.text import whole_numbers


@with_config(ConfigDict(extra="allow"))
@dataclass(frozen=True, slots=True)
class ChargeCall:
    """A charge; other members are ignored."""

    customer_id: Annotated[int, Field(ge=1, le=whole_numbers.LARGEST)]
    currency: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_CURRENCY,
            description="Its code; where no token is required, also an object.",
        ),
    ]
    value: Annotated[
        float,
        Field(
            ge=0,
            description="The amount, taken exactly as written, "
            f"with at most {LONGEST_VALUE} characters and decimal places.",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a charge; all but the result only with `Prefer: return=representation`."""

    result: Literal["true", "false"]
    charge_id: Maybe[str] = None
    attempt: Maybe[int] = None
    reason: Annotated[str | None, Field(description="Why it was declined.")] = None
    duplicate_of: Annotated[str | None, Field(description="Id of an earlier charge alike.")] = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why no charge was made, or that nothing is known of it."""

    result: Literal["false"]
    error: str
    code: Annotated[
        str,
        WithJsonSchema({"type": "string", "enum": sorted((*Reason, *RequestCode))}),
        Field(description="The reason for a machine; the journal and the log have the same."),
    ]


@dataclass(frozen=True, slots=True)
class Alive:
    """That it serves."""

    alive: Literal["true"]


@dataclass(frozen=True, slots=True)
class Ping:
    """That it answers."""

    ping: Literal["pong"]


def _text(name: str, means: str, pattern: str | None = None) -> Parameter:
    schema = {"type": "string"} | ({} if pattern is None else {"pattern": pattern})
    return Parameter(name, means, schema, "", str)


_HEADERS = (
    Parameter(
        "X-Charge-Attempt",
        "Which attempt at this charge it is; else the process counts.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_ATTEMPT},
        "",
        int,
    ),
    _text(
        "Idempotency-Key",
        "The same key and charge get the same answer.",
        f"^{KEY_PATTERN}$",
    ),
    _text("X-Request-Id", "Appears in the log, if it is up to 128 letters, digits and . _ : -"),
    _text("Prefer", "return=representation: more than the result."),
)
_REFUSED = {
    400: ResponseDoc("It is no such charge; every mistake is named. Or no such request.", Refused),
    401: ResponseDoc("A fault of the profile.", Refused),
    403: ResponseDoc("X-Token is missing or wrong.", Refused),
    405: ResponseDoc("Another method.", Refused, headers=("Allow",)),
    408: ResponseDoc("It was not complete in time.", Refused),
    409: ResponseDoc(
        "A call with this key, or a charge alike, is in flight.", Refused, headers=("Retry-After",)
    ),
    413: ResponseDoc("The body is too large.", Refused),
    415: ResponseDoc(
        "The body is no JSON, or in a content coding.", Refused, headers=("Accept-Encoding",)
    ),
    417: ResponseDoc("Expect is not 100-continue.", Refused),
    422: ResponseDoc("The key was used for another charge.", Refused),
    429: ResponseDoc("Over the limits of the profile.", Refused, headers=("Retry-After",)),
    431: ResponseDoc("The head is too large.", Refused),
    500: ResponseDoc("The service failed, or a fault of the profile.", Refused),
    501: ResponseDoc("The transfer coding is unknown.", Refused),
    502: ResponseDoc("A fault of the profile.", Refused),
    503: ResponseDoc(
        "The store cannot be used, no more replies can be deferred, too much is held of "
        "unfinished requests, or a fault of the profile.",
        Refused,
        headers=("Retry-After",),
    ),
    504: ResponseDoc("A fault of the profile.", Refused),
    505: ResponseDoc("The version of HTTP is another one.", Refused),
}
_BELOW = {status: _REFUSED[status] for status in (400, 405, 408, 413, 417, 431, 501, 503, 505)}
_DECIDED = ResponseDoc(
    "It was decided.",
    Decided,
    headers=("Decline-Reason", "Duplicate-Of", "Idempotent-Replayed", "Preference-Applied"),
)


def _charge(path: str) -> Operation:
    return Operation(
        "POST", path, "Charge", {200: _DECIDED} | _REFUSED, headers=_HEADERS, body=ChargeCall
    )


def _fixed(path: str, summary: str, body: type | None) -> Operation:
    answers = {200: ResponseDoc("Always.", body)} | _BELOW
    return Operation("GET", path, summary, answers, open_to_all=True)


INTERFACE = Interface(
    "Charges of payment-service",
    "Takes charges and accepts or declines them, as its profile says.",
    (
        _charge("/"),
        _charge("/api/v1/charge"),
        _fixed("/health", "Whether it serves", Alive),
        _fixed("/ping", "Whether it answers", Ping),
        _fixed("/openapi.json", "This document", None),
    ),
    {"type": "apiKey", "in": "header", "name": "X-Token"},
)
