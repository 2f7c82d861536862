"""What the routes of the charge port do: read the request, hand it over, answer."""

import re
from collections.abc import Callable
from time import perf_counter

import falcon

from payment_service.api.charge_answers import RefusedError, answer
from payment_service.api.request_rules import (
    CODED,
    NO_CODING,
    Route,
    flaw,
    is_coded,
    is_json,
    is_repeated,
)
from payment_service.cashier.calls import Call, ChargeRequest
from payment_service.cashier.cashier import Cashier
from payment_service.cashier.records import Reason
from payment_service.ids import new_request_id
from payment_service.live.tokens import Tokens
from payment_service.outcome.charges import Charge
from payment_service.server.heads import REPEATED
from payment_service.text import whole_numbers
from payment_service.text.mistakes import MistakesError

# As WSGI spells X-Token, X-Request-Id, X-Charge-Attempt, Idempotency-Key and Prefer.
TOKEN_HEADER = "HTTP_X_TOKEN"
REQUEST_ID_HEADER = "HTTP_X_REQUEST_ID"
ATTEMPT_HEADER = "HTTP_X_CHARGE_ATTEMPT"
KEY_HEADER = "HTTP_IDEMPOTENCY_KEY"
CODING_HEADER = "HTTP_CONTENT_ENCODING"
PREFERENCE_HEADER = "HTTP_PREFER"
LONGEST_KEY = 255
LARGEST_ATTEMPT = 2**31 - 1
KEY_PATTERN = rf"[\x21-\x7e]([\x20-\x7e]{{0,{LONGEST_KEY - 2}}}[\x21-\x7e])?"
_KEY = re.compile(KEY_PATTERN)
_REPRESENTATION = re.compile(r'(?i)(^|[,;\s])return\s*=\s*"?representation"?($|[,;\s])')
# The headers that a charge has at most once; joined, two of them would be another one.
_ONCE = {
    "Content-Type": Reason.CONTENT_TYPE,
    "X-Charge-Attempt": Reason.ATTEMPT,
    "Idempotency-Key": Reason.KEY,
}
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Resource(Route):
    """A route that takes one method; Falcon would otherwise answer OPTIONS for it."""

    def on_options(self, _: falcon.Request, __: falcon.Response) -> None:
        raise falcon.HTTPMethodNotAllowed([])


class ChargeResource(Resource):
    """Takes charge calls. `tokens` gives the valid ones of the moment; None lets everyone in."""

    def __init__(
        self, cashier: Cashier, tokens: Callable[[], Tokens] | None, largest_body: int
    ) -> None:
        self._cashier = cashier
        self._tokens = tokens
        self._largest_body = largest_body

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        tokens, env = self._tokens, request.env
        token = env.get(TOKEN_HEADER)
        if REPEATED in env and is_repeated(request, "x-token"):
            token = None
        admitted = tokens is not None and tokens().admit(token)
        call = Call(admitted, _request_id(request), perf_counter())
        try:
            charge_request = self._read(request, call)
        except RefusedError as refusal:
            refused = refusal.status, refusal.reason, refusal.message
            answer(request, response, self._cashier.refuse(call, *refused))
            response.set_headers(refusal.headers)
            return
        answer(request, response, self._cashier.take(call, charge_request))

    def _read(self, request: falcon.Request, call: Call) -> ChargeRequest:
        if self._tokens is not None and not call.authenticated:
            raise RefusedError(403, Reason.TOKEN, f"X-Token {flaw(request, 'x-token')}")
        env = request.env
        if REPEATED in env:
            _refuse_repeated(request)
        if not is_json(env.get("CONTENT_TYPE")):
            raise RefusedError(415, Reason.CONTENT_TYPE, "Content-Type must be application/json")
        if CODING_HEADER in env and is_coded(request):
            raise RefusedError(415, Reason.CONTENT_ENCODING, CODED, (NO_CODING,))
        # waitress has seen that it is a number, and refused any other.
        length = int(env.get("CONTENT_LENGTH") or 0)
        if length > self._largest_body:
            raise RefusedError(
                413, Reason.SIZE, f"the body is larger than {self._largest_body} bytes"
            )
        try:
            body = request.stream.read(length)
            charge = Charge.from_json(body, nameless_currency=self._tokens is None)
        except MistakesError as mistakes:
            raise RefusedError(400, Reason.BODY, str(mistakes)) from None
        attempt, key = _attempt(env.get(ATTEMPT_HEADER)), _key(env.get(KEY_HEADER))
        return ChargeRequest(charge, attempt, key, _wants_all(env.get(PREFERENCE_HEADER)))


class FixedAnswer(Resource):
    """Answers GET with the same JSON always."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        response.data = self._body


def _refuse_repeated(request: falcon.Request) -> None:
    for name, reason in _ONCE.items():
        if is_repeated(request, name.lower()):
            raise RefusedError(400, reason, f"{name} stands there twice")


def _attempt(header: str | None) -> int | None:
    if header is None:
        return None
    attempt = whole_numbers.read(header, 1, LARGEST_ATTEMPT)
    if attempt is None:
        rule = f"X-Charge-Attempt must be a whole number from 1 to {LARGEST_ATTEMPT}"
        raise RefusedError(400, Reason.ATTEMPT, rule)
    return attempt


def _key(header: str | None) -> str | None:
    if header is None or _KEY.fullmatch(header):
        return header
    rule = f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters"
    raise RefusedError(400, Reason.KEY, rule)


def _wants_all(header: str | None) -> bool:
    return header is not None and _REPRESENTATION.search(header) is not None


def _request_id(request: falcon.Request) -> str:
    sent = request.env.get(REQUEST_ID_HEADER)
    return sent if sent is not None and _SANE_ID.fullmatch(sent) else new_request_id()
