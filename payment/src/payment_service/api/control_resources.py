"""What the routes of the control port do: read or change what is in effect, show what was taken."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import falcon
from pydantic import TypeAdapter, ValidationError

from payment_service.api import control_views
from payment_service.api.control_orders import FaultOrder
from payment_service.api.problems import ProblemError
from payment_service.api.queries import (
    OF_BOOKINGS,
    OF_CALLS,
    OF_JOURNAL,
    Parameter,
    Query,
    cursor_of,
    read_ledger_query,
    read_query,
)
from payment_service.api.request_rules import (
    CODED,
    NO_CODING,
    Route,
    is_coded,
    is_json,
    is_repeated,
)
from payment_service.live.effective import EffectiveProfile, followed
from payment_service.profile.document import Profile
from payment_service.profile.entries import FaultEntry
from payment_service.profile.parts import Part
from payment_service.profile.values import Name
from payment_service.state.interface import State
from payment_service.state.slices import in_slices
from payment_service.state.values import SetFault
from payment_service.text.mistakes import Mistake, MistakesError
from payment_service.text.timestamps import timestamp

LARGEST_BODY = 65536
_ROWS_AT_ONCE = 25

P = TypeVar("P", bound=Part)

_NAME = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class ControlService:
    """What the control API works on."""

    effective: EffectiveProfile
    state: State
    log_event: Callable[..., None]
    """Writes a line of the log: the name of the event, and its fields by keyword."""
    reset: Callable[[], None]
    """Forgets everything, in one step for every charge; raises StoreLostError, GateClosedError."""
    follow_reset: Callable[[], None]
    """Follows a reset of another replica, before a change that it would undo."""


class Controlled(Route):
    """A route. Falcon would otherwise answer OPTIONS for it."""

    def __init__(self, control: ControlService) -> None:
        self._control = control

    def on_options(self, _: falcon.Request, __: falcon.Response, **___: str) -> None:
        raise falcon.HTTPMethodNotAllowed([])


class ProfileResource(Controlled):
    """The profile in effect in this process."""

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        self._show(response)

    def on_put(self, request: falcon.Request, response: falcon.Response) -> None:
        profile = _read(Profile, request)
        self._control.follow_reset()
        self._control.effective.replace(profile)
        self._control.log_event("profile_replaced")
        self._show(response)

    def on_delete(self, _: falcon.Request, response: falcon.Response) -> None:
        self._control.effective.replace(None)
        self._control.log_event("profile_restored")
        self._show(response)

    def _show(self, response: falcon.Response) -> None:
        effective = self._control.effective.in_effect
        document = control_views.ProfileView(
            scope="process",
            source=effective.source,
            hash=effective.loaded.hash,
            profile=effective.loaded.profile,
            faults=_views(effective.faults),
        )
        write(response, document)


class FaultsResource(Controlled):
    """The faults that were set while running."""

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        state = self._control.state
        faults = followed(state.faults(), state)
        write(response, control_views.FaultsView(state.scope, _views(faults)))


class FaultResource(Controlled):
    """One of them."""

    def on_put(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        order, control = _read(FaultOrder, request), self._control
        entry = order.entry(_fault_name(name))
        document = TypeAdapter(FaultEntry).dump_json(entry, by_alias=True, exclude_none=True)
        control.follow_reset()
        fault = control.state.set_fault(name, document.decode(), order.seconds)
        if fault is None:
            raise ProblemError(409, "as many faults are set as can be; drop one first")
        control.effective.refresh()
        control.log_event("fault_set", fault=name, seconds=order.seconds)
        faults = _views([(fault, entry)])
        write(response, control_views.FaultsView(control.state.scope, faults))

    def on_delete(self, _: falcon.Request, response: falcon.Response, name: str) -> None:
        control = self._control
        if not control.state.drop_fault(_fault_name(name)):
            raise ProblemError(404, f"no fault of the name {name} is set")
        control.effective.refresh()
        control.log_event("fault_dropped", fault=name)
        write(response, control_views.Done(control.state.scope))


class ResetResource(Controlled):
    """Back to the beginning."""

    def on_post(self, _: falcon.Request, response: falcon.Response) -> None:
        control = self._control
        control.reset()
        control.log_event("reset")
        write(response, control_views.Done(control.state.scope))


class LedgerResource(Controlled):
    """The totals, a page at a time."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        state = self._control.state
        try:
            query = read_ledger_query(request.query_string)
        except MistakesError as mistakes:
            raise ProblemError.of(mistakes) from None
        totals = state.totals(query.after, query.limit + 1)
        rows = [*totals.rows.items()][: query.limit]
        more = len(totals.rows) > query.limit
        page = control_views.LedgerView(
            scope=state.scope,
            totals=[],
            forgotten=totals.forgotten,
            next=cursor_of(rows[-1][0]) if more else None,
        )
        write_page(response, page, "totals", (control_views.total(*row) for row in rows))


class BookingsResource(Controlled):
    """Counted charges: all, or those that came after one alike."""

    def __init__(self, control: ControlService, *, duplicates: bool) -> None:
        super().__init__(control)
        self._duplicates = duplicates or None

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        query, state = _query(request, OF_BOOKINGS), self._control.state
        wanted = replace(query.wanted, duplicate=self._duplicates)
        bookings = state.bookings(wanted, query.limit)
        page = control_views.BookingsView(state.scope, [])
        write_page(response, page, "bookings", map(control_views.BookingView.of, bookings))


class JournalResource(Controlled):
    """Charge calls."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        query, state = _query(request, OF_JOURNAL), self._control.state
        calls = state.journal(query.wanted, query.limit)
        page = control_views.JournalView(state.scope, [])
        write_page(response, page, "calls", map(control_views.CallView.of, calls))


class CountResource(Controlled):
    """How many charge calls there were."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        query, state = _query(request, OF_CALLS), self._control.state
        count = state.count(query.wanted)
        write(response, control_views.CountView(state.scope, count))


class DocumentResource(Controlled):
    """A document that never changes."""

    def __init__(self, control: ControlService, content_type: str, body: bytes) -> None:
        super().__init__(control)
        self._content_type = content_type
        self._body = body

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        response.content_type = self._content_type
        response.data = self._body


def write(response: falcon.Response, document: object) -> None:
    """Writes an answer."""
    response.data = _as_json(document)


def write_page(
    response: falcon.Response, document: object, member: str, rows: Iterable[object]
) -> None:
    """Writes an answer with these rows in its list `member`, which is empty in the document.

    It is written row by row: to write a thousand in one step holds up the charges meanwhile.
    """
    head, empty_list, rest = _as_json(document).partition(b'"%b":[]' % member.encode())
    written = b",".join(map(_as_json, in_slices(rows, _ROWS_AT_ONCE)))
    response.data = head + empty_list[:-1] + written + b"]" + rest


def _as_json(document: object) -> bytes:
    adapter = _adapters.get(type(document))
    if adapter is None:
        adapter = _adapters[type(document)] = TypeAdapter(type(document))
    return adapter.dump_json(document, by_alias=True, exclude_none=True)


_adapters: dict[type, TypeAdapter[Any]] = {}


def _read(kind: type[P], request: falcon.Request) -> P:
    if is_repeated(request, "content-type"):
        raise ProblemError(400, "Content-Type stands there twice")
    if not is_json(request.content_type):
        raise ProblemError(415, "Content-Type must be application/json")
    if is_coded(request):
        raise ProblemError(415, CODED, headers=[NO_CODING])
    length = request.content_length or 0
    if length > LARGEST_BODY:
        raise ProblemError(413, f"the body is larger than {LARGEST_BODY} bytes")
    try:
        return kind.from_json(request.stream.read(length))
    except MistakesError as mistakes:
        raise ProblemError.of(mistakes) from None


def _query(request: falcon.Request, known: tuple[Parameter, ...]) -> Query:
    try:
        return read_query(request.query_string, known)
    except MistakesError as mistakes:
        raise ProblemError.of(mistakes) from None


def _fault_name(name: str) -> str:
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        detail = f"{name[:40]!r} is not {error.errors()[0]['msg']}"
        raise ProblemError.of(MistakesError([Mistake.of("name", detail)])) from None
    return name


def _views(
    faults: Iterable[tuple[SetFault, FaultEntry]],
) -> list[control_views.SetFaultView]:
    return [
        control_views.SetFaultView(expires=_expires(fault), entry=entry) for fault, entry in faults
    ]


def _expires(fault: SetFault) -> str | None:
    # Only now in seconds since 1970, which may be set while the fault's own clock goes on.
    left = None if fault.deadline is None else fault.deadline - time.monotonic()
    return None if left is None else timestamp(time.time() + left)
