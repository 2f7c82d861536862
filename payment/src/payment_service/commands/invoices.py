"""Reads the invoices of Antaeus: from its own REST interface, or from a file of its answer."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from payment_service.outcome.charges import amount_in
from payment_service.text import strict_json
from payment_service.text.mistakes import MistakesError

INVOICES_PATH = "/rest/v1/invoices"
WAIT_SECONDS = 10.0
PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a customer owes, or no longer owes."""

    id: int
    customer_id: int
    amount: Decimal
    currency: str
    paid: bool


def read_invoices(place: str) -> list[Invoice]:
    """Returns all invoices; `place` is Antaeus' URL, or a file. Raises MistakesError."""
    address = urlsplit(place)
    is_url = address.scheme in ("http", "https")
    raw = _download(place, address.path) if is_url else _content(place)
    try:
        document = strict_json.parse(raw)
        if not isinstance(document, list):
            raise ValueError("it is no list")
        return [_invoice(member) for member in document]
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        message = f"{place}: no list of invoices such as GET {INVOICES_PATH} gives: {error}"
        raise MistakesError([message]) from None


def _download(url: str, path: str) -> bytes:
    whole = url if path.strip("/") else url.rstrip("/") + INVOICES_PATH
    try:
        with urllib.request.urlopen(whole, timeout=WAIT_SECONDS) as page:  # noqa: S310 - http(s)
            return bytes(page.read())
    except (OSError, HTTPException, ValueError) as error:
        raise MistakesError([f"{whole}: {error}"]) from None


def _content(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise MistakesError([f"{name}: {error.strerror}"]) from None


def _amount(value: object) -> Decimal:
    amount = amount_in(value)
    if amount is None:
        raise ValueError(f"{value} is no amount")
    return amount


def _invoice(document: dict[str, dict[str, str]]) -> Invoice:
    amount = document["amount"]
    return Invoice(
        int(str(document["id"])),
        int(str(document["customerId"])),
        _amount(amount["value"]),
        str(amount["currency"]),
        str(document["status"]) == PAID,
    )
