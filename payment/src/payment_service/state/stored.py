"""Writes records for the store and reads them again, without a loss.

What is read may be of another version of this service, so its shape is looked at before it is used.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any, TypeVar

from payment_service.state.records import Booking, Holder, JournalEntry, Sum, Total
from payment_service.state.values import Earlier, SavedAnswer
from payment_service.text import whole_numbers

_DIGITS = len(str(whole_numbers.LARGEST))

R = TypeVar("R", Booking, JournalEntry)


class UnreadableError(Exception):
    """Raised for what is not as this version writes it."""


def record_document(record: Booking | JournalEntry) -> str:
    """Returns a record as JSON, without the fields that are None."""
    return json.dumps(
        {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in zip(record._fields, record, strict=True)
            if value is not None
        }
    )


def read_record(kind: type[R], document: bytes) -> R:
    """Reads what `record_document` wrote; fields of a newer version are left out.

    Raises UnreadableError.
    """
    members = _json(document)
    if not isinstance(members, dict):
        raise UnreadableError
    values: dict[str, Any] = {}
    for name in kind._fields:
        value = members.get(name)
        if value is not None:
            values[name] = _READERS.get(name, _text)(value)
        elif name not in kind._field_defaults:
            raise UnreadableError
    return kind(**values)


def answer_document(answer: SavedAnswer) -> str:
    """Returns an answer as JSON."""
    # Latin-1 has a character for every byte.
    return json.dumps([answer.status, answer.body.decode("latin-1"), answer.headers])


def read_answer(document: bytes) -> SavedAnswer:
    """Reads what `answer_document` wrote; raises UnreadableError."""
    try:
        status, body, headers = _json(document)
        pairs = tuple((name, value) for name, value in headers)
        saved = SavedAnswer(HTTPStatus(status).value, body.encode("latin-1"), pairs)
    except (AttributeError, TypeError, ValueError):
        raise UnreadableError from None
    if status < HTTPStatus.OK or not all(_is_header(*pair) for pair in pairs):
        raise UnreadableError
    return saved


def read_earlier(row: list[bytes]) -> Earlier:
    """Reads what the script says of a charge that came before; raises UnreadableError."""
    charge_id, outcome, reason, seconds_ago = (_utf_8(part) for part in row)
    # Both become headers of an answer.
    if not _VISIBLE.fullmatch(charge_id) or (reason and not _VISIBLE.fullmatch(reason)):
        raise UnreadableError
    accepted = outcome == "accepted" if outcome else None
    return Earlier(charge_id, accepted, float(seconds_ago), reason or None)


def read_fault(row: list[bytes]) -> tuple[str, str, float | None, str]:
    """Reads what the script says of a fault: name, document, seconds left and id of its setting.

    Raises UnreadableError.
    """
    name, document, left, setting = (_utf_8(part) for part in row)
    return name, document, float(left) if left else None, setting


def read_total(row: list[bytes]) -> tuple[Holder, Total]:
    """Reads what the script says of a row of totals; raises UnreadableError."""
    holder, accepted, accepted_sum, declined, declined_sum = row
    total = Total(
        accepted=Sum(int(accepted), Decimal(accepted_sum.decode())),
        declined=Sum(int(declined), Decimal(declined_sum.decode())),
    )
    return read_holder(holder), total


def holder_text(customer_id: int, currency: str) -> str:
    """Returns the text of a customer and currency; texts have the order of what they are of."""
    return f"{customer_id:0{_DIGITS}} {currency}"


def read_holder(text: bytes) -> tuple[int, str]:
    """Reads what `holder_text` wrote, once it is in bytes; raises UnreadableError."""
    customer_id, space, currency = _utf_8(text).partition(" ")
    number = whole_numbers.read(customer_id, 1, whole_numbers.LARGEST)
    if number is None or not space:
        raise UnreadableError
    return number, currency


def _json(document: bytes) -> Any:
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        raise UnreadableError from None


def _utf_8(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError from None


def _is_header(name: object, value: object) -> bool:
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and _HEADER_NAME.fullmatch(name) is not None
        and (not value or _VISIBLE.fullmatch(value) is not None)
    )


def _text(value: object) -> str:
    # Half of a pair of surrogates could not be shown to anybody.
    if not isinstance(value, str) or not (value.isascii() or _is_whole(value)):
        raise UnreadableError
    return value


def _is_whole(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnreadableError
    return value


def _number(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise UnreadableError
        return value

    return read


def _time(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= value < _END_OF_TIME:  # type: ignore[operator]
        raise UnreadableError
    return float(value)  # type: ignore[arg-type]


def _amount(value: object) -> Decimal:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise UnreadableError
    return Decimal(value)


_END_OF_TIME = 253_402_300_800
"""The year 10,000, which no date can be in."""
_AMOUNT = re.compile(r"[0-9]{1,1000}(\.[0-9]{1,1000})?([eE][+-]?[0-9]{1,3})?")
_VISIBLE = re.compile(r"[\x20-\x7e]{1,1000}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_READERS: dict[str, Callable[[object], object]] = {
    "accepted": _flag,
    "amount": _amount,
    "attempt": _number(1, whole_numbers.LARGEST),
    "customer_id": _number(1, whole_numbers.LARGEST),
    "status": _number(100, 599),
    "time": _time,
}
