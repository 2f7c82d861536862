"""What becomes of deferred replies when the service ends."""

import time

import pytest

from billing_dev.eventually import eventually
from payment_service.lifecycle import empty
from payment_service.server.delivery import Shape
from payment_service.server.port import Port
from support.cases import cases
from support.payment.arranged_app import BODY, HOUR, ArrangedApp, defer, everything, get, serving
from support.payment.service import Caller


def patiently(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def test_at_the_end_a_deferred_reply_still_leaves_at_its_time_and_ends_its_connection(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/deferred", after_seconds=0.5)
    with Caller(port.number) as caller:
        began = time.monotonic()
        defer(caller, port)
        port.end_connections(idle_seconds=0.1)
        port.stop_accepting()

        assert empty(port, 10, patiently) == 0

        assert time.monotonic() - began >= 0.5
        answer = caller.answer()
        assert answer.body == BODY
        assert answer.headers["connection"] == "close"
        assert caller.closed()
        assert app.ends == [True]


def test_a_reply_that_is_deferred_for_too_long_is_cut_off_at_the_end(app: ArrangedApp) -> None:
    app.arrange("/deferred", after_seconds=HOUR)
    with serving(app, deferred_seconds=HOUR) as port, Caller(port.number) as caller:
        defer(caller, port)
        port.end_connections(idle_seconds=0.1)
        port.stop_accepting()

        assert empty(port, 0.3, patiently) == 1

        assert not app.ends
        port.stop()
        assert app.ends == [False]
        assert everything(caller) == b""


@pytest.mark.parametrize("shape", cases("the reply is {0}", [Shape.NEVER, Shape.SLOW]))
@pytest.mark.parametrize("after", cases("it is due after {0} s", [0, HOUR]))
def test_what_is_slow_or_never_comes_does_not_hold_up_the_end(
    app: ArrangedApp, port: Port, shape: Shape, after: float
) -> None:
    app.arrange("/deferred", shape=shape, after_seconds=after, over_seconds=HOUR)
    with Caller(port.number) as caller:
        defer(caller, port)
        port.end_connections(idle_seconds=0.1)
        port.stop_accepting()

        assert empty(port, 10, patiently) == 0

        assert BODY not in everything(caller)
        eventually(lambda: app.ends, within=5)
        assert app.ends == [False]


def test_what_never_comes_is_cut_off_only_after_the_last_reply_that_does(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/never", shape=Shape.NEVER)
    app.arrange("/deferred", after_seconds=0.5)
    with Caller(port.number) as hopeless, Caller(port.number) as patient:
        defer(hopeless, port, "/never")
        defer(patient, port)
        port.end_connections(idle_seconds=0.1)
        port.stop_accepting()

        assert empty(port, 10, patiently) == 0

        assert patient.answer().body == BODY
        assert hopeless.closed()
        eventually(lambda: app.ends, lambda told: told == [True, False], within=5)


def test_what_never_comes_is_not_cut_off_while_any_other_connection_is_open(
    app: ArrangedApp, port: Port
) -> None:
    app.arrange("/never", shape=Shape.NEVER)
    with Caller(port.number) as hopeless, Caller(port.number) as idle:
        defer(hopeless, port, "/never")
        idle.ask(get("/"))

        port.cut_off_endless()

        assert idle.ask(get("/")).body == BODY  # the loop has been round
        assert idle.ask(get("/")).body == BODY
        assert port.deferred() == 1
