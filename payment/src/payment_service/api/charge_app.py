"""The application on the charge port: its routes, and JSON with a `result` for every error."""

import logging
from collections.abc import Callable

import falcon

from payment_service.api.charge_answers import answer_refusal
from payment_service.api.charge_resources import ChargeResource, FixedAnswer, Resource
from payment_service.api.charge_schema import INTERFACE
from payment_service.api.openapi import openapi_bytes
from payment_service.api.request_rules import with_head
from payment_service.cashier.cashier import Cashier
from payment_service.cashier.replies import RequestCode, code_of
from payment_service.live.tokens import Tokens

CHARGE_PATHS = ("/", "/api/v1/charge")

App = falcon.App[falcon.Request, falcon.Response]

_log = logging.getLogger(__name__)


def create_app(cashier: Cashier, tokens: Callable[[], Tokens] | None, largest_body: int) -> App:
    """Returns the application that takes charges.

    `tokens` gives the valid tokens of the moment; None lets every caller in. `largest_body` is in
    bytes.
    """
    app: App = falcon.App()
    app.req_options.strip_url_path_trailing_slash = False
    charge = ChargeResource(cashier, tokens, largest_body)
    routes: dict[str, tuple[str, Resource]] = dict.fromkeys(CHARGE_PATHS, ("POST", charge))
    routes["/health"] = "GET", FixedAnswer(b'{"alive":"true"}')
    routes["/ping"] = "GET", FixedAnswer(b'{"ping":"pong"}')
    routes["/openapi.json"] = "GET", FixedAnswer(openapi_bytes(INTERFACE))
    for path, (_, resource) in routes.items():
        app.add_route(path, resource)
    methods = {path: with_head(method) for path, (method, _) in routes.items()}
    app.add_error_handler(falcon.HTTPError, _answer_http_error(methods))
    app.add_error_handler(Exception, _answer_own_failure)
    return app


def _answer_http_error(methods: dict[str, tuple[str, ...]]) -> Callable[..., None]:
    def handle(
        request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _: object
    ) -> None:
        allowed = methods.get(request.path)
        if allowed is None:
            paths = " or ".join(CHARGE_PATHS)
            message = f"nothing is here; a charge goes to POST {paths}"
            answer_refusal(request, response, 404, RequestCode.NOT_FOUND, message)
        elif request.method not in allowed:
            # Also for methods that Falcon has never heard of and calls a bad request.
            allow = ", ".join(allowed)
            response.set_header("Allow", allow)
            message = f"{request.path} takes {allow} alone"
            answer_refusal(request, response, 405, RequestCode.METHOD, message)
        else:
            status, message = error.status_code, error.description or error.title
            answer_refusal(request, response, status, code_of(status), message)

    return handle


def _answer_own_failure(
    request: falcon.Request, response: falcon.Response, error: Exception, _: object
) -> None:
    _log.error("failed to answer %s", request.path, exc_info=error)
    message = "the service failed; nothing is known about this charge"
    answer_refusal(request, response, 500, RequestCode.INTERNAL, message)
