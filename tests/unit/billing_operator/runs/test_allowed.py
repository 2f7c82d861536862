"""Whether a pay call may be made now: what speaks against it is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from billing_operator.apps.answers import Calls, Counts
from billing_operator.apps.sums import of_status
from billing_operator.books.ledger import Snapshot
from billing_operator.kinds import Manifest, conditions_of
from billing_operator.runs.allowed import Allowed, billing_allowed
from billing_operator.runs.context import ObservedRuns
from support.operator.admission_context import FIRST, a_context
from support.operator.billing_shop import as_another, begin, billing, end, make, shop
from support.operator.builders import a_reading, a_stack
from support.operator.in_memory import QUIET, OperatorInMemory

NOBODY = ObservedRuns((), None, QUIET)
READ = replace(a_reading(), accepted=Snapshot({}, 2))
RUN: Manifest = {"job": "run", "uid": "uid of run", "time": "2025-01-01T00:00:30Z"}


def judged(
    status: Manifest | None = None,
    *,
    spec: Manifest | None = None,
    observed: ObservedRuns | None = NOBODY,
    **changes: Any,
) -> Allowed:
    context = a_context(**{"reading": READ, **changes})
    return billing_allowed(a_stack(**(spec or {})), status or {}, observed, context)


def test_it_is_allowed_where_nothing_speaks_against_it() -> None:
    assert judged() == ("True", None, "a pay call now charges nobody twice, as far as is known")


def test_what_keeps_the_invoices_from_being_read_is_told() -> None:
    why = "payment pod shop-payment-0 on node node-1 does not tell what it accepted"

    assert why in judged(reading=None, unread=why).message
    assert why in judged(reading=replace(READ, accepted=None), unread=why).message


@pytest.mark.parametrize(
    ("arranged", "status", "reason"),
    [
        ({"spec": {"suspend": True}}, "False", "Suspended"),
        ({"spec": {"hibernate": True}}, "False", "Hibernated"),
        ({"status": {"running": RUN}}, "False", "RunUnderWay"),
        ({"status": {"unresolvedRun": RUN | {"antaeusInstance": FIRST}}}, "False", "UnresolvedRun"),
        ({"status": {"unmanagedRun": RUN}}, "False", "UnmanagedPayCall"),
        ({"status": {"unknownPast": RUN}}, "False", "StatusLost"),
        ({"reset": True}, "False", "InvoicesReset"),
        ({"rotating": True}, "False", "TokenRotating"),
        ({"unready": "PaymentRollingOut: 1 of 2"}, "False", "NotReady"),
        ({"takes_charges": False}, "False", "NoPaymentPod"),
        ({"reading": None}, "Unknown", "InvoicesUnknown"),
        ({"instance": None}, "Unknown", "InvoicesUnknown"),
        ({"reading": replace(READ, accepted=None)}, "Unknown", "ActivityUnknown"),
        ({"observed": None}, "Unknown", "RunsUnknown"),
    ],
    ids=[
        "suspended",
        "hibernated",
        "a run",
        "a run of unknown end",
        "a direct call",
        "no status",
        "a reset",
        "a rotation",
        "not ready",
        "no payment pod",
        "never read",
        "no Antaeus",
        "payment does not tell",
        "no Jobs",
    ],
)
def test_what_speaks_against_it_is_its_reason(
    arranged: dict[str, Any], status: str, reason: str
) -> None:
    found = judged(**arranged)

    assert (found.status, found.reason) == (status, reason)
    assert found.message


async def test_it_says_no_from_the_beginning_of_a_run_to_its_end() -> None:
    operator = await shop()
    assert operator.condition("BillingAllowed") == ("True", "AsExpected")
    await begin(operator)
    assert operator.condition("BillingAllowed") == ("False", "RunUnderWay")
    end(operator, None)
    operator.cluster.take("Pod", "run-x")
    await operator.reconcile()

    assert operator.condition("BillingAllowed") == ("False", "UnresolvedRun")


async def test_it_is_unknown_from_a_restart_of_antaeus_to_the_next_reading() -> None:
    """Ready stays True meanwhile, with the counts of the one before."""
    operator = await shop()
    antaeus = operator.cluster.must_get("Pod", "shop-antaeus-0")
    antaeus["status"]["containerStatuses"][0]["restartCount"] = 1
    operator.cluster.have(antaeus)
    await operator.reconcile()

    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("BillingAllowed") == ("Unknown", "InvoicesUnknown")


async def lost(**spec: object) -> OperatorInMemory:
    """A stack that lost its status, beside an Antaeus that is at work, and another operator."""
    operator = await shop(**spec)
    operator.apps.counts["shop"] = Counts(2, 8, paid_ids="1,6")
    body = operator.cluster.must_get("BillingStack", "shop")
    body["status"] = {}
    operator.cluster.have(body)
    other = as_another(operator)
    await other.reconcile()
    await other.reconcile()
    return other


async def test_a_status_that_is_emptied_beside_the_operator_that_wrote_it_is_lost_as_well() -> None:
    operator = await shop()
    body = operator.cluster.must_get("BillingStack", "shop")
    body["status"] = {}
    operator.cluster.have(body)
    await operator.reconcile()
    await operator.reconcile()

    assert operator.condition("BillingAllowed") == ("False", "StatusLost")


async def test_a_stack_that_lost_its_status_is_not_trusted_before_all_has_been_still() -> None:
    operator = await lost()
    make(operator)
    await operator.reconcile()
    assert operator.condition("BillingAllowed") == ("False", "StatusLost")
    assert billing(operator)["waiting"]["reason"] == "StatusLost"
    assert "StatusLost" in operator.announced

    for _ in range(3):
        operator.now += QUIET
        await operator.reconcile()

    assert "unknownPast" not in billing(operator)
    assert billing(operator)["running"]["job"] == "run"


def _restarted(pod: Manifest) -> None:
    pod["status"]["containerStatuses"][0]["restartCount"] = 1


def _made_later(pod: Manifest) -> None:
    pod["metadata"]["creationTimestamp"] = "2025-01-01T00:00:06Z"


@pytest.mark.parametrize("change", [_restarted, _made_later])
@pytest.mark.parametrize("persistent", [False, True])
async def test_an_antaeus_that_was_started_anew_is_trusted_only_if_it_keeps_invoices(
    change: Callable[[Manifest], None], *, persistent: bool
) -> None:
    """Payment may have been restarted as well, so that nobody counts what was forgotten."""
    claim = {"existingClaim": "invoices"}
    spec = {"antaeus": {"persistence": claim | {"mountPath": "/data"}}} if persistent else {}
    operator = await lost(**spec)
    pod = operator.cluster.must_get("Pod", "shop-antaeus-0")
    change(pod)
    operator.cluster.have(pod)
    await operator.reconcile()
    await operator.dependencies.invoices.read(operator.stack)
    for _ in range(4):
        operator.now += QUIET
        await operator.reconcile()

    known = operator.status.get("billing", {})
    assert ("unknownPast" in known) is not persistent
    if change is _made_later and not persistent:
        message = conditions_of(operator.status)["BillingAllowed"]["message"]
        assert "Antaeus has been started anew since the stack was made" in message


async def test_nor_while_somebody_charges() -> None:
    operator = await lost()
    for taken in range(3):
        operator.now += QUIET
        operator.apps.taken["shop-payment-0"] = Calls(taken=taken, held=1)
        await operator.reconcile()

    assert operator.condition("BillingAllowed") == ("False", "StatusLost")


async def test_a_person_may_say_that_it_is_to_be_trusted() -> None:
    operator = await lost()
    operator.annotate(acknowledge_run=billing(operator)["unknownPast"]["time"])
    await operator.reconcile()

    assert "unknownPast" not in operator.status.get("billing", {})


async def test_a_new_stack_has_lost_no_status() -> None:
    operator = OperatorInMemory()
    await operator.bring_up()

    assert "StatusLost" not in operator.announced
    assert "billing" not in operator.status


async def test_a_stack_of_which_payment_accepted_more_than_is_paid_waits_for_a_person() -> None:
    """Antaeus has forgotten some of it, and no status tells of that."""
    operator = await lost()
    told = of_status([{"currency": "EUR", "count": 3, "amount": "30"}])
    assert told is not None
    operator.apps.totals_of["shop-payment-0"] = told
    for _ in range(3):
        operator.now += QUIET
        await operator.reconcile()
    condition = conditions_of(operator.status)["BillingAllowed"]

    assert condition["reason"] == "StatusLost"
    assert "Payment accepted 3 charges and fewer invoices are paid" in condition["message"]

    operator.annotate(acknowledge_run=billing(operator)["unknownPast"]["time"])
    await operator.reconcile()
    assert "unknownPast" not in operator.status.get("billing", {})
