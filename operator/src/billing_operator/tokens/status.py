"""What a stack's status tells of its tokens: which Secret, how far a rotation is; never a token."""

from datetime import datetime

from billing_operator.inputs import Token
from billing_operator.kinds import Manifest, timestamp
from billing_operator.spec.stack import Stack
from billing_operator.tokens.steps import Blocked, Rotation

_MOST_CHARACTERS = 512
_NOT_BEGUN = "Waiting"


def token_status(
    stack: Stack, token: Token | None, rotation: Rotation | None, now: datetime
) -> Manifest | None:
    """The part of the status that is about the token; the one of before where nothing is known."""
    before: Manifest | None = stack.status.get("token")
    if token is None:
        return before
    state = rotation.state if rotation else None
    source = None if token.generated else (before or {}).get("source")
    if stack.secret_ref and state and state.good and not state.differs:
        # Also where the operator made it, and somebody has put it into a Secret of theirs.
        source = stack.secret_ref.name
    return {
        "secretName": token.secret_name,
        "generated": token.generated and source is None,
        "source": source,
        # With a token in place every request is settled: one from long ago must not be taken
        # for consent when the token is lost one day.
        "lastHandledRenew": stack.renew_token,
        "lastHandledRotate": _requested(stack, rotation),
        "lastRotationTime": state.rotated_at if state else (before or {}).get("lastRotationTime"),
        "rotation": _rotation(rotation, (before or {}).get("rotation") or {}, now),
    }


def _requested(stack: Stack, rotation: Rotation | None) -> str | None:
    """The last request that was met; with a Secret of the user's, by having looked at that."""
    if rotation is None:
        return (stack.status.get("token") or {}).get("lastHandledRotate")
    return stack.rotate_token if stack.secret_ref else rotation.state.request


def _rotation(rotation: Rotation | None, before: Manifest, now: datetime) -> Manifest | None:
    if rotation is None or not (rotation.under_way or rotation.blocked_by):
        return None
    step = str(rotation.state.step or _NOT_BEGUN)
    return {
        "step": step,
        "waitingFor": rotation.blocked_by and _told(rotation.blocked_by)[:_MOST_CHARACTERS],
        "lastTransitionTime": before["lastTransitionTime"]
        if before.get("step") == step
        else timestamp(now),
    }


def rotation_message(rotation: Rotation | None) -> str | None:
    """What the Ready condition says while a rotation is under way; None while none is."""
    if rotation is None or not rotation.under_way:
        return None
    wait = f": {_told(rotation.blocked_by)}" if rotation.blocked_by else ""
    return f"another token takes over, {rotation.state.step}{wait}"


def held_message(rotation: Rotation | None) -> str | None:
    """What a person must do so that a rotation goes on; None while nobody must act."""
    wait = rotation.blocked_by if rotation else None
    return _told(wait) if wait and wait.remedy else None


def _told(wait: Blocked) -> str:
    return f"{wait.what}; to mend it, {wait.remedy}" if wait.remedy else wait.what
