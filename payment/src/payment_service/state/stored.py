"""Writes records for the store and reads them again, without a loss."""

import json
from decimal import Decimal
from typing import Any, TypeVar

from payment_service.state.records import Booking, JournalEntry
from payment_service.state.values import SavedAnswer
from payment_service.text import whole_numbers

_DIGITS = len(str(whole_numbers.LARGEST))

R = TypeVar("R", Booking, JournalEntry)


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
    """Reads what `record_document` wrote; fields of a newer version are left out."""
    members: dict[str, Any] = json.loads(document)
    values = {name: members[name] for name in kind._fields if name in members}
    if "amount" in values:
        values["amount"] = Decimal(values["amount"])
    return kind(**values)


def answer_document(answer: SavedAnswer) -> str:
    """Returns an answer as JSON."""
    # Latin-1 has a character for every byte.
    return json.dumps([answer.status, answer.body.decode("latin-1"), answer.headers])


def read_answer(document: bytes) -> SavedAnswer:
    """Reads what `answer_document` wrote."""
    status, body, headers = json.loads(document)
    pairs = tuple((name, value) for name, value in headers)
    return SavedAnswer(status, body.encode("latin-1"), pairs)


def holder_text(customer_id: int, currency: str) -> str:
    """Returns the text of a customer and currency; texts have the order of what they are of."""
    return f"{customer_id:0{_DIGITS}} {currency}"


def read_holder(text: bytes) -> tuple[int, str]:
    """Reads what `holder_text` wrote, once it is in bytes."""
    customer_id, _, currency = text.partition(b" ")
    return int(customer_id), currency.decode("utf-8", "surrogatepass")
