"""What arrives of replies that leave late or broken, over bare sockets."""

import time
from typing import Any

import pytest

from payment_service.server.delivery import GARBAGE, Shape, portions
from payment_service.server.port import Port
from support.cases import cases
from support.payment.arranged_app import BODY, HOUR, ArrangedApp, everything, get, serving
from support.payment.service import Caller


@pytest.mark.parametrize("after", [0, 0.1], ids=["at once", "later"])
@pytest.mark.parametrize(
    ("shape", "wanted"),
    cases(
        "the reply is {0}",
        [
            (Shape.EMPTY, b""),
            (Shape.RESET, b"reset"),
            (Shape.GARBAGE, GARBAGE),
            (Shape.NEVER, b""),
        ],
    ),
)
def test_a_broken_reply_arrives_as_it_was_asked_for(
    app: ArrangedApp, shape: Shape, wanted: bytes, after: float
) -> None:
    app.arrange("/broken", shape=shape, after_seconds=after)
    with serving(app, deferred_seconds=0.2) as port, Caller(port.number) as caller:
        began = time.monotonic()

        caller.send(get("/broken"))

        assert everything(caller) == wanted
        assert time.monotonic() - began >= (0.2 if shape is Shape.NEVER else after)
        assert app.ends == [True]
        assert not port.deferred()


@pytest.mark.parametrize("after", [0, 0.1], ids=["it leaves at once", "it leaves later"])
def test_a_truncated_reply_promises_more_than_arrives(
    app: ArrangedApp, port: Port, after: float
) -> None:
    app.arrange("/broken", shape=Shape.TRUNCATED, after_seconds=after)
    with Caller(port.number) as caller:
        caller.send(get("/broken"))

        head, _, body = everything(caller).partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 202 Accepted\r\nContent-Length: 17\r\n")
        assert body == BODY[:8]


@pytest.mark.parametrize("after", cases("the reply is due after {0} s", [0, 0.2]))
def test_a_late_reply_is_that_which_would_have_come_at_once(
    app: ArrangedApp, port: Port, after: float
) -> None:
    app.arrange("/late", after_seconds=after)
    with Caller(port.number) as caller:
        plain = caller.ask(get("/"))
        began = time.monotonic()

        deferred = caller.ask(get("/late"))

        assert time.monotonic() - began >= after
        assert app.ends == [True]
        assert deferred.status == plain.status
        assert deferred.body == plain.body
        assert {**deferred.headers, "date": ""} == {**plain.headers, "date": ""}
        assert caller.ask(get("/")).body == BODY


def test_a_slow_reply_comes_byte_by_byte(app: ArrangedApp, port: Port) -> None:
    app.arrange("/slow", shape=Shape.SLOW, over_seconds=0.4)
    with Caller(port.number) as caller:
        caller.send(get("/slow"))
        began = time.monotonic()

        pieces = [caller.socket.recv(1000)]
        while sum(map(len, pieces[1:])) < len(BODY):
            pieces.append(caller.socket.recv(1000))

        assert time.monotonic() - began >= 0.35
        assert app.ends == [True]
        assert pieces[0].endswith(b"\r\n\r\n")
        assert b"".join(pieces[1:]) == BODY
        assert len(pieces) > len(BODY) / 2  # two may arrive as one where the machine is busy
        assert caller.ask(get("/")).body == BODY


def test_a_slow_reply_has_at_most_a_hundred_portions_a_second() -> None:
    assert portions(b"abc", 10) == [b"a", b"b", b"c"]
    assert portions(b"", 10) == []
    assert portions(b"abc", 0) == [b"abc"]
    assert portions(b"x" * 1000, 0.5) == [b"x" * 20] * 50


def test_no_reply_is_deferred_for_longer_than_the_port_defers_any(app: ArrangedApp) -> None:
    app.arrange("/late", after_seconds=HOUR)
    app.arrange("/slow", shape=Shape.SLOW, over_seconds=HOUR)
    with serving(app, deferred_seconds=0.2) as port, Caller(port.number) as caller:
        assert caller.ask(get("/late")).body == BODY
        assert caller.ask(get("/slow")).body == BODY


def test_an_answer_in_pieces_is_no_answer_to_hold(app: ArrangedApp, port: Port) -> None:
    app.arrange("/in-pieces", after_seconds=0.1)
    with Caller(port.number) as caller:
        assert caller.ask(get("/in-pieces")).status == 500
    assert app.ends == []


@pytest.mark.parametrize(
    "delivery", cases("the reply has {0}", [{"after_seconds": 0.1}, {"shape": Shape.SLOW}])
)
@pytest.mark.parametrize(
    ("request_", "connection"),
    [
        (get("/deferred", version="1.0"), "close"),
        (get("/deferred", "Connection: close"), "close"),
        (get("/deferred", "Connection: keep-alive", version="1.0"), "Keep-Alive"),
    ],
    ids=["1.0", "1.1 that closes", "1.0 that is kept"],
)
def test_a_connection_ends_or_stays_as_its_caller_asked(
    app: ArrangedApp, port: Port, delivery: dict[str, Any], request_: bytes, connection: str
) -> None:
    app.arrange("/deferred", **{"over_seconds": 0.1, **delivery})
    with Caller(port.number) as caller:
        answer = caller.ask(request_)

        assert answer.body == BODY
        assert answer.headers["connection"] == connection
        if connection == "close":
            assert caller.closed()
        else:
            assert caller.ask(request_).body == BODY


@pytest.mark.parametrize("shape", cases("the reply is {0}", [Shape.WHOLE, Shape.SLOW]))
def test_what_has_no_body_stays_without_one(app: ArrangedApp, port: Port, shape: Shape) -> None:
    app.arrange("/deferred", shape=shape, after_seconds=0.05, over_seconds=0.05)
    with Caller(port.number) as caller:
        caller.send(get("/deferred", method="HEAD") + get("/", "Connection: close"))

        answer = everything(caller)

        assert answer.count(b"HTTP/1.1 202 Accepted\r\nContent-Length: 17\r\n") == 1
        assert (
            answer.count(b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 17\r\n")
            == 1
        )
        assert answer.count(BODY) == 1
        assert b"\r\n\r\nHTTP/1.1" in answer
