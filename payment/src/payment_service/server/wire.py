"""Below the application: how waitress' parts answer what never becomes a request.

waitress answers broken requests itself, in plain text. The client behind the charges needs JSON
with a `result` (see `api.charge_answers`), so three of its classes are extended at the
places it provides:

- the parser, which dies on some input without an answer (a Content-Length of thousands of digits,
  a malformed host), takes heads that HTTP forbids (see `head_rules`), and would ask for the rest
  of a body that it has already refused;
- the task that answers errors, which here writes JSON;
- the connection (see `channel`).

What stays without an answer: a request that is not complete when its client stops sending.

Most of what a charge costs is waitress' work, and most of that is the same for the next one. So
heads of requests and of answers are kept (see `heads`, `_heads`), a whole answer leaves in one
piece, and a connection that waits for its next request wakes nobody (see `idle`).
"""

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any, NoReturn

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error

from payment_service.cashier.replies import code_of, refusal_body
from payment_service.server.delivery import DELIVERY, Delivery
from payment_service.server.head_rules import HeadRefusedError
from payment_service.server.heads import KEY, REPEATED, Head, Heads, ReadHead

HEADS_KEPT = 64
_END_OF_HEAD = b"\r\n\r\n"

Refusal = Callable[[int, str, str], tuple[str, bytes]]
"""Says what a broken request is told: from status, reason and detail to content type and body."""

_KEY_IN_ENVIRON = f"HTTP_{KEY}"
_NOT_OF_THE_HEAD = frozenset(
    {"REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT", "wsgi.input", "waitress.client_disconnected"}
)

# Hundreds of answers share a second and with it their head, the costliest part of what is written.
_heads: dict[tuple[object, ...], bytes] = {}


def refusal_with_result(status: int, reason: str, detail: str) -> tuple[str, bytes]:
    """Tells it as every answer on the charge port is told."""
    return "application/json", refusal_body(code_of(status), f"{reason}: {detail}")


class RequestError(Error):  # type: ignore[misc]  # waitress has no types
    """An error that waitress has no class of its own for."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.code, self.reason = status.value, status.phrase


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Finishes every request, if need be with an error."""

    head: Head
    headers: dict[str, str]
    headers_finished: bool
    command = ""
    """The method; empty if the head could not be read."""
    key: str | None
    """What is not in its head any more."""
    body = b""
    """That of a request that came whole."""

    def __init__(self, adj: Any, heads: Heads) -> None:
        super().__init__(adj)
        self._heads = heads

    @property
    def size(self) -> int:
        """How many bytes of it have come and are kept."""
        if not self.headers_finished:
            return len(self.header_plus)
        return int(self.header_bytes_received + self.body_bytes_received)

    def received(self, data: bytes) -> int:
        if not self.header_plus and not self.headers_finished and self._came_whole(data):
            return len(data)
        try:
            consumed: int = super().received(data)
        except ValueError:
            self.error = BadRequest("the request cannot be read")
            self.completed = True
            consumed = len(data)
        if self.completed:
            self.expect_continue = False
        return consumed

    def _came_whole(self, data: bytes) -> bool:
        """Takes a request that begins like one before and has come in one piece, as most do.

        waitress would look at it in two steps, and copy it in each.
        """
        end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        known = self._heads.known(data[:end])
        length = len(data) - end
        if known is None or length != known.head.length:
            return False
        if end >= self.adj.max_request_header_size or length >= self.adj.max_request_body_size:
            return False
        self._follow(known)
        self.body_rcv = None
        self.header_bytes_received, self.body_bytes_received = end, length
        self.expect_continue = False
        self.body = data[end:]
        self.headers_finished = self.completed = True
        return True

    def _follow(self, read: ReadHead) -> None:
        self.head, self.key = head, key = read
        self.__dict__.update(head.parsed)
        self.headers = self.headers.copy()
        if key is not None:
            self.headers[KEY] = key

    def parse_header(self, header_plus: bytes) -> None:
        try:
            read = self._heads.read(header_plus, self.adj)
        except HeadRefusedError as refused:
            # waitress takes a request without a body for complete.
            self.error = RequestError(refused.status, refused.detail)
            self.command = header_plus.partition(b" ")[0].decode("latin-1")
            return
        self._follow(read)
        if self.content_length:
            # What has come of another request's body is none of this one's.
            buffer = OverflowableBuffer(self.adj.inbuf_overflow)
            self.body_rcv = FixedStreamReceiver(self.content_length, buffer)

    def get_body_stream(self) -> BytesIO:
        # Bodies are small; waitress would make a file of this one first.
        return BytesIO(self.body if self.body_rcv is None else self.body_rcv.getbuf().get())


class ReplyDeferred(BaseException):
    """An answer is not to be written yet: no error, but the way out of waitress' own code.

    It leaves waitress' service of the request before anything of it is done with the answer, and
    so is none of the exceptions that waitress takes for a failure.
    """

    def __init__(self, task: "ChargeTask") -> None:
        super().__init__()
        self.task = task


class ChargeTask(WSGITask):  # type: ignore[misc]  # waitress has no types
    """Answers by the application.

    An answer of one piece leaves in one piece: waitress would send head and body apart, which
    costs the most of all that it does, and lets a connection break in between. Once the server is
    to stop, each answer says that its connection ends.
    """

    wrote_header: bool
    chunked_response: bool
    request: Parser
    delivery: Delivery
    body: bytes

    def get_environment(self) -> dict[str, Any]:
        channel, head, key = self.channel, self.request.head, self.request.key
        if not head.environ:
            made = super().get_environment()
            of_head = {name: made[name] for name in made if name not in _NOT_OF_THE_HEAD}
            if key is not None:
                del of_head[_KEY_IN_ENVIRON]
            if head.repeated:
                of_head[REPEATED] = head.repeated
            # In one step, since requests with the same head share it.
            head.environ = of_head
        # Only now, since waitress has kept what it made.
        environ = head.environ.copy()
        self.environ = environ
        environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = channel.addr[0]
        environ["REMOTE_PORT"] = str(channel.addr[1])
        if key is not None:
            environ[_KEY_IN_ENVIRON] = key
        environ["wsgi.input"] = self.request.get_body_stream()
        environ["waitress.client_disconnected"] = channel.check_client_disconnected
        return environ

    def write(self, data: bytes) -> None:
        if DELIVERY in self.environ:
            self._defer(data)
        if self.wrote_header or not self.complete or self.content_length != len(data):
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data if self.has_body else head)

    def _defer(self, data: bytes) -> NoReturn:
        if data and self.content_length != len(data):
            raise ValueError("an answer that is deferred must come in one piece")
        self.delivery, self.body = self.environ[DELIVERY], data
        raise ReplyDeferred(self)

    def build_response_header(self) -> bytes:
        headers = self.request.headers
        if self.channel.server.last_answers:
            # As if the client had asked for it; waitress then writes the header and closes.
            headers["CONNECTION"] = "close"
        if self.request.head.is_last:
            self.channel.lingers = True  # there may be more behind it
        key = (
            (self.version, headers.get("CONNECTION"), self.status, self.content_length),
            tuple(self.response_headers),
            int(self.start_time),
        )
        head = _heads.get(key)
        if head is None:
            head = bytes(super().build_response_header())
            if not self.close_on_finish and not self.chunked_response:  # else the task must know
                _keep_head(key, head)
            if self.request.command == "HEAD":
                self.chunked_response = False  # there is no body to be ended
        return head


def _keep_head(key: tuple[object, ...], head: bytes) -> None:
    if len(_heads) >= HEADS_KEPT:
        _heads.clear()
    _heads[key] = head


class RefusalTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Answers what the parser refused, or what broke, in JSON."""

    def execute(self) -> None:
        error = self.request.error
        content_type, body = self.channel.server.refusal(error.code, error.reason, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", content_type))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"" if self.request.command == "HEAD" else body)
        self.channel.lingers = True
