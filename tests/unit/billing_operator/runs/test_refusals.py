"""What payment refused during a run, by what its pods told before and after."""

import pytest

from billing_operator.apps.answers import Calls
from billing_operator.invoices.activity import Activity
from billing_operator.kinds import Manifest
from billing_operator.runs.refusals import REMEDIES, Refusals, refused_message, refused_since
from payment_service.cashier.records import REFUSALS


def told(**pods: dict[str, int] | None) -> Activity:
    """What pods told: by their starts, what each had refused."""
    calls = tuple(
        (start, Calls(taken=9, held=0, refused=tuple((refused or {}).items())))
        for start, refused in pods.items()
    )
    return Activity(charging=False, unchanged_seconds=0.0, unknown_because="", calls=calls)


def record(activity: Activity) -> Manifest:
    """What is written down of a run as it gets leave to pay."""
    before = Refusals.at_the_time_of(activity)
    assert before is not None
    return {"refusedBefore": before.as_status()}


NONE = told(a={}, b={})
SOME = told(a={"Token": 3}, b={"Token": 1, "Body": 2})


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (NONE, NONE, {}),
        (SOME, SOME, {}),
        (NONE, SOME, {"Token": 4, "Body": 2}),
        (SOME, told(a={"Token": 5}, b={"Token": 1, "Body": 3}), {"Token": 2, "Body": 1}),
        (SOME, told(b={"Token": 1, "Body": 2}, a={"Token": 3}), {}),
        (NONE, told(a={}, c={"Token": 2}), {"Token": 2}),
    ],
    ids=[
        "nothing was refused",
        "nothing more was refused",
        "the first ones were refused",
        "more were refused",
        "the pods are told in another order",
        "a pod that came meanwhile refused some",
    ],
)
def test_what_was_refused_meanwhile_is_told_by_reason(
    before: Activity, after: Activity, refused: dict[str, int]
) -> None:
    found = refused_since(record(before), after)

    assert found == [{"reason": reason, "count": count} for reason, count in refused.items()]


@pytest.mark.parametrize(
    ("known", "after"),
    [
        ({}, SOME),
        (record(SOME), None),
        (record(SOME), Activity(charging=False, unchanged_seconds=0.0, unknown_because="mute")),
        (record(SOME), told(a={"Token": 3}, c={})),
    ],
    ids=[
        "nobody asked before",
        "nobody asked after",
        "a pod did not tell",
        "a pod has gone with what it counted",
    ],
)
def test_what_nobody_can_tell_is_unknown(known: Manifest, after: Activity | None) -> None:
    assert refused_since(known, after) is None


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_message_names_what_mends_each_reason_of_payment(reason: str) -> None:
    message = refused_message([{"reason": reason, "count": 8}, {"reason": "Other", "count": 1}])

    assert f"(8 {reason}, 1 Other)" in message
    assert "spec." in message or reason == "Duplicate"


def test_no_remedy_is_for_a_reason_that_payment_does_not_have() -> None:
    assert REMEDIES.keys() - set(REFUSALS) == set()
