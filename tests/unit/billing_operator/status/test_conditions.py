"""Every condition is in the status: true, false, or unknown where nobody could tell."""

from billing_operator.errors import ClusterError, SpecError
from billing_operator.reasons import ConditionType, Reason
from support.operator.judged_status import conditions, judged

FAULTS = ("TokenInvalid", "TokenLost", "NameConflict", "Forbidden")
NO_TOKEN = SpecError(Reason.TOKEN_INVALID, "bad", condition=ConditionType.TOKEN_INVALID)


def test_every_condition_is_always_there_so_that_people_can_wait_for_each() -> None:
    assert conditions(judged()).keys() == set(ConditionType)
    assert {each["status"] for each in conditions(judged()).values()} == {"True", "False"}
    of_faults = conditions(judged(fault=NO_TOKEN, incomplete=True))
    assert of_faults.keys() == set(ConditionType)


def test_what_a_pass_did_not_come_to_is_unknown_and_not_well() -> None:
    busy = ClusterError(Reason.API_SERVER_ERROR, "busy", status=500)
    status = conditions(judged(fault=busy, incomplete=True))

    unknown = {kind for kind, condition in status.items() if condition["status"] == "Unknown"}
    assert unknown == {*FAULTS, "TokenRotationHeld"}
    assert {status[kind]["reason"] for kind in unknown} == {"ReconcileIncomplete"}


def test_a_fault_found_at_the_end_of_a_pass_leaves_the_others_known() -> None:
    status = conditions(judged(fault=NO_TOKEN))

    of_faults = {kind: status[kind]["status"] for kind in FAULTS}
    assert of_faults == dict.fromkeys(FAULTS, "False") | {"TokenInvalid": "True"}
