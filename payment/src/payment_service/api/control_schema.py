"""What the control port takes and tells: the one list from which its OpenAPI is made."""

from payment_service.api import control_views
from payment_service.api.control_orders import FaultOrder
from payment_service.api.openapi import Interface, Operation, ResponseDoc
from payment_service.api.problems import CONTENT_TYPE
from payment_service.api.queries import OF_BOOKINGS, OF_CALLS, OF_JOURNAL, OF_LEDGER, Parameter
from payment_service.profile.document import Profile
from payment_service.profile.values import NAME_PATTERN

SCHEMA = "application/schema+json"
_REPLICA = "Payment-Replica"
_NAME = Parameter(
    "name",
    "Name of the fault.",
    {"type": "string", "pattern": NAME_PATTERN},
    "a name",
    str,
)


def _problem(when: str, *headers: str) -> ResponseDoc:
    return ResponseDoc(when, control_views.Problem, CONTENT_TYPE, (_REPLICA, *headers))


def _answers(kind: type | None, *more: int) -> dict[int, ResponseDoc]:
    answers = {200: ResponseDoc("It is so.", kind, headers=(_REPLICA,))}
    return answers | _COMMON | {status: _RARE[status] for status in more}


# Also what a request is told that is broken below the application.
_COMMON = {
    400: _problem("Something is wrong with the request; `errors` has every mistake."),
    401: _problem("The token is missing or wrong.", "WWW-Authenticate"),
    405: _problem("Another method.", "Allow"),
    408: _problem("It was not complete in time."),
    413: _problem("The body is too large."),
    417: _problem("Expect is not 100-continue."),
    431: _problem("The head is too large."),
    501: _problem("The transfer coding is unknown."),
    503: _problem("The store is lost, or a reset is held up.", "Retry-After"),
    505: _problem("The version of HTTP is another one."),
}
_RARE = {
    404: _problem("There is no such fault."),
    409: _problem("As many faults are set as can be."),
    415: _problem("The body is no JSON, or in a content coding.", "Accept-Encoding"),
}

INTERFACE = Interface(
    "Control of payment-service",
    "Reads and changes what is in effect while the service runs, and shows what it took.",
    (
        Operation(
            "GET",
            "/",
            "The page",
            {200: ResponseDoc("A page.", None, "text/html")},
            open_to_all=True,
        ),
        Operation(
            "GET", "/v1/profile", "The profile in effect", _answers(control_views.ProfileView)
        ),
        Operation(
            "PUT",
            "/v1/profile",
            "Put one in the place of the file's, in this process",
            _answers(control_views.ProfileView, 415),
            body=Profile,
        ),
        Operation(
            "DELETE", "/v1/profile", "Go back to the file's", _answers(control_views.ProfileView)
        ),
        Operation(
            "GET", "/v1/faults", "The faults set while running", _answers(control_views.FaultsView)
        ),
        Operation(
            "PUT",
            "/v1/faults/{name}",
            "Set a fault, or replace it; its count begins anew",
            _answers(control_views.FaultsView, 409, 415),
            names=(_NAME,),
            body=FaultOrder,
        ),
        Operation(
            "DELETE",
            "/v1/faults/{name}",
            "Drop a fault",
            _answers(control_views.Done, 404),
            names=(_NAME,),
        ),
        Operation(
            "POST",
            "/v1/reset",
            "Forget all charges and faults, and go back to the file's profile",
            _answers(control_views.Done),
        ),
        Operation(
            "GET",
            "/v1/ledger",
            "Totals by customer and currency, a page at a time",
            _answers(control_views.LedgerView),
            query=OF_LEDGER,
        ),
        Operation(
            "GET",
            "/v1/ledger/bookings",
            "Counted charges, the newest first",
            _answers(control_views.BookingsView),
            query=OF_BOOKINGS,
        ),
        Operation(
            "GET",
            "/v1/duplicates",
            "Counted charges that came after one alike",
            _answers(control_views.BookingsView),
            query=OF_BOOKINGS,
        ),
        Operation(
            "GET",
            "/v1/journal",
            "Charge calls, refused ones too, the newest first",
            _answers(control_views.JournalView),
            query=OF_JOURNAL,
        ),
        Operation(
            "GET",
            "/v1/journal/count",
            "How many there were",
            _answers(control_views.CountView),
            query=OF_CALLS,
        ),
        Operation(
            "GET",
            "/v1/schema",
            "JSON Schema of the profile",
            {200: ResponseDoc("The schema.", None, SCHEMA)} | _COMMON,
        ),
        Operation("GET", "/v1/openapi.json", "This document", _answers(None)),
    ),
    {"type": "http", "scheme": "bearer", "description": "The control API's own token."},
)
