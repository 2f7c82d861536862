"""Decides which Events a change of status is worth: one per transition, none for repetition."""

from dataclasses import dataclass

from billing_operator.kinds import Manifest, conditions_of
from billing_operator.names import INVOICES_RESET, TOKEN_ROTATED


@dataclass(frozen=True, slots=True)
class Announcement:
    """An Event to be made.

    Attributes:
        type: Normal or Warning, as the Event API has them.
    """

    type: str
    reason: str
    message: str


def announcements(before: Manifest, after: Manifest) -> list[Announcement]:
    """What is new between two statuses of a stack."""
    old, new = conditions_of(before), conditions_of(after)
    said = []
    for kind, condition in new.items():
        earlier = old.get(kind, {"status": "False", "reason": ""})
        if kind == "Ready":
            flipped = (earlier["status"], earlier["reason"]) != (
                condition["status"],
                condition["reason"],
            )
        else:
            flipped = condition["status"] == "True" != earlier["status"]
            # Each restart of Antaeus forgets payments of its own.
            again = kind == INVOICES_RESET and condition["message"] != earlier.get("message")
            flipped = flipped or again
        # Reconciling only says what Ready says.
        if flipped and kind != "Reconciling":
            said.append(_announcement(kind, condition))
    rotated = (after.get("token") or {}).get("rotatedAt")
    if rotated and rotated != (before.get("token") or {}).get("rotatedAt"):
        message = "the new token is the only one now; Antaeus was restarted for it, if it ran"
        said.append(Announcement("Normal", TOKEN_ROTATED, message))
    return _without_repetition(said)


def _announcement(kind: str, condition: Manifest) -> Announcement:
    type_ = "Normal" if kind in ("Ready", "Suspended", "Hibernated") else "Warning"
    return Announcement(type_, condition["reason"], condition["message"])


def _without_repetition(said: list[Announcement]) -> list[Announcement]:
    """A fault shows in several conditions; its loudest Event is enough."""
    loudest: dict[tuple[str, str], Announcement] = {}
    for one in said:
        at = (one.reason, one.message)
        if at not in loudest or one.type == "Warning":
            loudest[at] = one
    return list(loudest.values())
