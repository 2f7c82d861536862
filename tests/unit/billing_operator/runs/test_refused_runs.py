"""A run whose charges payment refuses: told as that, until charges are not refused any more."""

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.runs.report import RunReport
from support.operator.billing_shop import begin, billing, end, shop, until_books
from support.operator.in_memory import OperatorInMemory

_TOKEN = Calls(taken=8, held=0, refused=(("Token", 8),))


def report(paid: int = 2, *, status: int = 200) -> RunReport:
    """What a run says that left some invoices pending."""
    return RunReport(
        sent=True,
        status=status,
        answer=paid == 10 if status == 200 else None,
        paid_before=2,
        pending_before=8,
        paid_after=paid,
        pending_after=10 - paid,
    )


async def refused_run(said: RunReport | None = None) -> OperatorInMemory:
    """A stack after a run that payment refused eight charges of."""
    operator = await shop()
    await begin(operator)
    operator.apps.taken["shop-payment-0"] = _TOKEN
    end(operator, said or report())
    await operator.reconcile()
    return operator


def message(operator: OperatorInMemory) -> str:
    found = {each["type"]: each["message"] for each in operator.status["conditions"]}
    return str(found["ChargesRefused"])


async def test_a_run_whose_charges_payment_refuses_is_not_declined() -> None:
    operator = await refused_run()

    last = billing(operator)["lastRun"]
    assert last["outcome"] == "Refused"
    assert last["refused"] == [{"reason": "Token", "count": 8}]
    assert last["message"].startswith("0 newly paid, 8 pending; payment refused charges (8 Token)")
    assert "spec.payment.requireToken to false" in last["message"]
    assert "declined" not in last["message"]
    assert operator.condition("ChargesRefused") == ("True", "ChargesRefused")
    assert "spec.payment.requireToken to false" in message(operator)
    assert {each for each in operator.announced if "Refused" in each} == {
        "BillingRunRefused",
        "ChargesRefused",
    }
    # Nobody saw a batch that may go on.
    assert "unresolvedRun" not in billing(operator)
    await operator.reconcile()
    assert operator.cluster.writes == []


async def test_what_was_refused_before_a_run_is_none_of_it() -> None:
    operator = await shop()
    operator.apps.taken["shop-payment-0"] = _TOKEN
    await begin(operator)
    end(operator, report(5))
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Declined"
    assert operator.condition("ChargesRefused") == ("False", "AsExpected")


async def test_the_next_run_whose_charges_are_not_refused_ends_it() -> None:
    operator = await refused_run()
    await until_books(operator)
    await begin(operator, "next")
    end(operator, report(5), "next")
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Declined"
    assert operator.condition("ChargesRefused") == ("False", "AsExpected")


async def test_a_direct_pay_call_whose_charges_are_accepted_ends_it() -> None:
    operator = await refused_run()
    operator.apps.counts["shop"] = Counts(3, 7)
    await operator.dependencies.invoices.read(operator.stack)
    await operator.reconcile()

    assert operator.condition("ChargesRefused") == ("False", "AsExpected")


async def test_a_batch_that_broke_off_is_told_with_what_was_refused() -> None:
    operator = await refused_run(report(status=500))

    last = billing(operator)["lastRun"]
    assert last["outcome"] == "Incomplete"
    assert "payment refused charges (8 Token)" in last["message"]
    assert operator.condition("ChargesRefused") == ("True", "ChargesRefused")


async def test_what_others_were_refused_while_a_run_paid_all_is_no_fault_of_it() -> None:
    operator = await refused_run(report(10))

    assert billing(operator)["lastRun"]["outcome"] == "Succeeded"
    assert operator.condition("ChargesRefused") == ("False", "AsExpected")


async def test_before_the_first_run_nothing_is_known_to_be_refused() -> None:
    operator = await shop()

    assert operator.condition("ChargesRefused") == ("False", "AsExpected")


async def test_what_was_refused_before_is_known_to_a_new_leader() -> None:
    operator = await shop()
    await begin(operator)
    operator.change_leader()
    operator.apps.taken["shop-payment-0"] = _TOKEN
    end(operator, report())
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Refused"


@pytest.mark.parametrize("restarts", [False, True], ids=["payment is silent", "payment restarted"])
async def test_what_payment_does_not_tell_is_unknown(*, restarts: bool) -> None:
    operator = await shop()
    await begin(operator)
    if restarts:
        pod = operator.cluster.must_get("Pod", "shop-payment-0")
        pod["status"]["containerStatuses"][0]["restartCount"] = 1
        operator.cluster.have(pod)
    else:
        operator.apps.taken.clear()
    end(operator, report())
    await operator.reconcile()

    assert billing(operator)["lastRun"]["outcome"] == "Declined"
    assert "refused" not in billing(operator)["lastRun"]
    assert operator.condition("ChargesRefused") == ("Unknown", "RefusalsUnknown")
