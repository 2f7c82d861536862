"""How much a port holds of requests that come in parts, or many at once, over bare sockets."""

import socket
import struct
from contextlib import ExitStack

from billing_dev.eventually import eventually
from payment_service.server.port import Port
from support.payment.arranged_app import BODY, LARGE, ArrangedApp, get, serving
from support.payment.service import Caller

PART = b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 60000\r\n\r\n" + bytes(4000)
MANY = 300


def test_hundreds_of_requests_sent_at_once_are_read_one_by_one_and_answered_in_turn(
    app: ArrangedApp, port: Port
) -> None:
    paths = [f"/{number}" for number in range(MANY)]
    with Caller(port.number) as caller:
        caller.send(b"".join(map(get, paths)))
        assert [caller.answer().status for _ in paths] == [202] * MANY

    assert app.requests == paths


def test_what_comes_behind_a_deferred_reply_is_answered_after_it(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", after_seconds=0.2)
    with Caller(port.number) as caller:
        caller.send(get("/deferred") + get("/behind") + get("/behind")[:20])
        first, second = caller.answer(), caller.answer()
        caller.send(get("/behind")[20:])

        assert [first.status, second.status, caller.answer().status] == [202] * 3
    assert app.requests == ["/deferred", "/behind", "/behind"]


def test_unfinished_requests_over_the_bound_are_refused_and_whole_ones_are_not(
    app: ArrangedApp,
) -> None:
    with serving(app, unfinished=2 * len(PART)) as port, ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(Caller(port.number)).send(PART)
        with Caller(port.number) as third, Caller(port.number) as whole:
            refused = third.ask(PART + bytes(10))
            assert (refused.status, refused.json["code"]) == (503, "TooManyUnfinished")
            assert third.closed()
            assert whole.ask(get("/")).status == 202


def test_blank_lines_behind_an_answer_are_not_counted(app: ArrangedApp) -> None:
    with (
        serving(app, unfinished=2 * len(PART)) as port,
        Caller(port.number) as blank,
        Caller(port.number) as other,
    ):
        for _ in range(20):
            blank.send(b"\r\n" * 500)
            assert blank.ask(get("/")).status == 202
        blank.send(b"\r\n" * 500)
        other.send(get("/")[:20])
        assert other.ask(get("/")[20:]).status == 202


def test_callers_that_reset_their_connections_leave_nothing_counted(app: ArrangedApp) -> None:
    waiting = b"POST / HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 9\r\n"
    with serving(app, unfinished=20_000) as port:
        for _ in range(200):
            with Caller(port.number) as caller:
                caller.send(get("/") + waiting + b"X: " + b"x" * 7000 + b"\r\n\r\n")
                caller.socket.recv(1)
                reset(caller)
        eventually(lambda: not port.open_connections(), within=5)
        with Caller(port.number) as caller:
            caller.send(get("/")[:20])
            assert caller.ask(get("/")[20:]).status == 202


def reset(caller: Caller) -> None:
    caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_of_who_reads_no_answer_no_more_than_one_is_kept(app: ArrangedApp, port: Port) -> None:
    with Caller(port.number) as caller:
        caller.send(get("/large") * 20 + get("/last"))
        eventually(lambda: app.requests, within=5)
        with Caller(port.number) as other:
            for _ in range(20):
                assert other.ask(get("/other")).status == 202
        assert app.requests.count("/large") == 1

        for _ in range(20):
            assert len(caller.answer().body) == len(LARGE)
        assert caller.answer().body == BODY


def test_who_holds_the_most_is_refused_and_not_who_comes_last(app: ArrangedApp) -> None:
    with (
        serving(app, unfinished=2 * len(PART)) as port,
        Caller(port.number) as large,
        Caller(port.number) as small,
    ):
        large.send(PART + bytes(len(PART)))
        eventually(port.open_connections, lambda count: count == 2, within=5)
        small.send(get("/")[:20])

        assert large.answer().status == 503
        assert small.ask(get("/")[20:]).status == 202


def test_what_came_whole_and_waits_still_counts_and_is_never_refused(app: ArrangedApp) -> None:
    body = bytes(3 * len(PART))
    whole = b"POST /stuck HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n\r\n" % len(body)
    with (
        serving(app, unfinished=len(whole + body) + 100) as port,
        Caller(port.number) as waiting,
        Caller(port.number) as large,
        Caller(port.number) as another,
    ):
        waiting.send(whole)
        waiting.send(body)
        eventually(lambda: app.requests, within=5)
        for caller in (large, another):
            caller.send(PART)

            assert caller.answer().status == 503
        app.go.set()
        assert waiting.answer().status == 202


def test_a_full_port_ends_connections_that_ask_nothing_more(app: ArrangedApp) -> None:
    with ExitStack() as stack, serving(app, connections=10, head_seconds=0.4) as port:
        for _ in range(20):
            idle = stack.enter_context(Caller(port.number))
            idle.send(get("/"))
        with Caller(port.number) as newcomer:
            assert newcomer.ask(get("/")).status == 202


def test_what_was_answered_or_left_makes_room_again(app: ArrangedApp) -> None:
    with serving(app, unfinished=2 * len(PART)) as port:
        for _ in range(5):
            with Caller(port.number) as caller:
                caller.send(PART)
                eventually(port.open_connections, within=5)
            eventually(lambda: not port.open_connections(), within=5)
        with Caller(port.number) as caller:
            for _ in range(5):
                caller.send(get("/")[:20])
                assert caller.ask(get("/")[20:]).status == 202
