"""Requests that take too long to come, and connections on which none comes."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, cast

import pytest

from billing_dev.eventually import eventually
from payment_service.api.problems import refusal_as_problem
from payment_service.server.channel import Channel
from payment_service.server.overdue import Overdue
from payment_service.server.port import Limits, Port
from support.cases import cases
from support.payment.arranged_app import BODY, ArrangedApp, get, serving
from support.payment.service import Answer, Caller, a_head

SOON = 0.4
LENGTH = "Content-Length: 5"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def hasty(app: ArrangedApp) -> Iterator[Port]:
    """A port that waits for no head, and no body, for longer than a moment."""
    with serving(app, head_seconds=SOON, request_seconds=2 * SOON) as running:
        yield running


@pytest.fixture(scope="module")
def app() -> ArrangedApp:
    return ArrangedApp()


def post(*lines: str) -> bytes:
    return a_head("POST / HTTP/1.1", "Host: shop", *lines)


BEGUN = {
    "one byte": b"G",
    "a request line": b"GET / HTTP/1.1\r\n",
    "a head but for its last line feed": get("/")[:-1],
    "blank lines and a byte": b"\r\n\r\n\r\nG",
    "what is no HTTP": b"\x16\x03\x01\x02\x00\x01",
    "a body but for its last byte": post(LENGTH) + b"1234",
    "a body of which nothing comes": post(LENGTH),
    "chunks without the last": post(CHUNKED) + b"5\r\n12345\r\n",
    "half of a chunk": post(CHUNKED) + b"5\r\n12",
    "trailers without an end": post(CHUNKED) + b"0\r\nX: y\r\n",
}


def assert_late(answer: Answer) -> None:
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    assert answer.json["result"] == "false"
    assert " s" in answer.json["error"]


@pytest.mark.parametrize("begun", BEGUN.values(), ids=[f"it has sent {name}" for name in BEGUN])
def test_a_request_that_never_ends_is_answered_and_its_connection_closed(
    hasty: Port, begun: bytes
) -> None:
    with Caller(hasty.number) as caller:
        caller.send(begun)

        assert_late(caller.answer())
        assert caller.closed()


def test_a_second_request_that_never_ends_is_answered_too(hasty: Port) -> None:
    with Caller(hasty.number) as caller:
        assert caller.ask(get("/")).body == BODY
        caller.send(b"G")

        assert_late(caller.answer())


@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nX: ", b"x", id="the head drips"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"x:\r\n", id="one header after the other drips"),
        pytest.param(post("Content-Length: 60000"), b"x", id="the body drips"),
        pytest.param(post(CHUNKED), b"1\r\nx\r\n", id="the chunks drip"),
        pytest.param(post(CHUNKED) + b"0\r\nX:", b"x", id="the trailers drip"),
    ],
)
def test_a_request_that_drips_is_no_better(hasty: Port, begun: bytes, drop: bytes) -> None:
    with Caller(hasty.number) as caller:
        caller.send(begun)
        drip(caller, drop)

        assert_late(caller.answer())


def drip(caller: Caller, drop: bytes) -> None:
    """Sends it again and again until an answer begins."""
    caller.socket.settimeout(0.02)

    def answered() -> bool:
        caller.send(drop)
        return begins(caller)

    eventually(answered, within=10, every=0)
    caller.socket.settimeout(10)


def begins(caller: Caller) -> bool:
    try:
        return bool(caller.socket.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


def test_a_connection_on_which_nothing_ever_comes_is_closed_without_an_answer(hasty: Port) -> None:
    with Caller(hasty.number) as caller:
        assert caller.closed()


def test_a_connection_on_which_blank_lines_come_is_closed_without_an_answer(hasty: Port) -> None:
    with Caller(hasty.number) as caller:
        caller.send(b"\r\n\r\n\r\n")
        assert caller.closed()


@pytest.mark.parametrize("after", cases("{0} behind its request", [b"", b"\r\n", b"\r\n\r\n\r\n"]))
def test_a_connection_that_has_had_an_answer_may_wait_for_its_next_request(
    hasty: Port, after: bytes
) -> None:
    with Caller(hasty.number) as caller:
        assert caller.ask(get("/") + after).body == BODY
        for _ in range(2):
            with Caller(hasty.number) as silent:
                assert silent.closed()
        assert caller.ask(get("/")).body == BODY


def test_the_time_in_which_a_reply_is_deferred_is_not_that_of_the_next_request(
    app: ArrangedApp,
) -> None:
    app.arrange("/late", after_seconds=1.5)
    with serving(app, head_seconds=1) as port, Caller(port.number) as caller:
        caller.send(get("/late") + get("/next")[:-2])
        assert caller.answer().body == BODY

        assert caller.ask(get("/next")[-2:]).body == BODY


def test_a_late_request_of_the_control_port_is_told_as_a_problem(app: ArrangedApp) -> None:
    limits = Limits(1, head_seconds=SOON)
    port = Port(app, ("127.0.0.1", 0), limits, refusal=refusal_as_problem)
    port.start()
    with Caller(port.number) as caller:
        caller.send(b"G")
        answer = caller.answer()
    port.stop()

    assert (answer.status, answer.json["status"]) == (408, 408)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("sent", cases("each has sent {0}", [b"", b"G", post(LENGTH) + b"1"]))
def test_as_many_as_there_can_be_lock_nobody_out_for_longer(app: ArrangedApp, sent: bytes) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(
            serving(app, connections=12, head_seconds=SOON, request_seconds=2 * SOON)
        )
        for _ in range(12):
            stack.enter_context(Caller(port.number)).send(sent)
        caller = stack.enter_context(Caller(port.number, timeout=60))
        assert caller.ask(get("/")).body == BODY


class Request:
    """What is looked at of a request."""

    def __init__(self, *, headers_finished: bool) -> None:
        self.headers_finished = headers_finished


def test_a_connection_that_is_used_now_and_then_is_not_idle_in_a_full_port() -> None:
    connection, overdue = Connection(), Overdue(10, 30)
    connection.answered = True
    for now in range(30):
        connection.last_activity = now - now % 3  # a request every 3 s, between two looks
        overdue.end([cast("Channel", connection)], now, full=True)
    assert connection.told == []

    for now in range(30, 35):
        overdue.end([cast("Channel", connection)], now, full=now > 33)
    assert connection.told == ["closed"]


class Connection:
    """What is looked at of a connection."""

    busy = answered = False
    last_activity = 0.0

    def __init__(self) -> None:
        self.request: Request | None = None
        self.told: list[str] = []

    def coming(self) -> Request | None:
        return self.request

    def refuse_unfinished(self, _: Request, __: HTTPStatus, detail: str) -> None:
        self.told.append(detail)

    def handle_close(self) -> None:
        self.told.append("closed")


def a_head_comes() -> dict[str, Any]:
    return {"request": Request(headers_finished=False), "busy": False}


def a_body_comes() -> dict[str, Any]:
    return {"request": Request(headers_finished=True), "busy": False}


SERVED = {"request": None, "busy": True, "answered": True}
IDLE = {"request": None, "busy": False, "answered": True}


@pytest.mark.parametrize(
    ("states", "end", "told"),
    [
        pytest.param({}, 10, "closed", id="nothing comes"),
        pytest.param({9: a_head_comes()}, 19, "head", id="a head begins late"),
        pytest.param({3: a_body_comes()}, 33, "request", id="a body does not end"),
        pytest.param({3: SERVED, 5: IDLE}, None, "", id="it has had an answer"),
        pytest.param({3: SERVED, 5: IDLE, 60: a_head_comes()}, 70, "head", id="its second head"),
        pytest.param({3: a_head_comes(), 9: SERVED}, None, "", id="its request is answered"),
        pytest.param(
            {3: a_head_comes(), 9: SERVED, 50: a_head_comes()}, 60, "head", id="after long service"
        ),
        pytest.param(
            {3: a_head_comes(), 9: SERVED, 10: a_head_comes()}, 20, "head", id="one after the other"
        ),
    ],
)
def test_a_connection_ends_at_its_time(states: dict[int, Any], end: int | None, told: str) -> None:
    overdue, connection = Overdue(10, 30), Connection()
    for now in range(100):
        vars(connection).update(states.get(now, {}))
        overdue.end([cast("Channel", connection)], now)
        if connection.told:
            assert now == end
            assert told in connection.told[0]
            return
    assert end is None


def test_the_body_of_a_request_has_what_its_head_has_left() -> None:
    overdue, connection = Overdue(10, 30), Connection()
    request = connection.request = Request(headers_finished=False)
    for now in range(30):
        request.headers_finished = now > 8
        overdue.end([cast("Channel", connection)], now)
    assert connection.told == []
    overdue.end([cast("Channel", connection)], 30)
    assert connection.told == ["the request was not complete within 30 s"]
