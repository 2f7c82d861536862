"""A connection: what is read of it and when, and how it ends.

waitress closes right after the answer to a broken request. Input that is still unread then makes
the kernel reset the connection, and the client may never see the answer. So a connection first says
that it is done, and drops what comes for a moment (see `lingering`). Requests that take too long to
come are refused (see `overdue`), those that take too much room as well (see `intake`).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from payment_service.server.idle import CURRENT_REQUEST
from payment_service.server.intake import Behind
from payment_service.server.lingering import Lingering
from payment_service.server.wire import ChargeTask, Parser, RefusalTask, RequestError


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection."""

    task_class: Callable[..., WSGITask] = ChargeTask
    error_task_class = RefusalTask

    lingers = False
    """Set with an answer behind which input stays unread: the client gets time to read it."""
    answered = False
    """Whether a request has come."""
    request: Parser | None
    unread = b""
    """What came behind a request that is not answered yet."""
    receives = False
    """Set while something that came is taken apart, by the loop."""
    held = False
    """Whether something of it is counted by the port's intake."""

    def parser_class(self, adj: Any) -> "Parser | Behind":
        # An answer to a failure needs a parser, too, while its request still stands first.
        if self.receives and self.requests:
            return Behind(self._keep)
        return Parser(adj, self.server.heads)

    def readable(self) -> bool:
        # As waitress' own, which each charge would ask in vain for how far to look ahead.
        return not (
            self.requests
            or self.unread
            or self.total_outbufs_len
            or self.will_close
            or self.close_when_flushed
        )

    def received(self, data: bytes) -> bool:
        self.receives = True
        taken: bool = super().received(data)
        self.receives = False
        if self.request is not None or self.held:
            self._count_unfinished()
        return taken

    def _count_unfinished(self) -> None:
        """Has the port count what is held of a request that has not come whole; for the loop."""
        # One that is whole now counts until it is answered.
        request, intake = self.request or next(iter(self.requests), None), self.server.intake
        size = 0 if request is None else request.size
        self.held = size > 0
        fits = intake.hold(self, size)
        if not self.connected or (self.request is None and not self.requests):
            # It was found gone, or was answered, meanwhile, and nobody comes by again.
            self.held = False
            intake.release(self)
        elif not fits:
            # Who holds the most, which need not be who came last. What has come whole is answered.
            holders: dict[Channel, int] = intake.holders()
            unfinished = [each for each in holders if each.request is not None]
            for largest in sorted(unfinished, key=holders.__getitem__)[-1:]:
                largest.give_up_unfinished()

    def give_up_unfinished(self) -> None:
        """Refuses the request that is coming for what it holds; for the loop."""
        self.server.intake.release(self)
        if self.request is not None:
            detail = "too much is held of unfinished requests; nothing was charged"
            self.refuse_unfinished(self.request, HTTPStatus.SERVICE_UNAVAILABLE, detail)

    def service(self) -> None:
        CURRENT_REQUEST.connection = self
        self.answered = True
        try:
            super().service()
        finally:
            CURRENT_REQUEST.connection = None
        if self.held:
            self.held = False
            self.server.intake.release(self)
        if self.unread:
            # By the loop, which alone reads: nothing that comes later can get before it.
            self.server.trigger.pull_trigger(self._read_on)

    def _keep(self, data: bytes) -> None:
        self.unread += data

    def _read_on(self) -> None:
        """Reads what came behind the request that is answered now; for the loop.

        Not before its answer has left: of who reads none of them, no more than one is kept.
        """
        if self.requests or self.total_outbufs_len or not self.unread:
            return
        data, self.unread = self.unread, b""
        if self.connected:
            self.received(data)
            self.server.pull_trigger()

    def handle_write(self) -> None:
        super().handle_write()
        if self.unread:
            self._read_on()

    @property
    def busy(self) -> bool:
        """Whether nothing is read from it at present."""
        return not self.readable()

    def coming(self) -> Parser | None:
        """Returns the request of which only a part has come; only for the loop.

        Blank lines are no part of one: a client may send some behind its last request.
        """
        request = self.request
        if request is None or request.headers_finished or request.header_plus.strip():
            return request
        return None

    def refuse_unfinished(self, request: Parser, status: HTTPStatus, detail: str) -> None:
        """Refuses the request that is coming, as if it were complete."""
        with self.requests_lock:
            self.request = None
            request.error = RequestError(status, detail)
            request.completed = True
            self.requests.append(request)
            if len(self.requests) == 1:  # else it is added once the one before is answered
                self.server.add_task(self)

    def handle_close(self) -> None:
        if self.lingers and self.will_close and self.socket is not None:
            self.lingers = False
            Lingering(self.socket.dup(), self._map)
        super().handle_close()
        self.server.intake.release(self)
