"""What a stack tells of its tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from billing_operator.inputs import Token
from billing_operator.tokens.secret import Step, TokenSecret
from billing_operator.tokens.state import token_state
from billing_operator.tokens.status import held_message, rotation_message, token_status
from billing_operator.tokens.steps import Blocked, Rotation
from support.operator.builders import a_secret, a_stack, a_token

NOW = datetime(2025, 1, 1, tzinfo=UTC)
AT_REST = token_state(TokenSecret.of(a_secret(token="a", id="first")), None)
STAGED = replace(AT_REST, step=Step.STAGED, other_id="second")
REF = {"secretRef": {"name": "provider"}}


def test_since_when_a_step_waits_is_told_and_not_since_when_it_was_last_looked_at() -> None:
    waits = Rotation(STAGED, Blocked("more"))
    first = token_status(a_stack(), a_token(), waits, NOW)
    assert first is not None
    assert first["rotation"]["lastTransitionTime"] == "2025-01-01T00:00:00Z"

    stack, later = a_stack(status={"token": first}), NOW + timedelta(seconds=60)
    assert token_status(stack, a_token(), waits, later) == first
    promoted = Rotation(replace(STAGED, step=Step.PROMOTED))
    moved = token_status(stack, a_token(), promoted, later) or {}
    assert moved["rotation"] == {
        "step": "Promoted",
        "waitingFor": None,
        "lastTransitionTime": "2025-01-01T00:01:00Z",
    }


def test_what_is_wanted_and_can_not_begin_is_no_rotation_under_way() -> None:
    waits = Rotation(AT_REST, Blocked("run monthly is to end"))
    told = token_status(a_stack(), a_token(), waits, NOW) or {}

    assert told["rotation"]["step"] == "Waiting"
    assert not waits.under_way
    assert rotation_message(waits) is None
    assert held_message(waits) is None


def test_whoever_must_act_is_told_how() -> None:
    held = Rotation(STAGED, Blocked("payment is odd", remedy="make it even"))

    assert held_message(held) == "payment is odd; to mend it, make it even"
    assert rotation_message(held) == (
        "another token takes over, Staged: payment is odd; to mend it, make it even"
    )


def test_the_users_secret_is_named_once_its_token_is_the_one_in_use() -> None:
    stack, copied = a_stack(token=REF), Token("shop-token", "token", "first", generated=False)

    def source(token: Token, *, differs: bool = False) -> tuple[str | None, bool]:
        rotation = Rotation(replace(AT_REST, differs=differs))
        told = token_status(stack, token, rotation, NOW) or {}
        return told["source"], told["generated"]

    assert source(copied) == ("provider", False)
    # A generated one that somebody has put into a Secret of theirs is that one now.
    assert source(a_token()) == ("provider", False)
    assert source(a_token(), differs=True) == (None, True)
    assert source(copied, differs=True) == (None, False)


def test_another_secret_is_not_named_before_its_token_has_taken_over() -> None:
    before = {"token": {"source": "earlier"}}
    copied = Token("shop-token", "token", "first", generated=False)
    told = token_status(
        a_stack(token=REF, status=before), copied, Rotation(replace(AT_REST, differs=True)), NOW
    )

    assert told is not None
    assert told["source"] == "earlier"
