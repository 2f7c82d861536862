"""How the service ends, in this process and with short times."""

import threading
import time
from pathlib import Path

from billing_dev.eventually import eventually
from payment_service.lifecycle import drain
from payment_service.outcome.outcome import Outcome
from payment_service.service import Service
from support.payment.service import (
    Caller,
    a_request,
    a_service,
    an_outcome,
    charge_count,
    get,
    is_draining,
    log_lines,
)


class Drain(threading.Thread):
    """A drain under way in a thread of its own; `clean` is what it returns."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self.clean: bool | None = None
        self.start()

    def run(self) -> None:
        self.clean = drain(self._service, waits)

    def end(self) -> bool | None:
        self.join(timeout=30)
        return self.clean


class StuckCharges:
    """A rule that takes as long as the test likes."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.count = 0

    def __call__(self, *_: object) -> Outcome:
        self.count += 1
        self.release.wait(30)
        return an_outcome()


def waits(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def refuses(port: int) -> bool:
    try:
        Caller(port).socket.close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_kept_connection_ends_with_an_announced_answer(tmp_path: Path) -> None:
    with (
        a_service(tmp_path, drain_seconds=0.1, idle_seconds=5) as service,
        Caller(service.charges.number) as caller,
    ):
        assert "connection" not in caller.ask(a_request()).headers
        ending = Drain(service)
        eventually(lambda: refuses(service.charges.number), within=5)

        answer = caller.ask(a_request())

        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        assert caller.closed()
        assert ending.end()
    assert log_lines(tmp_path)[-1]["connections_cut_off"] == 0


def test_a_refusal_ends_its_connection_as_well(tmp_path: Path) -> None:
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        service.announce_end()

        answer = caller.ask(a_request(token="wrong"))

        assert answer.status == 403
        assert answer.headers["connection"] == "close"
        assert caller.closed()


def test_a_caller_of_the_old_protocol_is_told_too(tmp_path: Path) -> None:
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        service.announce_end()

        answer = caller.ask(a_request().replace(b"HTTP/1.1", b"HTTP/1.0"))

        assert answer.headers["connection"] == "close"
        assert caller.closed()


def test_until_the_door_closes_the_service_is_ready_and_accepts(tmp_path: Path) -> None:
    with a_service(tmp_path, drain_seconds=0.5, idle_seconds=0.2) as service:
        ending = Drain(service)
        eventually(lambda: is_draining(service.ops.number), within=2)

        with Caller(service.charges.number) as caller:
            assert caller.ask(a_request()).headers["connection"] == "close"
        assert get(service.ops.number, "/readyz").status == 200
        assert ending.end()


def test_an_idle_connection_is_closed_only_after_its_pause(tmp_path: Path) -> None:
    pause = 0.6
    with (
        a_service(tmp_path, drain_seconds=0, idle_seconds=pause) as service,
        Caller(service.charges.number) as caller,
    ):
        caller.ask(a_request())
        last_request = time.monotonic()
        ending = Drain(service)

        assert caller.closed()
        assert pause - 0.05 <= time.monotonic() - last_request <= pause + 1.5
        assert ending.end()


def test_charges_that_wait_behind_busy_threads_are_all_answered(tmp_path: Path) -> None:
    stuck = StuckCharges()

    times = {"drain_seconds": 0.1, "idle_seconds": 2, "answer_seconds": 20}
    with a_service(tmp_path, decide=stuck, threads=2, **times) as service:
        callers = [Caller(service.charges.number) for _ in range(6)]
        for caller in callers:
            caller.send(a_request())
        eventually(lambda: stuck.count == 2, within=5)
        ending = Drain(service)
        eventually(lambda: refuses(service.charges.number), within=5)

        stuck.release.set()

        answers = [caller.answer() for caller in callers]
        assert {answer.status for answer in answers} == {200}
        assert {answer.headers["connection"] for answer in answers} == {"close"}
        assert ending.end()
        for caller in callers:
            caller.socket.close()
    assert charge_count(log_lines(tmp_path)) == 6


def test_a_charge_that_never_ends_does_not_hold_up_the_end_for_ever(tmp_path: Path) -> None:
    stuck = StuckCharges()

    times = {"drain_seconds": 0, "idle_seconds": 0.1, "answer_seconds": 0.3}
    with (
        a_service(tmp_path, decide=stuck, **times) as service,
        Caller(service.charges.number) as caller,
    ):
        caller.send(a_request())
        eventually(lambda: stuck.count == 1, within=5)

        assert not drain(service, waits)

        stuck.release.set()
    (stopped,) = [line for line in log_lines(tmp_path) if line["event"] == "stopped"]
    assert stopped["connections_cut_off"] == 1


def test_connections_that_wait_to_be_accepted_are_still_served(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        callers = [Caller(service.charges.number) for _ in range(30)]

        service.charges.stop_accepting()

        assert [caller.ask(a_request()).status for caller in callers] == [200] * 30
        for caller in callers:
            caller.socket.close()


def test_the_end_may_come_at_any_moment_of_a_drain(tmp_path: Path) -> None:
    for _ in range(20):
        with a_service(tmp_path) as service:
            service.announce_end()
