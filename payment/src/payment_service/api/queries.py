"""Reads what a caller wants of the records: the filters and limits of a query string."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from payment_service.cashier.records import CallOutcome
from payment_service.profile.values import INSTANT, LONGEST_CURRENCY
from payment_service.state.records import Filter, Holder
from payment_service.text import whole_numbers
from payment_service.text.mistakes import Mistake, MistakesError

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
LONGEST_TEXT = 400

_AMOUNT = r"[0-9]{1,310}(\.[0-9]{1,400})?"
_MOST_PARAMETERS = 100
_HOLDER = rf"[1-9][0-9]{{0,18}} [\s\S]{{0,{LONGEST_CURRENCY}}}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a request."""

    name: str
    means: str
    schema: Mapping[str, object]
    """Its JSON Schema."""
    wanted: str
    """What it has to be, for who sent something else."""
    read: Callable[[str], Any]
    """Reads it; raises ValueError."""


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which page of the totals a caller wants."""

    after: Holder | None
    """The last row of the page before; None for the first page."""
    limit: int
    """How many rows at most."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a caller wants of the records."""

    wanted: Filter
    limit: int
    """How many at most."""


def read_query(query: str, known: tuple[Parameter, ...]) -> Query:
    """Reads a query string; raises MistakesError with every parameter that is wrong."""
    values = _values(query, known)
    limit = values.pop("limit", DEFAULT_LIMIT)
    return Query(Filter(**values), limit)


def read_ledger_query(query: str) -> LedgerQuery:
    """Reads the query string for a page of the totals; raises MistakesError like `read_query`."""
    values = _values(query, OF_LEDGER)
    return LedgerQuery(values.get("after"), values.get("limit", LARGEST_LIMIT))


def cursor_of(holder: Holder) -> str:
    """Returns how a row of totals is named in `after` and `next`."""
    return f"{holder[0]} {holder[1]}"


def _values(query: str, known: tuple[Parameter, ...]) -> dict[str, Any]:
    parameters = {parameter.name: parameter for parameter in known}
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, text in _pairs(query):
        parameter = parameters.get(name)
        if parameter is None:
            names = ", ".join(parameters)
            mistakes.append(Mistake.of(name[:40], f"no such parameter; there are {names}"))
        elif name in values:
            mistakes.append(Mistake.of(name, "stands there twice"))
        else:
            values[name] = None
            try:
                values[name] = parameter.read(text)
            except ValueError:
                mistakes.append(Mistake.of(name, f"{text[:40]!r} is not {parameter.wanted}"))
    if mistakes:
        raise MistakesError(mistakes)
    return values


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        detail = f"the query is not UTF-8, or has more than {_MOST_PARAMETERS} parameters"
        raise MistakesError([Mistake.of("", detail)]) from None


def _whole(name: str, means: str, least: int, most: int) -> Parameter:
    def read(text: str) -> int:
        number = whole_numbers.read(text, least, most)
        if number is None:
            raise ValueError(text)
        return number

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, means, schema, f"a whole number from {least} to {most}", read)


def _text(name: str, means: str) -> Parameter:
    def read(text: str) -> str:
        if len(text) > LONGEST_TEXT:
            raise ValueError(text)
        return text

    schema = {"type": "string", "maxLength": LONGEST_TEXT}
    return Parameter(name, means, schema, f"a text of at most {LONGEST_TEXT} characters", read)


def _outcome(*outcomes: str) -> Parameter:
    def read(text: str) -> str:
        if text not in outcomes:
            raise ValueError(text)
        return text

    schema = {"enum": [str(outcome) for outcome in outcomes]}
    wanted = f"one of {', '.join(outcomes)}"
    return Parameter("outcome", "What it came to.", schema, wanted, read)


def _instant(name: str, means: str) -> Parameter:
    def read(text: str) -> float:
        if not re.fullmatch(INSTANT, text):
            raise ValueError(text)
        return datetime.fromisoformat(text).timestamp()

    schema = {"type": "string", "format": "date-time", "pattern": f"^{INSTANT}$"}
    return Parameter(name, means, schema, "a time such as 2026-01-01T00:00:00Z", read)


def _holder(text: str) -> Holder:
    if not re.fullmatch(_HOLDER, text):
        raise ValueError(text)
    customer_id, _, currency = text.partition(" ")
    return int(customer_id), currency


def _amount(text: str) -> Decimal:
    if not re.fullmatch(_AMOUNT, text):
        raise ValueError(text)
    return Decimal(text)


_OF_ALL = (
    _whole("customer_id", "Id of the customer.", 1, whole_numbers.LARGEST),
    _text("currency", "Code of the currency; empty: none was named."),
    Parameter(
        "amount",
        "The amount, however many zeros end it.",
        {"type": "string", "pattern": f"^{_AMOUNT}$"},
        "an amount such as 181.50",
        _amount,
    ),
    _text("reason", "Why it was declined or refused."),
    _text("fault", "Name of the rule or fault that spoiled the reply."),
    _text("charge_id", "Id of the charge."),
    _text("replica", "Name of the process that took it."),
    _instant("since", "The first time that is wanted."),
    _instant("until", "The first time that is not wanted any more."),
)
_LIMIT = _whole("limit", f"How many at most; {DEFAULT_LIMIT} if left out.", 1, LARGEST_LIMIT)
OF_BOOKINGS = (*_OF_ALL, _outcome(CallOutcome.ACCEPTED, CallOutcome.DECLINED), _LIMIT)
OF_CALLS = (
    *_OF_ALL,
    _outcome(*CallOutcome),
    _whole("status", "HTTP status of the answer.", 100, 599),
    _text("request_id", "Id of the request."),
    _text("idempotency_key", "The key that it was sent with."),
)
OF_JOURNAL = (*OF_CALLS, _LIMIT)
OF_LEDGER = (
    Parameter(
        "after",
        "`next` of the page before.",
        {"type": "string", "pattern": f"^{_HOLDER}$"},
        "the `next` of an answer",
        _holder,
    ),
    _whole("limit", f"How many rows at most; {LARGEST_LIMIT} if left out.", 1, LARGEST_LIMIT),
)
