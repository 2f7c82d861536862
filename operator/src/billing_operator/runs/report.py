"""What the pod of a billing run says at its end, in the few words that its status has room for."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from billing_operator.apps.answers import Counts

LONGEST_MESSAGE = 1000
"""In characters: what the messages of a status have room for, and some to spare."""
# Kubernetes cuts the message of a container off at 4096 bytes.
_MOST_OF_A_TEXT = 400


class Outcome(StrEnum):
    """What became of a run."""

    SUCCEEDED = "Succeeded"
    """The batch has ended, and nothing that was pending was declined."""
    DECLINED = "Declined"
    """The batch has ended, and a charge was declined."""
    REFUSED = "Refused"
    """The batch has ended, and payment did not come to decide on a charge; told by payment."""
    INCOMPLETE = "Incomplete"
    """The batch has ended before it came to all invoices."""
    NOT_SENT = "NotSent"
    """There was no batch."""
    UNKNOWN = "Unknown"
    """There was a batch, or may have been, and it may still go on."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run knows about itself. It is written before the call too: a run may end at any time.

    Attributes:
        sent: whether Antaeus may have been told to pay.
        status: of the answer's HTTP; None where none came.
        answer: what it said, where it said true or false.
        explanation: why the run ended otherwise than it should, in words.
    """

    sent: bool = False
    status: int | None = None
    answer: bool | None = None
    paid_before: int | None = None
    pending_before: int | None = None
    paid_after: int | None = None
    pending_after: int | None = None
    explanation: str = ""

    @property
    def outcome(self) -> Outcome:
        """What became of the run.

        Antaeus answers 500 when a batch breaks off, and 200 at its end; anything else comes from
        somebody in between, who may well have given up a batch that goes on.
        """
        if not self.sent:
            return Outcome.NOT_SENT
        if self.status == 500:
            return Outcome.INCOMPLETE
        if self.status != 200 or self.answer is None:
            return Outcome.UNKNOWN
        return Outcome.SUCCEEDED if self.answer else Outcome.DECLINED

    @property
    def newly_paid(self) -> int | None:
        """Invoices that were paid meanwhile, if both counts are known."""
        if self.paid_before is None or self.paid_after is None:
            return None
        return self.paid_after - self.paid_before

    @property
    def final_counts(self) -> Counts | None:
        """The invoices after the call, if they were read."""
        if self.paid_after is None or self.pending_after is None:
            return None
        return Counts(self.paid_after, self.pending_after)

    def text(self) -> str:
        """As the pod writes it."""
        return json.dumps(asdict(self) | {"explanation": self.explanation[:_MOST_OF_A_TEXT]})

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what a pod has written; None where it is not that."""
        try:
            document = json.loads(text)
            known = cls(**document)
        except (ValueError, TypeError):
            return None
        return known if _is_sound(asdict(known)) else None


def _is_sound(values: dict[str, Any]) -> bool:
    """Whether each value is of its kind; a bool is no count, although it is an int."""
    counts = (values[name] for name in values if name.startswith(("paid", "pending", "status")))
    return (
        isinstance(values["sent"], bool)
        and isinstance(values["answer"], bool | None)
        and isinstance(values["explanation"], str)
        and all(count is None or type(count) is int for count in counts)
    )
