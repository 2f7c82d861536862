"""One Event for each transition, none for repetition."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.status.events import StackEvent, events_for_change


def a_status(**conditions: tuple[str, str]) -> Manifest:
    return {
        "conditions": [
            {"type": kind, "status": status, "reason": reason, "message": f"about {reason}"}
            for kind, (status, reason) in conditions.items()
        ]
    }


READY = a_status(Ready=("True", "AllReady"), Stalled=("False", "NotStalled"))
ROLLING = a_status(Ready=("False", "PaymentRollingOut"), Reconciling=("True", "PaymentRollingOut"))
LOST = a_status(
    Ready=("False", "TokenLost"), Stalled=("True", "TokenLost"), TokenLost=("True", "TokenLost")
)


def test_nothing_new_is_not_announced() -> None:
    assert events_for_change(READY, READY) == []
    assert events_for_change({}, {}) == []


def test_a_stack_that_gets_ready_is_announced() -> None:
    assert events_for_change(ROLLING, READY) == [StackEvent("Normal", "AllReady", "about AllReady")]


def test_the_first_status_is_announced() -> None:
    said = StackEvent("Normal", "PaymentRollingOut", "about PaymentRollingOut")

    assert events_for_change({}, ROLLING) == [said]


def test_another_reason_for_not_being_ready_is_news() -> None:
    after = a_status(Ready=("False", "ProfileUpdating"))

    assert [one.reason for one in events_for_change(ROLLING, after)] == ["ProfileUpdating"]


def test_another_message_is_no_news() -> None:
    after = a_status(Ready=("False", "PaymentRollingOut"))
    after["conditions"][0]["message"] = "1 of 2 pods ready"

    assert events_for_change(ROLLING, after) == []


def test_a_fault_that_shows_in_three_conditions_is_one_warning() -> None:
    assert events_for_change(READY, LOST) == [StackEvent("Warning", "TokenLost", "about TokenLost")]


def test_a_fault_that_goes_on_in_other_words_is_no_news() -> None:
    after = a_status(
        Ready=("False", "TokenLost"), Stalled=("True", "TokenLost"), TokenLost=("True", "TokenLost")
    )
    for condition in after["conditions"]:
        condition["message"] = "still lost"

    assert events_for_change(LOST, after) == []


def test_a_condition_that_ends_is_told_by_ready_alone() -> None:
    assert [one.reason for one in events_for_change(LOST, READY)] == ["AllReady"]


@pytest.mark.parametrize("asked_for", ["Suspended", "Hibernated"])
def test_what_a_person_asked_for_is_no_warning(asked_for: str) -> None:
    after = a_status(Ready=("True", "AllReady"), **{asked_for: ("True", asked_for)})

    assert [one.type for one in events_for_change(READY, after)] == ["Normal"]


def test_each_restart_of_antaeus_that_forgot_payments_is_an_event_of_its_own() -> None:
    def reset(message: str) -> Manifest:
        condition = {"type": "InvoicesReset", "status": "True", "reason": "InvoicesReset"}
        return {"conditions": [condition | {"message": message}]}

    first, second = reset("forgot 2"), reset("forgot 5")

    assert [one.type for one in events_for_change({}, first)] == ["Warning"]
    assert events_for_change(first, first) == []
    assert [one.message for one in events_for_change(first, second)] == ["forgot 5"]
