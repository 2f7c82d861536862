"""What else goes on while replies are deferred, how many are, and callers that hang up."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from billing_dev.eventually import eventually
from payment_service.server.delivery import Shape
from payment_service.server.idle import LONGEST_PAUSE
from payment_service.server.port import Port
from support.cases import cases
from support.payment.arranged_app import (
    BODY,
    HOUR,
    ArrangedApp,
    defer,
    everything,
    get,
    reset,
    serving,
)
from support.payment.service import Caller

OFTEN = 6
BROKEN = (Shape.EMPTY, Shape.RESET, Shape.TRUNCATED, Shape.GARBAGE, Shape.NEVER)


def test_deferred_replies_take_no_threads(app: ArrangedApp, port: Port) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    with ExitStack() as stack:
        for _ in range(4):
            defer(stack.enter_context(Caller(port.number)), port)
        for _ in range(5):
            caller = stack.enter_context(Caller(port.number, timeout=5))
            assert caller.ask(get("/")).body == BODY
        assert port.deferred() == 4


@pytest.mark.parametrize(
    "delivery", cases("the reply has {0}", [{"after_seconds": 0.2}, {"shape": Shape.SLOW}])
)
def test_requests_behind_a_deferred_one_wait_for_its_reply(
    app: ArrangedApp, port: Port, delivery: dict[str, Any]
) -> None:
    app.arrange("/deferred", **{"over_seconds": 0.2, **delivery})
    with Caller(port.number) as caller:
        caller.send(get("/deferred") + get("/1") + get("/2") + get("/deferred") + get("/3"))
        eventually(port.deferred, within=5, every=0.01)
        assert app.requests == ["/deferred"]

        assert [caller.answer().body for _ in range(5)] == [BODY] * 5
        assert app.requests == ["/deferred", "/1", "/2", "/deferred", "/3"]


@pytest.mark.parametrize("shape", cases("the reply is {0}", BROKEN))
def test_requests_behind_a_broken_reply_are_never_begun(app: ArrangedApp, shape: Shape) -> None:
    app.arrange("/broken", shape=shape, after_seconds=0.1)
    with serving(app, deferred_seconds=0.2) as port, Caller(port.number) as caller:
        caller.send(get("/broken") + get("/1") + get("/2", f"X: {'x' * 20000}"))

        received = everything(caller)

        assert BODY not in received
        # Unread input causes a reset, too.
        assert received.endswith(b"reset") == (shape is Shape.RESET)
        assert app.requests == ["/broken"]


def test_of_what_is_sent_behind_a_deferred_reply_only_a_little_is_taken_in(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    with Caller(port.number, timeout=0.5) as caller:
        defer(caller, port)

        with pytest.raises(TimeoutError):
            caller.send(get("/", f"X: {'x' * 20000}") * 1000)


def test_a_request_that_asks_first_is_deferred_like_any_other(app: ArrangedApp, port: Port) -> None:
    app.arrange("/deferred", after_seconds=0.1)
    asking = get("/deferred", "Content-Length: 3", "Expect: 100-continue", method="POST")
    with Caller(port.number) as caller:
        assert caller.ask(asking).status == 100
        assert caller.ask(b"abc").body == BODY

        caller.send(get("/deferred") + asking)
        assert caller.answer().status == 202
        assert caller.answer().status == 100
        assert caller.ask(b"abc").body == BODY


def test_a_port_tells_when_it_holds_as_many_as_it_may(app: ArrangedApp) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    with serving(app, deferred=2, deferred_seconds=HOUR) as port, ExitStack() as stack:
        callers = [stack.enter_context(Caller(port.number)) for _ in range(2)]
        assert port.can_defer()
        defer(callers[0], port)
        assert port.can_defer()
        defer(callers[1], port)
        assert not port.can_defer()

        callers[0].socket.close()

        eventually(port.can_defer, within=5)


@pytest.mark.parametrize("shape", cases("the reply is {0}", [Shape.WHOLE, Shape.SLOW, Shape.NEVER]))
def test_replies_beyond_the_bound_leave_whole_and_at_once(app: ArrangedApp, shape: Shape) -> None:
    app.arrange("/deferred", shape=shape, after_seconds=HOUR)
    with serving(app, threads=1, deferred=2, deferred_seconds=HOUR) as port, ExitStack() as stack:
        for _ in range(3):  # one more than the bound, as if it had asked together with the second
            defer(stack.enter_context(Caller(port.number)), port)

        with Caller(port.number) as caller:
            assert caller.ask(get("/deferred")).body == BODY
        assert app.ends == [True]
        assert port.deferred() == 3


def test_a_broken_reply_that_waits_for_nothing_needs_no_place(app: ArrangedApp) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    app.arrange("/empty", shape=Shape.EMPTY)
    with serving(app, threads=1, deferred=1, deferred_seconds=HOUR) as port, ExitStack() as stack:
        for _ in range(2):
            defer(stack.enter_context(Caller(port.number)), port)

        with Caller(port.number) as caller:
            caller.send(get("/empty"))
            assert everything(caller) == b""


@pytest.mark.parametrize("hang_up", [Caller.__exit__, reset], ids=["closed", "reset"])
@pytest.mark.parametrize("shape", cases("the reply is {0}", [Shape.WHOLE, Shape.NEVER, Shape.SLOW]))
def test_a_caller_that_hangs_up_frees_its_place(
    app: ArrangedApp, port: Port, shape: Shape, hang_up: Callable[[Caller], None]
) -> None:
    app.arrange("/deferred", shape=shape, after_seconds=HOUR, over_seconds=HOUR)
    caller = Caller(port.number)
    defer(caller, port)

    hang_up(caller)

    eventually(lambda: app.ends, within=5)
    assert app.ends == [False]
    assert not port.deferred()
    assert not port.open_connections()


def test_a_caller_that_hangs_up_in_the_middle_of_a_slow_reply_frees_its_place(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", shape=Shape.SLOW, over_seconds=60)
    with Caller(port.number) as caller:
        defer(caller, port)
        assert caller.socket.recv(1000)

    eventually(lambda: app.ends, within=5)
    assert app.ends == [False]
    assert not port.deferred()


def test_a_caller_that_hangs_up_behind_more_than_is_read_frees_its_place(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    with Caller(port.number) as caller:
        defer(caller, port)
        caller.send(get("/1") + get("/2") + get("/3", f"X: {'x' * 20000}"))

    eventually(lambda: app.ends, within=5)
    assert app.ends == [False]
    assert app.requests == ["/deferred"]
    assert not port.deferred()


@pytest.mark.parametrize("after", cases("the reply is due after {0} s", [0, HOUR]))
def test_a_caller_that_hangs_up_before_its_reply_is_deferred_frees_its_place(
    app: ArrangedApp, port: Port, after: float
) -> None:
    app.arrange("/stuck", shape=Shape.EMPTY, after_seconds=after)
    with Caller(port.number) as caller:
        caller.send(get("/stuck"))
        eventually(lambda: "/stuck" in app.requests, within=5)
        reset(caller)

    app.go.set()

    eventually(lambda: app.ends, within=5)
    # Nobody has noticed by then, if the reply leaves at once.
    assert app.ends == [not after]
    eventually(port.open_connections, lambda left: not left, within=5)
    assert not port.deferred()


def test_callers_that_hang_up_at_any_moment_leave_nothing_behind(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", after_seconds=0.002)
    for turn in range(100):
        caller = Caller(port.number)
        caller.send(get("/deferred"))
        if turn % 2:
            reset(caller)
        else:
            caller.socket.close()

    with Caller(port.number) as caller:
        caller.ask(get("/"))  # all have been accepted
    eventually(port.open_connections, lambda left: not left, within=5)
    eventually(lambda: len(app.ends) == app.requests.count("/deferred"), within=5)
    assert not port.deferred()


def test_what_became_of_a_reply_is_told_before_its_caller_has_it(
    app: ArrangedApp, port: Port
) -> None:
    ends = threading.Event()
    app.arrange("/late", after_seconds=0.01, done=lambda _: ends.set())
    with Caller(port.number) as caller:
        for _ in range(50):
            ends.clear()
            caller.ask(get("/late"))
            assert ends.is_set()


def test_a_reply_is_not_lost_for_who_fails_to_note_it(app: ArrangedApp, port: Port) -> None:
    def fail(_: bool) -> None:  # noqa: FBT001 - the interface's
        raise ValueError

    app.arrange("/late", after_seconds=0.01, done=fail)
    app.arrange("/deferred", after_seconds=HOUR, done=fail)
    with Caller(port.number) as caller:
        defer(caller, port)
    with Caller(port.number) as caller:
        assert caller.ask(get("/late")).body == BODY
        assert caller.ask(get("/late")).body == BODY
    assert port.alive()


def test_who_waits_to_note_a_lost_reply_does_not_hold_up_the_port(
    app: ArrangedApp, port: Port
) -> None:
    noted = threading.Event()
    app.arrange("/deferred", after_seconds=HOUR, done=lambda _: noted.wait(30))
    with Caller(port.number) as caller:
        defer(caller, port)
    eventually(port.deferred, lambda deferred: not deferred, within=5)
    try:
        with Caller(port.number, timeout=5) as caller:
            assert caller.ask(get("/")).body == BODY
    finally:
        noted.set()


def test_a_connection_is_heard_again_as_soon_as_it_was_answered(port: Port) -> None:
    began = time.monotonic()
    with Caller(port.number) as caller:
        for _ in range(OFTEN):
            assert caller.ask(get("/")).body == BODY
    assert time.monotonic() - began < OFTEN * LONGEST_PAUSE / 2


@pytest.mark.parametrize("end", ["its caller asked", "its reply is cut off"])
def test_a_connection_ends_as_soon_as_it_is_to(end: str, app: ArrangedApp, port: Port) -> None:
    app.arrange("/deferred", shape=Shape.NEVER)
    began = time.monotonic()
    for _ in range(OFTEN):
        with Caller(port.number) as caller:
            if end == "its caller asked":
                assert caller.ask(get("/", "Connection: close")).body == BODY
            else:
                defer(caller, port)
                port.cut_off_endless()
            assert caller.closed()
        eventually(lambda: not port.deferred(), within=5, every=0.01)  # or `hold` would count it
    # The loop looks at all connections now and then, which is not what ended them.
    assert time.monotonic() - began < OFTEN * LONGEST_PAUSE / 2
