"""The operations port."""

import threading
import time
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service import __version__
from payment_service.metrics import Moment, State
from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, OutcomeInputs
from payment_service.profile.document import Profile
from support.cases import cases
from support.payment.service import Caller, a_request, a_service, an_outcome, get, sample

THREADS = 8


def test_a_service_that_serves_is_alive_and_ready(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        assert get(service.ops.number, "/livez").status == 200
        assert get(service.ops.number, "/readyz").status == 200


def test_a_service_that_is_about_to_end_is_ready_until_it_accepts_nobody(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        assert get(service.ops.number, "/readyz").json == {"status": "ready", "draining": False}
        service.announce_end()

        assert get(service.ops.number, "/livez").status == 200
        assert get(service.ops.number, "/readyz").status == 200
        assert get(service.ops.number, "/readyz").json == {"status": "ready", "draining": True}

        service.stop_accepting()

        assert get(service.ops.number, "/livez").status == 200
        assert get(service.ops.number, "/readyz").status == 503
        assert sample(get(service.ops.number, "/metrics").body, "payment_draining") == 1


def test_the_metrics_tell_how_many_replies_are_deferred(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        assert sample(get(service.ops.number, "/metrics").body, "payment_replies_deferred") == 0

        moment = Moment(
            draining=lambda: False,
            deferred=lambda: 7,
            scope=lambda: "process",
            skipped=lambda: {"faults": 2},
        )
        state = State(service.mounted, service.effective, moment, service.lines)

        metrics = {metric.name: metric for metric in state.collect()}
        assert metrics["payment_replies_deferred"].samples[0].value == 7
        assert metrics["payment_state_entries_skipped"].samples[0].value == 2


def test_no_more_replies_are_deferred_than_the_settings_allow(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        assert service.charges.can_defer()
    with a_service(tmp_path, deferred_replies=0) as service:
        assert not service.charges.can_defer()


def test_a_service_whose_charge_port_has_ended_is_not_alive(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        service.charges.stop()

        assert get(service.ops.number, "/livez").status == 503


def test_stuck_charges_do_not_hold_up_the_operations_port(tmp_path: Path) -> None:
    release, waiting = threading.Event(), threading.Semaphore(0)

    def get_stuck(*_: object) -> Outcome:
        waiting.release()
        release.wait(30)
        return an_outcome()

    with a_service(tmp_path, decide=get_stuck, threads=THREADS) as service:
        callers = [Caller(service.charges.number) for _ in range(2 * THREADS)]
        for caller in callers:
            caller.send(a_request())
        for _ in range(THREADS):
            assert waiting.acquire(timeout=10)
        try:
            for path in ("/livez", "/readyz", "/metrics", "/profile"):
                began = time.monotonic()
                assert get(service.ops.number, path, timeout=1).status == 200
                assert time.monotonic() - began < 1
        finally:
            release.set()
        assert [caller.answer().status for caller in callers] == [200] * 2 * THREADS
        for caller in callers:
            caller.socket.close()


def test_every_charge_call_is_counted(tmp_path: Path) -> None:
    def decline_dkk(_: Profile, charge: Charge, __: int, ___: OutcomeInputs) -> Outcome:
        return an_outcome(accepted=charge.currency != "DKK")

    with a_service(tmp_path, decide=decline_dkk) as service:
        with Caller(service.charges.number) as caller:
            for currency in (b"USD", b"USD", b"DKK"):
                caller.ask(a_request(b'{"customer_id":1,"value":1,"currency":"%s"}' % currency))
            caller.ask(a_request(token="wrong"))
            caller.ask(a_request(b"{}"))
        page = get(service.ops.number, "/metrics").body

    accepted, declined = (
        'payment_charges_total{currency="USD",outcome="accepted",reason=""}',
        'payment_charges_total{currency="DKK",outcome="declined",reason="Generic"}',
    )
    assert (sample(page, accepted), sample(page, declined)) == (2, 1)
    assert sample(page, 'payment_charge_refusals_total{reason="Token"}') == 1
    assert sample(page, 'payment_charge_refusals_total{reason="Body"}') == 1
    assert sample(page, "payment_charge_seconds_count") == 3
    assert sample(page, f'payment_build_info{{version="{__version__}"}}') == 1


@pytest.mark.parametrize("path", cases("the path is {0}", ["/", "/api/v1/charge", "/health"]))
def test_no_charge_is_taken_on_the_operations_port(tmp_path: Path, path: str) -> None:
    with a_service(tmp_path) as service, Caller(service.ops.number) as caller:
        assert caller.ask(a_request(path=path)).status == 404


def test_charges_are_not_slowed_by_callers_of_the_operations_port(tmp_path: Path) -> None:
    with a_service(tmp_path, ops_threads=1) as service:
        idle = [Caller(service.ops.number) for _ in range(20)]
        with Caller(service.charges.number) as caller:
            assert caller.ask(a_request()).status == 200
        eventually(lambda: service.ops.open_connections() == 20, within=2)
        for caller in idle:
            caller.socket.close()
