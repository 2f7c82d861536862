"""What is known of a stack's tokens without knowing any of them."""

from dataclasses import dataclass
from datetime import datetime

from billing_operator.tokens.secret import Step, TokenSecret


@dataclass(frozen=True, slots=True)
class TokenState:
    """The same as a rotation goes by it.

    Attributes:
        users: whether the current one was taken from a user's Secret; other_users: the other one.
        made: since when the current one is in use.
        rotated_at: when the last rotation was complete.
        request: the last one that was met.
        differs: whether the user's Secret has another token than the current one.
        other_differs: whether it has another one than the other.
        good: whether what is to be used can be read: false while a user's Secret is no good.
        sealed: whether each token has a digest of what it is.
    """

    id: str | None
    other_id: str | None
    step: Step | None
    users: bool
    other_users: bool
    made: datetime
    rotated_at: str | None
    request: str | None
    differs: bool = False
    other_differs: bool = False
    good: bool = True
    sealed: bool = True

    @property
    def under_way(self) -> bool:
        """Whether a rotation has begun and is not complete."""
        return self.step is not None


def token_state(own: TokenSecret, users: str | None, *, good: bool = True) -> TokenState:
    """What a Secret says, without the tokens.

    Args:
        users: the token of the user's own Secret; None where none is named or it is no good.
    """
    other = own.other
    return TokenState(
        id=own.current.id,
        other_id=other.id if other else None,
        step=own.step,
        users=own.current.users,
        other_users=other is not None and other.users,
        made=own.made,
        rotated_at=own.rotated_at,
        request=own.request,
        differs=users not in (None, own.current.text),
        other_differs=other is not None and users != other.text,
        good=good,
        sealed=own.sealed,
    )
