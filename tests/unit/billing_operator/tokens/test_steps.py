"""What each step of a rotation waits for, row by row; how they follow is in the model's test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing_operator.apps.answers import Accepted
from billing_operator.invoices.activity import Activity
from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_ID
from billing_operator.observed.stack import observe
from billing_operator.tokens.secret import Step
from billing_operator.tokens.state import TokenState
from billing_operator.tokens.steps import (
    Action,
    Blocked,
    Facts,
    PaymentPod,
    antaeus_lacks,
    due_in,
    next_step,
    wanted,
)
from support.operator.builders import a_deployment, a_pod, a_stack

NOW = datetime(2025, 1, 1, tzinfo=UTC)
ASKING = a_stack(annotations={"billing.antaeus.io/rotate-token": "1"})
WITH_A_SECRET = a_stack(token={"secretRef": {"name": "provider"}})


def a_sight(step: Step | None = None, **changes: Any) -> TokenState:
    other = "new" if step is Step.STAGED else None
    made = TokenState(
        id="old",
        other_id=other,
        step=step,
        users=False,
        other_users=False,
        made=NOW,
        rotated_at=None,
        request=None,
    )
    return replace(made, **changes)


def a_payment(*ids: str | None, name: str = "a") -> PaymentPod:
    return PaymentPod(name, answers=True, accepted=Accepted(frozenset(ids)))


STILL = Activity(charging=False, unchanged_seconds=22.0, unknown_because="")
CHARGING = replace(STILL, charging=True)
UNKNOWN = replace(STILL, unknown_because="Antaeus does not tell its invoices")
OLD = PaymentPod("odd", answers=True, accepted=None)
MUTE = PaymentPod("mute", answers=False, accepted=None)
OPEN = PaymentPod("open", answers=True, accepted=Accepted(everything=True))


def facts(*payment: PaymentPod, **changes: Any) -> Facts:
    return Facts(payment, None, **changes)


def waited_for(state: TokenState, found: Facts) -> str:
    step = next_step(ASKING, state, found, NOW)
    assert isinstance(step, Blocked)
    return step.what


@pytest.mark.parametrize("step", [None, *Step])
def test_digests_are_made_where_no_antaeus_may_have_another_token(step: Step | None) -> None:
    state = a_sight(step, sealed=False)
    asleep = facts(a_payment("old"), antaeus_runs=False)

    assert next_step(a_stack(), state, asleep, NOW) is Action.SEAL
    assert next_step(a_stack(), state, facts(a_payment("old")), NOW) is not Action.SEAL
    suspended = replace(asleep, suspended=True)
    assert next_step(a_stack(), state, suspended, NOW) is not Action.SEAL


def test_what_nobody_wants_is_not_begun() -> None:
    assert next_step(a_stack(), a_sight(), facts(a_payment("old")), NOW) is None
    assert next_step(WITH_A_SECRET, a_sight(), facts(), NOW) is None


@pytest.mark.parametrize(
    "pods",
    [(), (a_payment("old"),), (MUTE,), (OPEN,)],
    ids=[
        "no payment pod",
        "a pod with the token in use",
        "a silent pod",
        "a pod that accepts everything",
    ],
)
def test_what_is_wanted_is_begun_whatever_payment_has_by_now(pods: tuple[PaymentPod, ...]) -> None:
    assert next_step(ASKING, a_sight(), facts(*pods), NOW) is Action.STAGE


def test_a_payment_that_tells_no_tokens_is_not_left_behind() -> None:
    for step in (None, Step.STAGED, Step.RETIRING):
        found = next_step(ASKING, a_sight(step), facts(a_payment("old", "new"), OLD), NOW)
        assert isinstance(found, Blocked)
        assert "odd does not tell" in found.what
        assert "spec.payment.image" in (found.remedy or "")


@pytest.mark.parametrize("step", [None, Step.STAGED])
@pytest.mark.parametrize("batch", ["run monthly", "a direct pay call"])
def test_a_batch_is_not_disturbed_and_is_told_for_what_it_is(step: Step | None, batch: str) -> None:
    found = facts(a_payment("old", "new"), batch=batch)

    assert waited_for(a_sight(step), found) == f"{batch} is to end"


def test_a_rotation_that_has_swapped_goes_on_beside_a_billing_run() -> None:
    busy = facts(a_payment("old"), batch="run monthly", activity=CHARGING)

    assert next_step(ASKING, a_sight(Step.PROMOTED), busy, NOW) is Action.RETIRE
    assert next_step(ASKING, a_sight(Step.RETIRING), busy, NOW) is Action.COMPLETE


@pytest.mark.parametrize(
    ("activity", "told"),
    [
        (CHARGING, "nobody is to pay, nor payment to get a charge, for 22 s"),
        (replace(STILL, unchanged_seconds=21.9), "nobody is to pay"),
        (UNKNOWN, "can't be told: Antaeus does not tell its invoices"),
        (replace(UNKNOWN, unchanged_seconds=99.0), "can't be told"),
    ],
    ids=[
        "payment is in the middle of a charge",
        "something has moved lately",
        "Antaeus does not answer",
        "Antaeus does not answer any more",
    ],
)
def test_nobody_who_pays_or_may_pay_is_cut_off(activity: Activity, told: str) -> None:
    found = facts(a_payment("old", "new"), activity=activity, quiet_seconds=22.0)

    assert told in waited_for(a_sight(Step.STAGED), found)


@pytest.mark.parametrize(
    "activity", [STILL, None], ids=["nothing has moved for long enough", "no Antaeus runs"]
)
def test_where_nobody_pays_the_tokens_are_swapped(activity: Activity | None) -> None:
    found = facts(a_payment("old", "new"), activity=activity, quiet_seconds=22.0)

    assert next_step(ASKING, a_sight(Step.STAGED), found, NOW) is Action.PROMOTE


def test_a_person_is_asked_once_a_silence_lasts() -> None:
    held = facts(a_payment("old", "new"), activity=UNKNOWN)
    at_first = next_step(ASKING, a_sight(Step.STAGED), replace(held, waiting_seconds=119.0), NOW)
    later = next_step(ASKING, a_sight(Step.STAGED), replace(held, waiting_seconds=120.0), NOW)

    assert isinstance(at_first, Blocked)
    assert isinstance(later, Blocked)
    assert at_first.remedy is None
    assert "spec.antaeus.replicas to 0" in (later.remedy or "")


@pytest.mark.parametrize(
    "pod",
    [a_payment("old", name="b"), a_payment("new", name="b"), MUTE],
    ids=["a pod with the old token alone", "a pod with the new token alone", "a silent pod"],
)
def test_antaeus_gets_no_token_that_a_payment_pod_may_not_know(pod: PaymentPod) -> None:
    told = waited_for(a_sight(Step.STAGED), facts(a_payment("old", "new"), pod))

    assert told == f"payment: 1 of 2 pods accept both tokens; not yet {pod.name}"


@pytest.mark.parametrize(
    "pods",
    [(), (OPEN,), (a_payment("old", "new", "more"),)],
    ids=["no payment pod", "a pod that accepts everything", "a pod that accepts a third token too"],
)
def test_where_all_accept_both_tokens_they_are_swapped(pods: tuple[PaymentPod, ...]) -> None:
    assert next_step(ASKING, a_sight(Step.STAGED), facts(*pods), NOW) is Action.PROMOTE


def test_the_earlier_token_is_kept_while_antaeus_may_have_it() -> None:
    lacking = replace(facts(), antaeus_lacks="more time")

    assert waited_for(a_sight(Step.PROMOTED), lacking) == "more time"


@pytest.mark.parametrize(
    "pod",
    [a_payment("old", "earlier"), a_payment("earlier"), MUTE],
    ids=["the earlier token beside the one in use", "the earlier token alone", "silent pods"],
)
def test_it_is_not_over_before_all_have_forgotten_the_earlier_token(pod: PaymentPod) -> None:
    pods = [replace(pod, name=name) for name in "abc"]
    told = waited_for(a_sight(Step.RETIRING), facts(*pods))

    assert told == "payment: 0 of 3 pods accept the new token alone; not yet a and 2 more"


def test_what_was_staged_is_exchanged_or_taken_back_while_nobody_has_it() -> None:
    other = a_sight(Step.STAGED, other_differs=True)

    assert next_step(WITH_A_SECRET, replace(other, differs=True), facts(), NOW) is Action.STAGE
    assert next_step(WITH_A_SECRET, other, facts(), NOW) is Action.DROP
    # One that the operator made is nothing to a stack with a Secret of its own, and the reverse.
    theirs = a_sight(Step.STAGED, other_users=True)
    assert next_step(ASKING, theirs, facts(), NOW) is Action.STAGE
    assert next_step(a_stack(), theirs, facts(), NOW) is Action.DROP


def test_a_users_secret_that_is_bad_begins_nothing_and_holds_what_is_staged() -> None:
    bad = a_sight(good=False, differs=True)
    assert next_step(WITH_A_SECRET, bad, facts(), NOW) is None

    staged = replace(bad, step=Step.STAGED, other_differs=True)
    found = next_step(WITH_A_SECRET, staged, facts(), NOW)
    assert isinstance(found, Blocked)
    assert "secretRef" in found.what
    promoted = replace(bad, step=Step.PROMOTED)
    assert next_step(WITH_A_SECRET, promoted, facts(), NOW) is Action.RETIRE


@pytest.mark.parametrize("step", [None, *Step])
def test_nothing_is_written_of_a_suspended_stack(step: Step | None) -> None:
    both = facts(OPEN, suspended=True)

    assert "spec.suspend" in waited_for(a_sight(step), both)


def test_a_token_is_too_old_once_it_is_as_old_as_may_be() -> None:
    stack = a_stack(token={"rotation": {"maxAgeSeconds": 60}})
    young = a_sight(made=NOW - timedelta(seconds=59))

    assert (due_in(stack, young, NOW), wanted(stack, young, NOW)) == (1, False)
    assert wanted(stack, a_sight(made=NOW - timedelta(seconds=60)), NOW)
    assert due_in(a_stack(), young, NOW) is None
    assert due_in(WITH_A_SECRET, young, NOW) is None


def lacks(deployment: Manifest | None, *pods: Manifest) -> str | None:
    return antaeus_lacks(a_stack(), observe([deployment] if deployment else [], pods), "new")


def a_rollout(template: str = "new", **changes: Any) -> Manifest:
    made = a_deployment("antaeus", **changes)
    made["spec"]["template"] = {"metadata": {"annotations": {TOKEN_ID: template}}}
    return made


def antaeus_with(token: str, **changes: Any) -> Manifest:
    return a_pod("antaeus", f"antaeus-{token}", annotations={TOKEN_ID: token}, **changes)


def test_antaeus_has_the_new_token_once_no_pod_is_left_that_may_have_another() -> None:
    assert lacks(a_rollout(), antaeus_with("new")) is None
    assert lacks(a_rollout(wanted=0)) is None
    over = antaeus_with("old", phase="Failed")
    assert lacks(a_rollout(), antaeus_with("new"), over) is None


@pytest.mark.parametrize(
    ("deployment", "pods", "words"),
    [
        (None, (), "deployment of antaeus"),
        (a_rollout("old"), (antaeus_with("old"),), "to be started with the new token"),
        (a_rollout(ready=0), (antaeus_with("new", ready=False),), "0 of 1 pods ready"),
        (a_rollout(generation=2, observed=1), (antaeus_with("new"),), "0 of 1 new pods"),
        (a_rollout(), (antaeus_with("new"), antaeus_with("old", leaving=True)), "antaeus-old is"),
        (a_rollout(wanted=0), (antaeus_with("old", leaving=True),), "antaeus-old is"),
        (a_rollout(), (a_pod("antaeus", "bare"),), "bare is to end"),
    ],
    ids=[
        "it has no deployment",
        "it was not started anew yet",
        "its pod is not ready",
        "its deployment was not observed yet",
        "an old pod is leaving",
        "it is off and an old pod is leaving",
        "a pod that names no token is there",
    ],
)
def test_what_antaeus_lacks_is_told(
    deployment: Manifest | None, pods: tuple[Manifest, ...], words: str
) -> None:
    assert words in (lacks(deployment, *pods) or "")
