"""The application on the control port: its routes, who may use them, and problems as JSON."""

import json
import logging
from collections.abc import Callable

import falcon

from payment_service.api import control_resources as resources
from payment_service.api.control_resources import Controlled, ControlService
from payment_service.api.control_schema import INTERFACE, SCHEMA
from payment_service.api.openapi import openapi_bytes
from payment_service.api.page import PAGE, PAGE_HEADERS
from payment_service.api.problems import CONTENT_TYPE, ProblemError
from payment_service.api.request_rules import flaw, is_repeated, with_head
from payment_service.cashier.gate import GateClosedError
from payment_service.live.tokens import Tokens
from payment_service.profile.schema import schema
from payment_service.state.interface import StoreLostError

App = falcon.App[falcon.Request, falcon.Response]

_JSON = "application/json"
_log = logging.getLogger(__name__)


def create_control_app(control: ControlService, token: Callable[[], Tokens], replica: str) -> App:
    """Returns the application by which a person, or a test, controls the service.

    `token` gives the valid token of the moment, `replica` is the name of this process.
    """
    app: App = falcon.App(middleware=[_Gate(token, replica)])
    app.req_options.strip_url_path_trailing_slash = False
    app.resp_options.default_media_type = _JSON
    for path, resource in _routes(control).items():
        app.add_route(path, resource)
    app.add_error_handler(falcon.HTTPError, _answer_http_error)
    app.add_error_handler(ProblemError, _answer_problem)
    app.add_error_handler(StoreLostError, _answer_not_now)
    app.add_error_handler(GateClosedError, _answer_not_now)
    app.add_error_handler(Exception, _answer_own_failure)
    return app


def _routes(control: ControlService) -> dict[str, Controlled]:
    document = resources.DocumentResource
    profile_schema = json.dumps(schema()).encode()
    return {
        "/": document(control, "text/html; charset=utf-8", PAGE),
        "/v1/profile": resources.ProfileResource(control),
        "/v1/faults": resources.FaultsResource(control),
        "/v1/faults/{name}": resources.FaultResource(control),
        "/v1/reset": resources.ResetResource(control),
        "/v1/ledger": resources.LedgerResource(control),
        "/v1/ledger/bookings": resources.BookingsResource(control, duplicates=False),
        "/v1/duplicates": resources.BookingsResource(control, duplicates=True),
        "/v1/journal": resources.JournalResource(control),
        "/v1/journal/count": resources.CountResource(control),
        "/v1/schema": document(control, SCHEMA, profile_schema),
        "/v1/openapi.json": document(control, _JSON, openapi_bytes(INTERFACE)),
    }


class _Gate:
    """Lets in who sends the token, says who answered, and has nobody keep an answer."""

    def __init__(self, token: Callable[[], Tokens], replica: str) -> None:
        self._token = token
        self._replica = replica

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        response.set_header("Payment-Replica", self._replica)
        response.set_header("Cache-Control", "no-store")
        response.set_header("X-Content-Type-Options", "nosniff")
        if request.path == "/":  # the page, which asks for the token
            for name, value in PAGE_HEADERS:
                response.set_header(name, value)
            return
        scheme, _, sent = (request.env.get("HTTP_AUTHORIZATION") or "").partition(" ")
        admitted = self._token().admit(sent.strip())
        twice = is_repeated(request, "authorization")
        if twice or not (admitted and scheme.lower() == "bearer"):
            challenge = ("WWW-Authenticate", 'Bearer realm="payment control"')
            wrong = flaw(request, "authorization")
            detail = f"Authorization: Bearer with the control API's token {wrong}"
            raise ProblemError(401, detail, headers=[challenge])


def _answer_problem(
    _: falcon.Request, response: falcon.Response, error: ProblemError, __: object
) -> None:
    response.status = falcon.code_to_http_status(error.status)
    response.content_type = CONTENT_TYPE
    response.data = error.body()
    for name, value in error.headers:
        response.set_header(name, value)


def _answer_http_error(
    request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _: object
) -> None:
    allowed = _METHODS.get(request.uri_template or "", ())
    if allowed and request.method not in allowed:
        # Also for methods that Falcon has never heard of and calls a bad request.
        allow = ", ".join(allowed)
        problem = ProblemError(405, f"takes {allow} alone", headers=[("Allow", allow)])
    elif error.status_code == 404 or not allowed:
        problem = ProblemError(404, "nothing is here; /v1/openapi.json has all that there is")
    else:
        problem = ProblemError(error.status_code, error.description or error.title or "")
    _answer_problem(request, response, problem, None)


def _answer_not_now(
    request: falcon.Request, response: falcon.Response, error: Exception, _: object
) -> None:
    problem = ProblemError(503, str(error), headers=[("Retry-After", "1")])
    _answer_problem(request, response, problem, None)


def _answer_own_failure(
    request: falcon.Request, response: falcon.Response, error: Exception, _: object
) -> None:
    _log.error("failed to answer %s", request.path, exc_info=error)
    _answer_problem(request, response, ProblemError(500, "the service failed"), None)


_METHODS: dict[str, tuple[str, ...]] = {}
for _operation in INTERFACE.operations:
    _known = _METHODS.get(_operation.path, ())
    _METHODS[_operation.path] = (*_known, *with_head(_operation.method))
