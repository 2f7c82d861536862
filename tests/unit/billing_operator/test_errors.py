"""Faults, told apart by who must act."""

import pytest

from billing_operator.errors import (
    ClusterError,
    Conflict,
    Fault,
    NotFound,
    SpecError,
    Waiting,
)
from billing_operator.reasons import ConditionType, Reason


def test_a_users_mistake_is_looked_at_again_since_more_than_the_spec_may_mend_it() -> None:
    fault = SpecError(Reason.TOKEN_INVALID, "no token", condition=ConditionType.TOKEN_INVALID)

    assert (fault.reason, fault.message, str(fault)) == ("TokenInvalid", "no token", "no token")
    assert (fault.condition, fault.retry_seconds) == ("TokenInvalid", 30.0)
    assert SpecError(Reason.APPLY_REJECTED, "bad").condition is None


def test_what_passes_by_itself_says_when_to_look_again() -> None:
    assert Waiting(Reason.NO_ANSWER, "soon", seconds=1.5).retry_seconds == 1.5


@pytest.mark.parametrize(("status", "condition"), [(403, "Forbidden"), (500, None), (0, None)])
def test_only_a_missing_right_is_a_condition_of_its_own(status: int, condition: str | None) -> None:
    assert ClusterError(Reason.API_SERVER_ERROR, "x", status=status).condition == condition


def test_the_server_may_say_when_to_come_back() -> None:
    assert ClusterError(Reason.API_SERVER_ERROR, "x", retry_after=7.0).retry_seconds == 7.0
    assert ClusterError(Reason.API_SERVER_ERROR, "x").retry_seconds is None


@pytest.mark.parametrize("kind", [NotFound, Conflict])
def test_special_answers_are_answers_of_the_cluster(kind: type[ClusterError]) -> None:
    fault = kind(Reason.API_SERVER_ERROR, "x", status=409, retry_after=1.0)

    assert isinstance(fault, ClusterError)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.retry_seconds) == (409, 1.0)
