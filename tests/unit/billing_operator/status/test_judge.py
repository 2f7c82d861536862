"""The status of a stack: same findings, same status, and every condition says what to do."""

from datetime import timedelta
from typing import Any

import pytest

from billing_operator.desired import profile
from billing_operator.errors import ClusterError, Fault, SpecError, Waiting
from billing_operator.kinds import Manifest, timestamp
from billing_operator.reasons import ConditionType, Reason
from support.operator.builders import (
    a_deployment,
    a_pod,
    a_reading,
    a_stack,
    an_installation,
)
from support.operator.judged_status import NOW, UP, conditions, judged

LATER = NOW + timedelta(hours=1)


def summary(status: Manifest) -> dict[str, str]:
    """The three of kstatus, and of the others those that are true."""
    every = {kind: condition["status"] for kind, condition in conditions(status).items()}
    return {kind: of for kind, of in every.items() if kind in WELL or of == "True"}


NO_TOKEN = SpecError(Reason.TOKEN_INVALID, "bad", condition=ConditionType.TOKEN_INVALID)
WELL = {"Ready": "True", "Reconciling": "False", "Stalled": "False"}
UNDER_WAY = {"Ready": "False", "Reconciling": "True", "Stalled": "False"}
STUCK = {"Ready": "False", "Reconciling": "False", "Stalled": "True"}


def test_a_stack_whose_parts_are_ready_is_ready() -> None:
    status = judged()

    assert summary(status) == WELL
    assert conditions(status)["Ready"]["reason"] == "AllReady"


def test_the_same_findings_make_the_same_status_at_any_time() -> None:
    first = judged()

    assert judged(a_stack(status=first), now=LATER) == first


def test_a_condition_tells_since_when_its_status_holds() -> None:
    ready = judged()
    broken = judged(a_stack(status=ready), now=LATER, in_effect=False)

    assert conditions(broken)["Ready"]["lastTransitionTime"] == timestamp(LATER)
    assert conditions(broken)["Stalled"]["lastTransitionTime"] == timestamp(NOW)


def test_another_reason_does_not_move_the_time() -> None:
    first = judged(in_effect=False)
    second = judged(a_stack(status=first), now=LATER, seen=((), ()))

    assert conditions(second)["Ready"]["reason"] == "Creating"
    assert conditions(second)["Ready"]["lastTransitionTime"] == timestamp(NOW)


def test_every_condition_speaks_of_the_generation_that_was_judged() -> None:
    status = judged(a_stack(generation=7))

    assert status["observedGeneration"] == 7
    assert {each["observedGeneration"] for each in status["conditions"]} == {7}


@pytest.mark.parametrize(
    ("seen", "reason", "words"),
    [
        (((), ()), "Creating", "antaeus"),
        (((a_deployment("antaeus"),), ()), "Creating", "payment"),
        (((a_deployment("antaeus", ready=0), a_deployment()), ()), "AntaeusStarting", "0 of 1"),
        (((UP, a_deployment(wanted=3, ready=1)), ()), "PaymentRollingOut", "1 of 3"),
    ],
    ids=["nothing", "no payment", "antaeus starts", "payment rolls out"],
)
def test_what_is_under_way_is_reconciling(seen: Any, reason: str, words: str) -> None:
    status = judged(seen=seen)

    assert summary(status) == UNDER_WAY
    for kind in ("Ready", "Reconciling"):
        assert conditions(status)[kind]["reason"] == reason
        assert words in conditions(status)[kind]["message"]
    assert conditions(status)["Stalled"]["reason"] == "NotStalled"


def test_a_profile_on_its_way_is_reconciling() -> None:
    status = judged(in_effect=False)

    assert summary(status) == UNDER_WAY
    assert conditions(status)["Ready"]["reason"] == "ProfileUpdating"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("ErrImagePull", STUCK), ("New", UNDER_WAY)],
    ids=["an image that cannot be pulled", "a reason that is not known"],
)
def test_trouble_of_a_pod_is_stalled_where_only_a_person_can_mend_it(
    reason: str, expected: dict[str, str]
) -> None:
    pod = a_pod(ready=False, waiting={"reason": reason, "message": "no such image"})
    status = judged(seen=((a_deployment("antaeus"), a_deployment(ready=0)), (pod,)))

    assert summary(status) == expected
    ready = conditions(status)["Ready"]
    assert ready["reason"] == "PodsUnhealthy"
    assert ready["message"].startswith(
        f"payment: 0 of 1 pods ready; pod shop-payment-0: {reason}: no such image"
    )


def test_what_a_person_must_mend_is_told_before_what_may_pass() -> None:
    odd = a_pod(name="a", ready=False, waiting={"reason": "New"})
    needs_action = a_pod(name="b", ready=False, waiting={"reason": "ErrImagePull"})
    status = judged(seen=((a_deployment("antaeus"), a_deployment(ready=0)), (odd, needs_action)))

    assert "pod b: ErrImagePull" in conditions(status)["Stalled"]["message"]


def test_trouble_of_a_rollout_shows_where_no_pod_has_any() -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    broken = a_deployment(ready=0, conditions=[condition])
    status = judged(seen=((a_deployment("antaeus"), broken), ()))

    assert "deployment shop-payment: FailedCreate" in conditions(status)["Stalled"]["message"]


@pytest.mark.parametrize(
    ("fault", "expected", "besides"),
    [
        (NO_TOKEN, STUCK, "TokenInvalid"),
        (SpecError(Reason.APPLY_REJECTED, "bad"), STUCK, None),
        (ClusterError(Reason.FORBIDDEN, "no", status=403), STUCK, "Forbidden"),
        (ClusterError(Reason.API_SERVER_ERROR, "busy", status=500), UNDER_WAY, None),
        (Waiting(Reason.PREVIOUS_STACK_TERMINATING, "soon", seconds=1), UNDER_WAY, None),
    ],
    ids=[
        "no usable token",
        "an object that is rejected",
        "what we may not do",
        "a server that is busy",
        "an earlier stack that is still there",
    ],
)
def test_a_fault_is_told_to_whoever_must_act(
    fault: Fault, expected: dict[str, str], besides: str | None
) -> None:
    status = judged(fault=fault)

    assert summary(status) == expected | ({besides: "True"} if besides else {})
    assert conditions(status)["Ready"]["reason"] == fault.reason
    assert conditions(status)["Ready"]["message"] == fault.message


def test_a_suspended_stack_says_so_and_is_still_judged() -> None:
    assert summary(judged(a_stack(suspend=True))) == WELL | {"Suspended": "True"}


def test_a_message_fits_into_its_field() -> None:
    status = judged(fault=SpecError(Reason.APPLY_REJECTED, "x" * 5000))

    assert len(conditions(status)["Ready"]["message"]) == 2048


def test_the_operator_that_judged_tells_its_version() -> None:
    assert judged()["operatorVersion"] == an_installation().version


def test_endpoints_are_where_the_services_answer() -> None:
    assert judged()["endpoints"] == {
        "antaeus": "http://shop-antaeus.payments.svc:8000",
        "payment": "http://shop-payment.payments.svc:9000",
    }


@pytest.mark.parametrize(
    ("chosen", "url"),
    [
        ({"enabled": True}, "http://antaeus.local"),
        ({"enabled": True, "host": "billing.test", "tlsSecretName": "t"}, "https://billing.test"),
        ({"host": "billing.test"}, None),
    ],
    ids=["by the default host", "by a host with a certificate", "not without being enabled"],
)
def test_an_ingress_is_an_endpoint(chosen: Manifest, url: str | None) -> None:
    assert judged(a_stack(antaeus={"ingress": chosen}))["endpoints"].get("ingress") == url


def test_images_are_those_that_run_and_until_then_those_that_are_wanted() -> None:
    wanted = a_stack(antaeus={"image": "own:1"})

    assert judged(wanted)["antaeus"]["image"] == "example.test/antaeus:1"
    assert judged(wanted, seen=((), ()))["antaeus"]["image"] == "own:1"
    assert judged(seen=((), ()))["payment"]["image"] == an_installation().payment_image


def test_what_waits_for_the_next_start_of_antaeus_is_shown() -> None:
    assert judged(pending_update="image b")["antaeus"]["pendingUpdate"] == "image b"
    assert "pendingUpdate" not in judged()["antaeus"]


def test_the_longest_image_name_fits_into_what_waits() -> None:
    assert len(judged(pending_update="image " + "b" * 512)["antaeus"]["pendingUpdate"]) == 512


def test_payment_shows_its_pods_and_how_to_find_them() -> None:
    seen = ((a_deployment("antaeus"), a_deployment(wanted=3, ready=2)), ())
    payment = judged(a_stack(payment={"replicas": 3}), seen=seen)["payment"]

    assert (payment["replicas"], payment["readyReplicas"], payment["summary"]) == (3, 2, "2/3")
    assert payment["selector"] == ("billing.antaeus.io/part=payment,billing.antaeus.io/stack=shop")


def test_the_success_rate_shows_only_once_it_is_in_effect() -> None:
    stack = a_stack(payment={"successRate": 0})

    assert judged(stack)["payment"]["successRate"] == 0
    assert judged(stack)["payment"]["profile"] == profile.digest(stack)
    assert "successRate" not in judged(stack, in_effect=False)["payment"]


def test_without_a_ready_pod_no_success_rate_is_in_effect() -> None:
    seen = ((a_deployment("antaeus"), a_deployment(wanted=0)), ())

    assert "successRate" not in judged(seen=seen)["payment"]


def test_the_token_is_shown_by_its_place() -> None:
    stack = a_stack(annotations={"billing.antaeus.io/renew-token": "7"})

    assert judged(stack)["token"] == {
        "secretName": "shop-token",
        "generated": True,
        "lastHandledRenew": "7",
    }


def test_a_token_that_is_not_known_now_stays_as_it_was() -> None:
    before = {"token": {"secretName": "shop-token", "generated": True}}

    assert judged(a_stack(status=before), token=None)["token"] == before["token"]
    assert "token" not in judged(token=None)


def test_invoices_tell_when_they_last_changed() -> None:
    first = judged()
    same = judged(a_stack(status=first), now=LATER)
    other = judged(a_stack(status=first), now=LATER, reading=a_reading(3, 7))

    assert first["invoices"] == {
        "paid": 2,
        "pending": 8,
        "total": 10,
        "lastChangeTime": "2025-01-01T12:00:00Z",
        "antaeusInstance": {"podUID": "first", "restartCount": 0},
    }
    assert same["invoices"] == first["invoices"]
    assert other["invoices"]["lastChangeTime"] == "2025-01-01T13:00:00Z"


def test_invoices_that_were_not_read_yet_stay_as_they_were() -> None:
    before = judged()

    assert judged(a_stack(status=before), reading=None)["invoices"] == before["invoices"]
    assert "invoices" not in judged(reading=None)


def test_a_restart_that_forgot_payments_is_a_condition_until_a_person_has_dealt_with_it() -> None:
    forgot = judged(a_stack(status=judged()), now=LATER, reading=a_reading(0, 10, "second"))

    # The stack works: what is wrong is what a pay call would do.
    assert summary(forgot) == WELL | {"InvoicesReset": "True"}
    assert (
        "2 invoices that were paid are pending again"
        in conditions(forgot)["InvoicesReset"]["message"]
    )
    dealt = {"billing.antaeus.io/acknowledge-reset": timestamp(LATER)}
    assert summary(judged(a_stack(status=forgot, annotations=dealt), reading=None)) == WELL


def test_no_token_invoice_or_pod_is_a_value_too() -> None:
    nothing = judged(reading=a_reading(0, 0), seen=((), ()))

    assert nothing["invoices"]["total"] == 0
    assert nothing["antaeus"]["readyReplicas"] == 0
    assert nothing["payment"]["replicas"] == 0
