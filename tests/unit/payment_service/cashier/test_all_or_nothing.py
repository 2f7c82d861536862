"""What a charge call that fails on its way leaves behind: nothing, over a real socket."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from payment_service.commands import ledger
from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, OutcomeInputs, decide_outcome
from payment_service.profile.document import Profile
from payment_service.service import Service
from payment_service.state.records import Sum
from support.cases import cases
from support.payment.service import Answer, Caller, a_charge, a_request, a_service, log_lines
from support.payment.state_makers import a_charge_of

# 795 decimal places in 400 characters.
DEEP = f"0.{'0' * 300}{'1' * 93}e-400"


def write(folder: Path, **profile: object) -> None:
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **profile}))


def ask(service: Service, value: str = "1", *, currency: str = "USD", headers: str = "") -> Answer:
    body = f'{{"customer_id":1,"currency":{json.dumps(currency)},"value":{value}}}'
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(body.encode(), headers=headers))


class FailsOnce:
    """Decides as the profile says, but for the first call."""

    def __init__(self) -> None:
        self.failed = False

    def __call__(self, profile: Profile, charge: Charge, attempt: int, _: OutcomeInputs) -> Outcome:
        if not self.failed:
            self.failed = True
            raise RuntimeError("failed in between")
        inputs: Any = None  # a plain profile with a seed asks for none
        return decide_outcome(profile, charge, attempt, inputs)


def test_an_amount_of_too_many_decimals_is_refused_and_spoils_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_service(tmp_path, success_rate=1.0) as service:
        refused = [ask(service, DEEP, headers=key) for key in ("", "Idempotency-Key: k\r\n") * 2]
        taken = ask(service, "1", headers="Idempotency-Key: k\r\n")

        assert {answer.status for answer in refused} == {400}
        assert "at most 400 decimal places" in refused[0].json["error"]
        assert (taken.status, taken.json["result"]) == (200, "true")
        assert "idempotent-replayed" not in taken.headers
        assert service.state.totals().rows[1, "USD"].accepted == Sum(1, Decimal(1))
    assert ledger.run([str(tmp_path / "log")], as_json=True) == 0
    assert '"charges": 1' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "status"),
    cases(
        "{0} is answered with {1}",
        [("1e-400", 200), ("10e-401", 400), ("1.0e-400", 400), ("1.0e-399", 200), ("1e308", 200)],
    ),
)
def test_decimals_are_bounded_as_the_exponent_is(tmp_path: Path, value: str, status: int) -> None:
    with a_service(tmp_path) as service:
        assert ask(service, value).status == status


def test_a_currency_that_is_no_code_by_its_length_is_refused(tmp_path: Path) -> None:
    with a_service(tmp_path, success_rate=1.0) as service:
        longest, longer = (ask(service, currency="€" * length) for length in (64, 65))

        assert longest.json == {"result": "true"}
        assert longer.status == 400
        assert "currency must be a string of 1 to 64 characters" in longer.json["error"]


@pytest.mark.parametrize("mode", cases("the mode is {0}", ["Report", "Replay"]))
def test_a_charge_that_failed_in_between_is_no_duplicates_first(tmp_path: Path, mode: str) -> None:
    write(tmp_path, seed=1, duplicates={"mode": mode, "windowSeconds": 3600})
    with a_service(tmp_path, decide=FailsOnce()) as service:
        failed, taken = (ask(service, headers="Idempotency-Key: k\r\n") for _ in range(2))

        assert (failed.status, failed.json["result"]) == (500, "false")
        assert (taken.status, taken.body) == (200, b'{"result":"true"}')
        assert "duplicate-of" not in taken.headers
        assert service.state.totals().rows[1, "USD"].accepted == Sum(1, Decimal(1))


def test_a_call_that_finds_no_place_to_wait_uses_no_attempt_and_no_hit(tmp_path: Path) -> None:
    rule = {"name": "first", "times": 2, "match": {"attempts": {"max": 2}}, "accept": True}
    write(tmp_path, rules=[rule], successRate=0, latency={"fixed": {"seconds": 60}})
    with (
        a_service(tmp_path, deferred_replies=1) as service,
        Caller(service.charges.number) as waiting,
    ):
        waiting.send(a_request(a_charge()))
        eventually(service.charges.deferred, within=5)
        refused = [ask(service, "181.62") for _ in range(3)]

        write(tmp_path, rules=[rule], successRate=0)
        eventually(lambda: service.effective.current.latency is None, within=5)
        taken = [ask(service, "181.62") for _ in range(2)]

    assert [answer.status for answer in refused] == [503] * 3
    assert [answer.json["result"] for answer in taken] == ["true", "false"]
    attempts = [line.get("attempt") for line in log_lines(tmp_path) if line["event"] == "charge"]
    assert attempts == [1, None, None, None, 2, 3]


def test_a_refusal_for_a_charge_alike_in_flight_uses_no_attempt(tmp_path: Path) -> None:
    refusals: list[Answer] = []

    def alike_meanwhile(
        profile: Profile, charge: Charge, attempt: int, inputs: OutcomeInputs
    ) -> Outcome:
        if not refusals:
            refusals.append(ask(service))
        return decide_outcome(profile, charge, attempt, inputs)

    write(tmp_path, duplicates={"mode": "Replay"})
    with a_service(tmp_path, decide=alike_meanwhile) as service:
        ask(service)

        assert refusals[0].status == 409
        assert service.state.next_attempt(a_charge_of(value="1")) == 2
