"""How the process ends on a signal."""

import signal
import threading
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from support.payment.service import (
    Caller,
    ServiceProcess,
    a_request,
    charge_count,
    is_draining,
)


def test_new_connections_are_accepted_until_the_door_closes(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, drain_seconds="0.6", idle_seconds="0.2") as service:
        service.signal(signal.SIGTERM)
        eventually(lambda: is_draining(service.ops_port), within=2)

        with Caller(service.port) as caller:
            assert caller.ask(a_request()).headers["connection"] == "close"
        code, lines = service.end(within=10)

    assert code == 0
    assert charge_count(lines) == 1
    with pytest.raises(ConnectionRefusedError):
        Caller(service.port)


def test_without_a_connection_the_end_comes_with_the_closing_of_the_door(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, drain_seconds="0.2", idle_seconds="30") as service:
        service.signal(signal.SIGTERM)

        assert service.end(within=5)[0] == 0


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]],
    ids=["after SIGINT", "after a second SIGTERM"],
)
def test_in_a_hurry_the_waiting_is_left_out(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with (
        ServiceProcess(tmp_path, drain_seconds="60", idle_seconds="60") as service,
        Caller(service.port) as caller,
    ):
        caller.ask(a_request())
        service.signal(signals[0])
        if signals[1:]:
            eventually(lambda: is_draining(service.ops_port), within=2)
            service.signal(signals[1])

        assert service.end(within=5)[0] == 0
        assert caller.closed()


class Customer(threading.Thread):
    """Charges like Antaeus: one connection as long as the service keeps it, then another."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.answered = 0
        self.broken: list[str] = []

    def run(self) -> None:
        while True:
            try:
                caller = Caller(self._port)
            except ConnectionRefusedError:
                return
            with caller:
                self._charge_until_told_to_close(caller)

    def _charge_until_told_to_close(self, caller: Caller) -> None:
        try:
            last = False
            while not last:
                last = caller.ask(a_request()).headers.get("connection") == "close"
                self.answered += 1
        except (AssertionError, OSError) as error:
            self.broken.append(repr(error))


def test_nothing_is_lost_while_callers_go_on_all_the_time(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, drain_seconds="0.5", idle_seconds="1") as service:
        customers = [Customer(service.port) for _ in range(6)]
        for customer in customers:
            customer.start()
        eventually(lambda: all(customer.answered > 5 for customer in customers), within=10)
        service.signal(signal.SIGTERM)
        for customer in customers:
            customer.join()
        code, lines = service.end(within=10)

    assert code == 0
    assert not [customer.broken for customer in customers if customer.broken]
    assert charge_count(lines) == sum(customer.answered for customer in customers)
