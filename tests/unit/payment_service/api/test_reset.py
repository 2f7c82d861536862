"""`POST /v1/reset` leaves nothing of what was before, over real sockets."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, OutcomeInputs, decide_outcome
from payment_service.profile.document import Profile
from payment_service.service import Service
from support.cases import cases
from support.payment.control import Control, a_controlled_service
from support.payment.service import Answer, Caller, a_charge, a_request, get, sample

KEY = "Idempotency-Key: k\r\n"


def write(folder: Path, **profile: object) -> None:
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **profile}))


def ask(service: Service, body: bytes | None = None, *, headers: str = "") -> Answer:
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(body or a_charge(), headers=headers))


def reset(control: Control) -> None:
    assert control.ask("POST", "/v1/reset").status == 200


@contextmanager
def deferred(service: Service, headers: str = KEY) -> Iterator[Caller]:
    """A caller whose reply is deferred."""
    with Caller(service.charges.number) as caller:
        caller.send(a_request(a_charge(), headers=headers))
        eventually(service.charges.deferred, within=5)
        yield caller


class Held:
    """Decides the first charge only when it is told to go on."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(
        self, profile: Profile, charge: Charge, attempt: int, inputs: OutcomeInputs
    ) -> Outcome:
        if not self.began.is_set():
            self.began.set()
            self.go.wait(30)
        return decide_outcome(profile, charge, attempt, inputs)


def test_a_reset_frees_the_keys_the_slots_and_the_places_of_deferred_replies(
    tmp_path: Path,
) -> None:
    write(tmp_path, latency={"fixed": {"seconds": 60}}, limits={"concurrent": 1})
    with a_controlled_service(tmp_path) as (service, control), deferred(service) as caller:
        assert ask(service).status == 429

        reset(control)

        assert caller.answer().json == {"result": "true"}
        page = get(service.ops.number, "/metrics").body
        assert sample(page, "payment_replies_deferred") == 0
        with deferred(service):  # with the same key, in the only slot
            assert control.get("/v1/ledger/bookings")["bookings"][0]["amount"] == "181.62"
            assert len(control.get("/v1/ledger/bookings")["bookings"]) == 1
            reset(control)


@pytest.mark.parametrize(
    "fault",
    cases("the fault is {0}", [{"connection": {"reply": "Never"}}, {"slowBody": {"seconds": 60}}]),
)
def test_a_reset_cuts_off_what_is_slow_or_never_comes(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    write(tmp_path, faults=[{"name": "stuck", "fault": fault}])
    with a_controlled_service(tmp_path) as (service, control), deferred(service) as caller:
        reset(control)

        assert service.charges.deferred() == 0
        with pytest.raises((AssertionError, ConnectionResetError)):
            caller.answer()


def test_a_slot_that_was_freed_by_a_reset_is_not_freed_again_by_its_reply(tmp_path: Path) -> None:
    write(tmp_path, latency={"fixed": {"seconds": 60}}, limits={"concurrent": 1})
    with a_controlled_service(tmp_path) as (service, control):
        with deferred(service):
            reset(control)
        with deferred(service):
            assert ask(service).status == 429
            reset(control)


def test_a_charge_that_is_being_decided_counts_before_the_reset_and_those_that_wait_after_it(
    tmp_path: Path,
) -> None:
    held = Held()
    with (
        a_controlled_service(tmp_path, decide=held) as (service, control),
        ThreadPoolExecutor(3) as aside,
    ):
        before = aside.submit(ask, service, a_charge(value=1))
        assert held.began.wait(5)
        resetting = aside.submit(reset, control)
        eventually(lambda: service._cashier._gate._closed, within=5)
        after = aside.submit(ask, service, a_charge(value=2))
        held.go.set()

        assert [one.result(10).json["result"] for one in (before, after)] == ["true", "true"]
        resetting.result(10)
        bookings = control.get("/v1/ledger/bookings")["bookings"]
        assert [booking["amount"] for booking in bookings] == ["2"]
        assert [call["attempt"] for call in control.get("/v1/journal")["calls"]] == [1]


def test_a_reset_that_a_charge_holds_up_is_refused_and_resets_nothing(tmp_path: Path) -> None:
    held = Held()
    with (
        a_controlled_service(tmp_path, decide=held) as (service, control),
        ThreadPoolExecutor(1) as aside,
    ):
        control.put_fault("outage", skip=9)
        charge = aside.submit(ask, service)
        assert held.began.wait(5)

        refused = control.ask("POST", "/v1/reset")
        held.go.set()

        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert "nothing was reset" in refused.json["detail"]
        assert charge.result(10).status == 200
        assert len(control.get("/v1/faults")["faults"]) == 1
        assert len(control.get("/v1/ledger/bookings")["bookings"]) == 1
