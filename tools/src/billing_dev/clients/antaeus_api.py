"""Speaks to Antaeus, the original or the stand-in, for the demo and the tests."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

# Reading is quick; a pay call takes as long as all of its charges.
_READ_SECONDS = 10.0
_PAY_SECONDS = 600.0
# All that it says besides 200: its answers to those are a text, or a text in JSON.
_FAILURES = (404, 500)

Said = TypeVar("Said", str, bool, list[Any])


class AntaeusError(Exception):
    """Antaeus answered with a status that is not 200; a failed pay call is a 500."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(f"{path} answered {status}")
        self.status = status


class NotAntaeusError(AntaeusError):
    """Somebody else answered, such as a proxy or another pod at an address that was Antaeus'."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as Antaeus shows it; customer and value are what a charge carries."""

    id: int
    customer_id: int
    value: float
    currency: str
    status: str

    @property
    def paid(self) -> bool:
        return self.status == "PAID"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many invoices there are of each status."""

    paid: int
    pending: int

    @property
    def total(self) -> int:
        return self.paid + self.pending


class AntaeusApi:
    """One Antaeus, by its base URL; a new connection for each call."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url)

    def health(self) -> bool:
        """Says whether Antaeus answers; False also when it cannot be reached."""
        try:
            return self._call("GET", "/rest/health", str) == "ok"
        except (AntaeusError, HTTPException, OSError):
            return False

    def invoices(self) -> list[Invoice]:
        """Returns every invoice."""
        return [_invoice(each) for each in self._call("GET", "/rest/v1/invoices", list)]

    def counts(self) -> Counts:
        """Returns how many invoices are paid and how many are not."""
        paid = [invoice.paid for invoice in self.invoices()]
        return Counts(paid=paid.count(True), pending=paid.count(False))

    def pay(self, *, within: float = _PAY_SECONDS) -> bool:
        """Has the pending invoices charged and says whether all were paid.

        AntaeusError means that the batch broke off, and that some may be paid all the same.
        """
        return self._call("POST", "/rest/v1/invoices/pay", bool, within=within)

    def _call(
        self, method: str, path: str, kind: type[Said], *, within: float = _READ_SECONDS
    ) -> Said:
        address = self._address
        connection = HTTPConnection(address.hostname or "", address.port, timeout=within)
        try:
            connection.request(method, address.path.rstrip("/") + path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        return antaeus_said(path, response.status, body, kind)


def antaeus_said(path: str, status: int, body: bytes, kind: type[Said]) -> Said:
    """What Antaeus answered, where it was Antaeus and the answer is of the kind of that path.

    Raises AntaeusError where Antaeus could not do it, NotAntaeusError where it was not asked.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if status == 200 and isinstance(answer, kind):
        return answer
    # The API server's own words are such an object too, with a status that Antaeus has as well.
    if status in _FAILURES and not isinstance(answer, dict):
        raise AntaeusError(path, status)
    raise NotAntaeusError(path, status)


def _invoice(document: dict[str, Any]) -> Invoice:
    return Invoice(
        id=document["id"],
        customer_id=document["customerId"],
        value=document["amount"]["value"],
        currency=document["amount"]["currency"],
        status=document["status"],
    )


def pay_path(namespace: str, stack: str) -> str:
    """Where a pay call goes by way of the API server."""
    service = f"/api/v1/namespaces/{namespace}/services/{stack}-antaeus:http"
    return f"{service}/proxy/rest/v1/invoices/pay"
