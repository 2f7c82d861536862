"""After each run its books are made, once both have told, and a difference is told."""

from decimal import Decimal

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.apps.sums import Sum
from billing_operator.kinds import Manifest, conditions_of
from billing_operator.runs.report import RunReport
from support.operator.billing_shop import begin, billing, end, make, shop, until_books
from support.operator.in_memory import QUIET, OperatorInMemory

PAID = RunReport(True, 200, True, 2, 8, 10, 0)  # noqa: FBT003 - in the order of its fields
PAYMENT = "shop-payment-0"


def counts(paid: int) -> Counts:
    """Invoices of 10 USD each."""
    sums = {"USD": Sum(paid, Decimal(10 * paid))}
    return Counts(paid, 10 - paid, f"1-{paid}", sums)


def charged(operator: OperatorInMemory, count: int) -> None:
    operator.apps.totals_of[PAYMENT] = {"USD": Sum(count, Decimal(10 * count))}


async def a_run(*, accepted: int) -> OperatorInMemory:
    """A run that makes 8 invoices paid, during which payment accepts so many charges."""
    operator = await shop()
    operator.apps.counts["shop"] = counts(2)
    await begin(operator)
    charged(operator, accepted)
    operator.apps.counts["shop"] = counts(10)
    end(operator, PAID)
    return operator


def books(operator: OperatorInMemory) -> Manifest:
    found: Manifest = billing(operator)["lastRun"]["books"]
    return found


async def test_a_run_whose_books_are_right_says_so() -> None:
    operator = await a_run(accepted=8)
    await operator.reconcile()
    await until_books(operator)
    eight = [{"currency": "USD", "count": 8, "amount": "80"}]

    assert (books(operator)["booked"], books(operator)["paid"]) == (eight, eight)
    assert books(operator)["difference"] == []
    assert operator.condition("LedgerMismatch") == ("False", "AsExpected")
    assert "booksBefore" not in billing(operator)["lastRun"]


async def test_a_pay_call_of_somebody_else_during_a_run_is_told() -> None:
    operator = await a_run(accepted=13)
    await operator.reconcile()
    await until_books(operator)
    said = "5 charges and 50 USD more booked than paid"

    assert operator.condition("LedgerMismatch") == ("True", "LedgerMismatch")
    assert said in conditions_of(operator.status)["LedgerMismatch"]["message"]
    assert said in billing(operator)["lastRun"]["message"]
    assert billing(operator)["history"][0]["difference"] == books(operator)["difference"]
    assert "LedgerMismatch" in operator.announced


async def test_while_payment_does_not_tell_the_books_are_still_to_be_made() -> None:
    operator = await a_run(accepted=13)
    operator.apps.silent.add(PAYMENT)
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Succeeded"
    assert "books" not in billing(operator)["lastRun"]
    assert operator.condition("LedgerMismatch") == ("Unknown", "BooksUnknown")

    operator.apps.silent.clear()
    await operator.reconcile()
    await until_books(operator)

    assert operator.condition("LedgerMismatch") == ("True", "LedgerMismatch")


async def test_the_books_of_a_batch_that_may_go_on_are_made_once_it_is_over() -> None:
    operator = await a_run(accepted=8)
    end(operator, None)
    operator.cluster.take("Pod", "run-x")
    await operator.reconcile()
    assert "books" not in billing(operator)["lastRun"]

    for _ in range(3):
        operator.now += QUIET
        await operator.reconcile()

    assert books(operator)["difference"] == []


async def test_of_a_process_that_ended_unseen_nobody_knows_the_books() -> None:
    operator = await a_run(accepted=8)
    pod = operator.cluster.must_get("Pod", PAYMENT)
    operator.cluster.take("Pod", PAYMENT)
    operator.cluster.have(pod | {"metadata": pod["metadata"] | {"uid": "another"}})
    await operator.reconcile()
    await until_books(operator)

    assert "nobody saw its last count" in books(operator)["unknownBecause"]
    assert operator.condition("LedgerMismatch") == ("Unknown", "BooksUnknown")


async def test_what_an_antaeus_forgot_is_in_the_books_and_in_the_reset() -> None:
    operator = await a_run(accepted=8)
    antaeus = operator.cluster.must_get("Pod", "shop-antaeus-0")
    antaeus["status"]["containerStatuses"][0]["restartCount"] = 1
    operator.cluster.have(antaeus)
    operator.apps.counts["shop"] = counts(2)
    await operator.reconcile()
    await until_books(operator)

    assert books(operator)["forgotten"] == [{"currency": "USD", "count": 8, "amount": "80"}]
    assert books(operator)["difference"] == []
    assert operator.status["invoices"]["reset"]["paid"] == 8
    assert operator.status["invoices"]["reset"]["run"] == "run"


async def test_the_last_ten_runs_are_kept() -> None:
    operator = await shop()
    for number in range(12):
        name = f"run-{number}"
        await begin(operator, name)
        end(operator, PAID, name)
        await operator.reconcile()
        await until_books(operator)
        operator.cluster.take("Pod", f"{name}-x")
        operator.cluster.take("Job", name)

    assert [run["job"] for run in billing(operator)["history"]] == [
        f"run-{number}" for number in range(11, 1, -1)
    ]


async def test_one_line_in_the_log_tells_of_each_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    operator = await a_run(accepted=13)
    operator.apps.silent.add(PAYMENT)
    for _ in range(2):
        await operator.reconcile()
    assert "run ended" not in caplog.messages
    operator.apps.silent.clear()
    await until_books(operator)
    await until_books(operator)
    (line,) = (record for record in caplog.records if record.message == "run ended")

    assert line.__dict__["outcome"] == "Succeeded"
    assert line.__dict__["books"] == books(operator)
    assert "5 charges" in line.__dict__["why"]


async def test_of_a_run_without_books_one_line_tells_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    operator = await a_run(accepted=0)
    end(operator, RunReport(explanation="Antaeus does not answer"))
    for _ in range(2):
        await operator.reconcile()

    assert caplog.messages.count("run ended") == 1
    assert "booksBefore" not in billing(operator)["lastRun"]


async def test_what_goes_on_beside_a_run_is_waited_for() -> None:
    """A direct call that began meanwhile charges on after the end of the run."""
    operator = await a_run(accepted=9)
    operator.apps.taken[PAYMENT] = Calls(taken=9, held=1)
    await operator.reconcile()
    make(operator, "next")
    await until_books(operator)
    assert "books" not in billing(operator)["lastRun"]
    assert billing(operator)["waiting"]["job"] == "next"

    charged(operator, 16)
    operator.apps.taken[PAYMENT] = Calls(taken=16, held=0)
    await until_books(operator)
    await until_books(operator)

    assert [row["count"] for row in books(operator)["difference"]] == [8]


async def test_another_run_waits_for_the_books() -> None:
    operator = await a_run(accepted=8)
    await operator.reconcile()
    make(operator, "next")
    await operator.reconcile()
    assert billing(operator)["waiting"]["reason"] == "RunUnderWay"
    assert "the books of run run are still to be made" in billing(operator)["waiting"]["message"]

    await until_books(operator)
    assert billing(operator)["running"]["job"] == "next"


async def test_books_that_cannot_be_made_do_not_hold_up_runs_for_ever() -> None:
    operator = await a_run(accepted=8)
    operator.apps.silent.add(PAYMENT)
    await operator.reconcile()
    operator.now += 301.0
    await operator.reconcile()

    assert "for five minutes" in books(operator)["unknownBecause"]
    assert operator.condition("LedgerMismatch") == ("Unknown", "BooksUnknown")


async def test_a_run_of_which_payment_told_nothing_before_has_no_right_books() -> None:
    operator = await shop()
    operator.apps.counts["shop"] = counts(2)
    make(operator)
    await operator.reconcile()
    operator.apps.silent.add(PAYMENT)
    await begin(operator)
    # It waits for them for a while.
    operator.now += 61.0
    await operator.reconcile()
    end(operator, PAID)
    await operator.reconcile()
    operator.apps.silent.clear()
    await until_books(operator)

    assert "booksBefore" not in billing(operator)["lastRun"]
    assert operator.condition("LedgerMismatch") == ("Unknown", "BooksUnknown")
