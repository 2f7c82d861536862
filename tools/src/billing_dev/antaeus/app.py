"""The REST interface of Antaeus: paths in any letter case, few statuses, bare JSON."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Generic, TypeVar

import falcon

from billing_dev.antaeus.invoices import Invoice, Invoices
from billing_dev.antaeus.json_lines import Log

Thing = TypeVar("Thing")

_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")


def create_app(invoices: Invoices, pay: Callable[[], bool], log: Log) -> "falcon.App[Any, Any]":
    """Returns the application; `pay` is called once per request, on the request's thread."""
    app = falcon.App(middleware=[_AnyLetterCase()])
    app.req_options.strip_url_path_trailing_slash = True
    app.add_route("/rest/health", _Health())
    app.add_route("/rest/v1/invoices", _Listing(lambda: list(map(_invoice, invoices.all()))))
    app.add_route("/rest/v1/invoices/pay", _Pay(pay))
    app.add_route("/rest/v1/invoices/{number}", _One(invoices.find, _invoice))
    app.add_route("/rest/v1/customers", _Listing(lambda: list(map(asdict, invoices.customers()))))
    app.add_route("/rest/v1/customers/{number}", _One(invoices.find_customer, asdict))
    app.add_error_handler(Exception, _failed(log))
    # The original answers a method that a path does not have like a path that does not exist.
    app.add_error_handler(falcon.HTTPNotFound, _not_found)
    app.add_error_handler(falcon.HTTPMethodNotAllowed, _not_found)
    return app


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.id,
        "customerId": invoice.customer_id,
        "amount": {"value": invoice.value, "currency": invoice.currency},
        "status": invoice.status,
    }


def _not_found(
    _request: falcon.Request, response: falcon.Response, _error: Exception, _params: Any
) -> None:
    response.status = falcon.HTTP_404
    response.media = "not found"


def _failed(log: Log) -> Callable[..., None]:
    def handle(
        request: falcon.Request, response: falcon.Response, error: Exception, _params: Any
    ) -> None:
        log("error", method=request.method, path=request.path, error=type(error).__name__)
        response.status = falcon.HTTP_500
        response.content_type = falcon.MEDIA_TEXT

    return handle


class _AnyLetterCase:
    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        request.path = request.path.lower()


class _Health:
    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.media = "ok"


class _Pay:
    def __init__(self, pay: Callable[[], bool]) -> None:
        self._pay = pay

    def on_get(self, _request: falcon.Request, _response: falcon.Response) -> None:
        # The original takes "pay" for the id of an invoice, and it is no number.
        raise ValueError("pay")

    def on_post(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.media = self._pay()


class _Listing:
    def __init__(self, read: Callable[[], list[dict[str, Any]]]) -> None:
        self._read = read

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.media = self._read()


class _One(Generic[Thing]):
    def __init__(
        self, find: Callable[[int], Thing | None], show: Callable[[Thing], dict[str, Any]]
    ) -> None:
        self._find = find
        self._show = show

    def on_get(self, _request: falcon.Request, response: falcon.Response, number: str) -> None:
        invoice = self._find(_java_int(number))
        if invoice is None:
            raise falcon.HTTPNotFound
        response.media = self._show(invoice)


def _java_int(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(text)
    return int(text)
