"""What each answer does to Antaeus: what is PAID was charged, and what is not is found.

The stand-in bills four invoices with the service over real sockets, as both known builds do. The
second charge call meets a fault; a silent repeat of it is the third.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from billing_dev.antaeus.builds import Build
from integration.payment_service.antaeus_and_payment import INVOICES, AntaeusAndPayment, services
from support.cases import cases
from support.payment.logged import Commands

TINJIS, PE = Build.TINJIS, Build.PE
STATUSES = (400, 401, 403, 409, 429, 500, 502, 503, 504)
BROKEN_OFF = 500


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


class Row(NamedTuple):
    """One answer and what it does; `paid` and `booked` of four, `sent` of the second charge."""

    name: str
    fault: dict[str, Any]
    pay: object
    paid: int
    booked: int
    sent: int = 1
    always: bool = False

    def profile(self) -> dict[str, Any]:
        often = {} if self.always else {"times": 1}
        return {"faults": [{"name": "a-fault", "skip": 1, **often, "fault": self.fault}]}


def connection(reply: str, *, charged: bool) -> dict[str, Any]:
    return {"charged": charged, "connection": {"reply": reply}}


def words(charged: bool) -> str:  # noqa: FBT001 - it reads well where it is called
    return "charged" if charged else "not charged"


def status_rows(build: Build) -> Iterator[Row]:
    # A status alone says nothing to Antaeus: it reads "false" and tinjis goes on, pe stops.
    goes_on = build is TINJIS
    for code in STATUSES:
        for charged in (False, True):
            paid = 3 if goes_on else 1
            fault = {"charged": charged, "status": {"code": code, "retryAfterSeconds": 9}}
            name = f"status {code}, {words(charged)}"
            yield Row(name, fault, pay=False, paid=paid, booked=paid + charged)


def connection_rows() -> Iterator[Row]:
    for charged in (False, True):
        for reply in ("Empty", "Reset"):
            fault = connection(reply, charged=charged)
            name = f"reply {reply}, {words(charged)}"
            # The repeat is a charge of its own: nothing in it says that it is one.
            yield Row(f"{name}, once", fault, pay=True, paid=4, booked=4 + charged, sent=2)
            booked = 3 if charged else 1
            yield Row(
                f"{name}, always", fault, pay=BROKEN_OFF, paid=1, booked=booked, sent=2, always=True
            )
        for reply in ("Truncated", "Garbage", "Never"):
            fault = connection(reply, charged=charged)
            name = f"reply {reply}, {words(charged)}"
            yield Row(name, fault, pay=BROKEN_OFF, paid=1, booked=1 + charged)


def slow_rows(build: Build) -> Iterator[Row]:
    paid = 3 if build is TINJIS else 1
    for charged in (False, True):
        in_time = {"charged": charged, "slowBody": {"seconds": 0.3}}
        if charged:
            yield Row(f"a slow reply, {words(charged)}", in_time, pay=True, paid=4, booked=4)
        else:
            yield Row(f"a slow reply, {words(charged)}", in_time, pay=False, paid=paid, booked=paid)
        # More than Antaeus waits for each byte.
        too_slow = {"charged": charged, "slowBody": {"seconds": 60}}
        name = f"too slow a reply, {words(charged)}"
        yield Row(name, too_slow, pay=BROKEN_OFF, paid=1, booked=1 + charged)


ROWS = [
    pytest.param(build, row, id=f"build {build}, {row.name}")
    for build in Build
    for row in (*status_rows(build), *connection_rows(), *slow_rows(build))
]


@pytest.mark.parametrize(("build", "row"), ROWS)
def test_what_is_paid_was_charged_and_what_was_charged_but_is_not_paid_is_found(
    tmp_path: Path, commands: Commands, build: Build, row: Row
) -> None:
    with services(tmp_path, build, row.profile()) as both:
        assert both.pay() == row.pay
        assert len(both.antaeus.paid()) == row.paid
        assert both.booked() == row.booked
        assert both.sent()[1] == row.sent

        code, ledger = both.reconciled(commands)
        assert ledger["paid_not_charged"] == []
        surplus = ledger["charged_not_paid"]
        charged = [(each["customer_id"], Decimal(each["amount"])) for each in surplus]
        assert sorted(charged) == sorted(both.surplus().elements())
        assert len(charged) == row.booked - row.paid
        assert code == (1 if charged else 0)


@pytest.mark.parametrize("build", cases("the build is {0}", Build))
@pytest.mark.parametrize("reply", cases("the reply is {0}", ["Empty", "Reset"]))
def test_the_guard_makes_a_silent_repeat_harmless(
    tmp_path: Path, commands: Commands, build: Build, reply: str
) -> None:
    fault = {"name": "lost", "rate": 1, "skip": 1, "times": 1}
    profile = {
        "faults": [{**fault, "fault": connection(reply, charged=True)}],
        "duplicates": {"mode": "Replay"},
    }
    with services(tmp_path, build, profile) as both:
        assert both.pay() is True
        assert both.booked() == INVOICES
        assert both.sent()[1] == 2
        assert both.reconciled(commands)[0] == 0


@pytest.mark.parametrize("build", cases("the build is {0}", Build))
@pytest.mark.parametrize("code", STATUSES)
def test_a_charge_whose_reply_said_false_is_made_again_by_the_next_pay_call(
    tmp_path: Path, commands: Commands, build: Build, code: int
) -> None:
    fault = {"charged": True, "status": {"code": code}}
    profile = {"faults": [{"name": "lost", "times": 1, "fault": fault}]}
    with services(tmp_path, build, profile) as both:
        assert both.pay() is False
        assert both.pay() is True
        assert both.booked() == INVOICES + 1
        code, ledger = both.reconciled(commands)
        assert (code, len(ledger["charged_not_paid"])) == (1, 1)


@pytest.mark.parametrize(
    ("build", "calls"), cases("the build {0} calls {1} times", [(TINJIS, 4), (PE, 1)])
)
def test_what_is_declined_stays_pending_and_pe_stops_there(
    tmp_path: Path, commands: Commands, build: Build, calls: int
) -> None:
    with services(tmp_path, build, {"successRate": 0}) as both:
        assert both.pay() is False
        assert both.antaeus.paid() == []
        assert len(both.sent()) == calls
        assert both.booked() == 0
        assert both.reconciled(commands)[0] == 0


@pytest.mark.parametrize(
    ("build", "calls"), cases("the build {0} calls {1} times", [(TINJIS, 4), (PE, 1)])
)
def test_what_is_refused_over_the_limits_stays_pending_and_is_no_charge(
    tmp_path: Path, commands: Commands, build: Build, calls: int
) -> None:
    profile = {"limits": {"perSecond": 0.001, "burst": 1, "retryAfterSeconds": 7}}
    with services(tmp_path, build, profile) as both:
        assert both.pay() is False
        assert both.antaeus.paid() == [1]
        assert len(both.sent()) == max(2, calls)
        assert both.booked() == 1
        assert both.reconciled(commands)[0] == 0


def test_with_a_wrong_token_nothing_is_charged_and_all_is_tried(
    tmp_path: Path, commands: Commands
) -> None:
    with services(tmp_path, TINJIS, {}, token="another") as both:
        assert both.pay() is False
        assert both.sent() == [1] * INVOICES
        assert both.booked() == 0
        assert both.reconciled(commands)[0] == 0


@pytest.mark.parametrize("build", cases("the build is {0}", Build))
def test_an_answer_that_takes_longer_than_antaeus_waits_is_charged_and_found(
    tmp_path: Path, commands: Commands, build: Build
) -> None:
    with services(tmp_path, build, {"latency": {"fixed": {"seconds": 20}}}) as both:
        assert both.pay() == BROKEN_OFF
        assert both.antaeus.paid() == []
        code, ledger = both.reconciled(commands)
        assert (code, len(ledger["charged_not_paid"])) == (1, 1)


def three_pay_calls(both: AntaeusAndPayment) -> None:
    with ThreadPoolExecutor(3) as callers:
        list(callers.map(lambda _: both.pay(), range(3)))


@pytest.mark.parametrize("build", cases("the build is {0}", Build))
def test_three_pay_calls_at_once_charge_three_times_and_all_of_it_is_found(
    tmp_path: Path, commands: Commands, build: Build
) -> None:
    profile = {"latency": {"fixed": {"seconds": 0.4}}}
    with services(tmp_path, build, profile, antaeus_waits=10) as both:
        three_pay_calls(both)
        assert both.booked() == 3 * INVOICES
        code, ledger = both.reconciled(commands)
        assert (code, len(ledger["charged_not_paid"])) == (1, 2 * INVOICES)
        duplicates = commands.json("ledger", str(tmp_path / "log"))["duplicates"]
        assert len(duplicates) == 2 * INVOICES


@pytest.mark.parametrize("build", cases("the build is {0}", Build))
def test_under_the_guard_three_pay_calls_at_once_charge_everybody_once(
    tmp_path: Path, commands: Commands, build: Build
) -> None:
    profile = {"latency": {"fixed": {"seconds": 0.4}}, "duplicates": {"mode": "Replay"}}
    with services(tmp_path, build, profile, antaeus_waits=10) as both:
        three_pay_calls(both)
        assert both.booked() == len(both.antaeus.paid()) == INVOICES
        assert both.reconciled(commands)[0] == 0
