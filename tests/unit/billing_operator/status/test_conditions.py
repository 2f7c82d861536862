"""Every condition is in the status: true, false, or unknown where nobody could tell."""

import pytest

from billing_operator.errors import ClusterError, SpecError
from billing_operator.reasons import ConditionType, Reason
from billing_operator.tokens.secret import TokenSecret
from billing_operator.tokens.state import token_state
from billing_operator.tokens.steps import Rotation
from support.operator.builders import a_reading, a_secret
from support.operator.judged_status import conditions, judged

UID_OF_ANTAEUS = "uid of shop-antaeus-0"
FAULTS = ("TokenInvalid", "TokenLost", "NameConflict", "Forbidden")
NO_TOKEN = SpecError(Reason.TOKEN_INVALID, "bad", condition=ConditionType.TOKEN_INVALID)


def test_every_condition_is_always_there_so_that_people_can_wait_for_each() -> None:
    assert conditions(judged()).keys() == set(ConditionType)
    of_faults = conditions(judged(fault=NO_TOKEN, incomplete=True))
    assert of_faults.keys() == set(ConditionType)


def test_what_a_pass_did_not_come_to_is_unknown_and_not_well() -> None:
    busy = ClusterError(Reason.API_SERVER_ERROR, "busy", status=500)
    status = conditions(judged(fault=busy, incomplete=True))

    unknown = {kind for kind, condition in status.items() if condition["status"] == "Unknown"}
    of_the_pass = {*FAULTS, "TokenRotationHeld"}
    assert unknown >= of_the_pass
    assert {status[kind]["reason"] for kind in of_the_pass} == {"ReconcileIncomplete"}


def test_a_fault_found_at_the_end_of_a_pass_leaves_the_others_known() -> None:
    status = conditions(judged(fault=NO_TOKEN))

    of_faults = {kind: status[kind]["status"] for kind in FAULTS}
    assert of_faults == dict.fromkeys(FAULTS, "False") | {"TokenInvalid": "True"}


@pytest.mark.parametrize(
    ("of", "status"),
    [
        pytest.param(UID_OF_ANTAEUS, "False", id="the Antaeus of now has told its invoices"),
        pytest.param("another", "Unknown", id="it is another one that told them"),
        pytest.param(None, "Unknown", id="none has told them yet"),
    ],
)
def test_no_reset_is_denied_before_the_antaeus_of_now_was_read(of: str | None, status: str) -> None:
    """Who waits for it to be false pays then, and another Antaeus would charge everybody again."""
    reading = a_reading(0, 10, of) if of else None

    assert conditions(judged(reading=reading))["InvoicesReset"]["status"] == status


def test_a_held_rotation_is_not_denied_by_a_pass_that_did_not_look() -> None:
    busy = ClusterError(Reason.API_SERVER_ERROR, "busy", status=500)
    known = Rotation(token_state(TokenSecret.of(a_secret(token="one", id="one")), None))
    status = conditions(judged(fault=busy, incomplete=True, rotation=known))

    assert status["TokenRotationHeld"]["status"] == "Unknown"
