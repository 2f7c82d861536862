"""Heads that come again: a request is the same whether its head was seen before or not."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import WSGITask

from payment_service.server.heads import KEPT, LARGEST_KEPT, REPEATED, Heads
from payment_service.server.wire import ChargeTask, Parser

ADJ = Adjustments(ident=None)
BODY = b'{"currency":"USD","customer_id":1,"value":181.62}'
CHUNKS = b"5\r\n" + BODY[:5] + b"\r\n0\r\n\r\n"

_METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"])
_TARGETS = st.sampled_from(["/", "//", "/api/v1/charge?a=b#c", "/%C3%A9", "http://host/p"])
_LINES = st.lists(
    st.sampled_from(
        [
            "X-Token: open-sesame",
            "x-token: another",
            "X_Token: with an underscore",
            "X-Spaced:   \t  wide:   open  ",
            "Expect: 100-continue",
            "Idempotency-Key: one",
            "idempotency-key: another",
            "IDEMPOTENCY-KEY: written otherwise",
            "Idempotency-Key:  with a space",
            "Idempotency_Key: with an underscore",
            "Content-Type: application/json",
        ]
    ),
    max_size=6,
)
_CONNECTIONS = st.sampled_from([[], ["Connection: close"], ["Connection: keep-alive"]])
_BODIES = st.sampled_from(
    [
        ("", b""),
        ("Content-Length: 0\r\n", b""),
        (f"Content-Length: {len(BODY)}\r\n", BODY),
        ("Transfer-Encoding: chunked\r\n", CHUNKS),
    ]
)


def request(
    method: str, target: str, lines: list[str], body: tuple[str, bytes], version: str = "1.1"
) -> Any:
    head = f"{method} {target} HTTP/{version}\r\nHost: payment:9000\r\n"
    head += "".join(f"{line}\r\n" for line in lines)
    return (head + body[0] + "\r\n").encode() + body[1]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    lines = draw(_LINES) + draw(_CONNECTIONS)
    body = draw(_BODIES)
    version = "1.1" if body[1] == CHUNKS else draw(st.sampled_from(["1.0", "1.1"]))
    return bytes(request(draw(_METHODS), draw(_TARGETS), lines, body, version))


def channel(port: int = 40000) -> Any:
    server = SimpleNamespace(adj=ADJ, effective_port=9000, server_name="payment")
    addr = ("192.0.2.1", port)
    return SimpleNamespace(server=server, addr=addr, check_client_disconnected=lambda: port)


def read(parser: HTTPRequestParser, raw: bytes) -> HTTPRequestParser:
    while raw and not parser.completed:
        raw = raw[parser.received(raw) :]
    return parser


def environ(task: WSGITask) -> dict[str, Any]:
    """What an application sees, its streams and callables by what they give."""
    environ = dict(task.get_environment())
    environ["wsgi.input"] = environ["wsgi.input"].read()
    environ["waitress.client_disconnected"] = environ["waitress.client_disconnected"]()
    return environ


def parsed(parser: HTTPRequestParser) -> dict[str, Any]:
    of_its_own = ("adj", "body_rcv", "body", "head", "header", "key", "_heads")
    seen = {name: value for name, value in vars(parser).items() if name not in of_its_own}
    return {"body_bytes_received": 0} | seen


@given(raws=st.lists(requests(), min_size=1, max_size=4), cut=st.integers(0, 300))
def test_a_request_is_read_as_waitress_reads_it_however_often_its_head_comes(
    raws: list[bytes], cut: int
) -> None:
    heads = Heads()
    for number, raw in enumerate(raws * 3):
        ours, theirs = Parser(ADJ, heads), HTTPRequestParser(ADJ)
        for part in (raw[:cut], raw[cut:]) if number % 2 else (raw,):
            read(ours, part)
            read(theirs, part)
        if ours.completed:
            theirs.expect_continue = False  # see `Parser.received`
        assert parsed(ours) == parsed(theirs)
        one = channel(number)
        seen = environ(ChargeTask(one, ours))
        assert ("x-token" in seen.pop(REPEATED, ())) == (raw.lower().count(b"x-token:") > 1)
        assert seen == environ(WSGITask(one, theirs))


def test_what_a_request_is_given_stays_its_own() -> None:
    heads, raw = Heads(), request("POST", "/", [], ("", b""))
    first = read(Parser(ADJ, heads), raw)
    first.headers["CONNECTION"] = "close"
    ChargeTask(channel(), first).get_environment()["HTTP_X_TOKEN"] = "open-sesame"
    second = read(Parser(ADJ, heads), raw)
    assert "CONNECTION" not in second.headers
    assert "HTTP_X_TOKEN" not in ChargeTask(channel(), second).get_environment()


def test_a_head_that_cannot_be_read_cannot_be_read_again() -> None:
    heads = Heads()
    for _ in range(2):
        with pytest.raises(ParsingError):
            heads.read(b"POST / HTTP/1.1\r\nHost: x\r\nrubbish\r\n\r\n", ADJ)
    assert len(heads) == 0


def test_heads_do_not_pile_up_however_many_and_large_they_are() -> None:
    heads = Heads()
    for number in range(3 * KEPT):
        heads.read(b"GET /%d HTTP/1.0\r\n\r\n" % number, ADJ)
        assert len(heads) <= KEPT
    before = len(heads)
    heads.read(b"GET /%s HTTP/1.0\r\n\r\n" % (b"x" * LARGEST_KEPT), ADJ)
    assert len(heads) == before
