"""What can keep a stack from being as its spec wants it, told apart by who must act."""

from billing_operator.reasons import ConditionType, Reason

REFUSAL_SECONDS = 600.0
"""For so long the same question is not asked again."""


class Fault(Exception):
    """Something that the stack's conditions must tell.

    Attributes:
        condition: type of the condition that holds besides Ready=False, if there is one.
        retry_seconds: when to look again; None leaves it to the queue's backoff.
    """

    condition: ConditionType | None = None
    retry_seconds: float | None = None

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class SpecError(Fault):
    """The user must act; the stack stays as it is until then."""

    # Not only the spec can mend it: a Secret or a foreign object is not watched.
    retry_seconds = 30.0

    def __init__(
        self, reason: Reason, message: str, *, condition: ConditionType | None = None
    ) -> None:
        super().__init__(reason, message)
        self.condition = condition


class Refused(SpecError):
    """The API server does not take what the spec asks for, and would say so again."""

    # Only a rule of the cluster's own, beside the spec, could make another answer likely.
    retry_seconds = REFUSAL_SECONDS

    def __init__(self, answer: str) -> None:
        super().__init__(
            Reason.APPLY_REJECTED, f"the API server refuses what the spec asks for: {answer}"
        )


class Waiting(Fault):
    """Nobody must act; it will pass by itself."""

    def __init__(self, reason: Reason, message: str, *, seconds: float) -> None:
        super().__init__(reason, message)
        self.retry_seconds = seconds


class ClusterError(Fault):
    """The API server did not do what it was asked; an administrator may have to act.

    Attributes:
        status: HTTP status of its answer, 0 when there was none.
    """

    def __init__(
        self, reason: Reason, message: str, *, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(reason, message)
        self.status = status
        self.retry_seconds = retry_after
        self.condition = ConditionType.FORBIDDEN if status == 403 else None


class NotFound(ClusterError):
    """There is no such object."""


class Conflict(ClusterError):
    """The object changed, or exists already."""


class NamespaceLeaving(ClusterError):
    """The namespace is being deleted, and everything in it: nothing is left to do there."""


class StaleCache(Exception):
    """What seemed to be missing is there, so the plan must be made anew; no matter of a user's."""
