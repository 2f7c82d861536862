"""How the process ends, with shorter times than it has by default."""

import signal
import threading
import time
from pathlib import Path

import pytest

from payment_service.decision import Decision
from payment_service.lifecycle import drain
from support.eventually import eventually
from support.payment import (
    Caller,
    ServiceProcess,
    a_request,
    a_service,
    get,
    log_lines,
)

ACCEPTED = 200


def charge_count(lines: list[dict[str, object]]) -> int:
    return sum(line["event"] == "charge" for line in lines)


def test_a_kept_connection_ends_with_an_announced_answer(tmp_path: Path) -> None:
    with (
        ServiceProcess(tmp_path, drain_seconds="0.3", idle_seconds="5") as service,
        Caller(service.port) as caller,
    ):
        assert "connection" not in caller.ask(a_request()).headers
        service.signal(signal.SIGTERM)
        eventually(lambda: get(service.ops_port, "/readyz").status == 503, within=2)

        answer = caller.ask(a_request())

        assert answer.status == ACCEPTED
        assert answer.headers["connection"] == "close"
        assert caller.closed()
        code, lines = service.end(within=10)
    assert code == 0
    assert charge_count(lines) == 2
    assert lines[-1]["connections_cut_off"] == 0


def test_new_connections_are_accepted_until_the_door_closes(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, drain_seconds="0.6", idle_seconds="0.2") as service:
        service.signal(signal.SIGTERM)
        eventually(lambda: get(service.ops_port, "/readyz").status == 503, within=2)

        with Caller(service.port) as caller:
            assert caller.ask(a_request()).headers["connection"] == "close"
        code, lines = service.end(within=10)

    assert code == 0
    assert charge_count(lines) == 1
    with pytest.raises(ConnectionRefusedError):
        Caller(service.port)


def test_an_idle_connection_is_closed_only_after_its_pause(tmp_path: Path) -> None:
    idle = 0.8
    with (
        ServiceProcess(tmp_path, drain_seconds="0", idle_seconds=str(idle)) as service,
        Caller(service.port) as caller,
    ):
        caller.ask(a_request())
        last_request = time.monotonic()
        service.signal(signal.SIGTERM)

        assert caller.closed()
        assert idle - 0.05 <= time.monotonic() - last_request <= idle + 1.5
        assert service.end(within=10)[0] == 0


def test_without_a_connection_the_end_comes_with_the_closing_of_the_door(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, drain_seconds="0.2", idle_seconds="30") as service:
        service.signal(signal.SIGTERM)

        assert service.end(within=5)[0] == 0


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]])
def test_in_a_hurry_the_waiting_is_left_out(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with (
        ServiceProcess(tmp_path, drain_seconds="60", idle_seconds="60") as service,
        Caller(service.port) as caller,
    ):
        caller.ask(a_request())
        service.signal(signals[0])
        if signals[1:]:
            eventually(lambda: get(service.ops_port, "/readyz").status == 503, within=2)
            service.signal(signals[1])

        assert service.end(within=5)[0] == 0
        assert caller.closed()


def test_charges_that_wait_behind_busy_threads_are_all_answered(tmp_path: Path) -> None:
    release = threading.Event()

    def get_stuck(*_: object) -> Decision:
        release.wait(30)
        return Decision(accepted=True)

    times = {"drain_seconds": 0.1, "idle_seconds": 0.1, "answer_seconds": 20}
    with a_service(tmp_path, decide=get_stuck, threads=2, **times) as service:
        callers = [Caller(service.charges.number) for _ in range(6)]
        for caller in callers:
            caller.send(a_request())
        eventually(lambda: service.charges.open_connections() == 6, within=5)
        clean: list[bool] = []
        draining = threading.Thread(target=lambda: clean.append(drain(service, waits)))
        draining.start()
        eventually(lambda: refuses(service.charges.number), within=5)

        release.set()

        answers = [caller.answer() for caller in callers]
        assert {answer.status for answer in answers} == {ACCEPTED}
        assert {answer.headers["connection"] for answer in answers} == {"close"}
        draining.join()
        for caller in callers:
            caller.socket.close()
    assert clean == [True]
    assert charge_count(log_lines(tmp_path)) == 6


def test_a_charge_that_never_ends_does_not_hold_up_the_end_for_ever(tmp_path: Path) -> None:
    release = threading.Event()

    def get_stuck(*_: object) -> Decision:
        release.wait(30)
        return Decision(accepted=True)

    times = {"drain_seconds": 0, "idle_seconds": 0.1, "answer_seconds": 0.3}
    with (
        a_service(tmp_path, decide=get_stuck, **times) as service,
        Caller(service.charges.number) as caller,
    ):
        caller.send(a_request())
        eventually(lambda: service.charges.open_connections() == 1, within=5)

        assert not drain(service, waits)

        release.set()
    assert log_lines(tmp_path)[-1]["connections_cut_off"] == 1


def test_connections_that_wait_to_be_accepted_are_still_served(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        callers = [Caller(service.charges.number) for _ in range(30)]

        service.charges.stop_accepting()

        assert [caller.ask(a_request()).status for caller in callers] == [ACCEPTED] * 30
        for caller in callers:
            caller.socket.close()


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


def waits(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def refuses(port: int) -> bool:
    try:
        Caller(port).socket.close()
    except ConnectionRefusedError:
        return True
    return False
