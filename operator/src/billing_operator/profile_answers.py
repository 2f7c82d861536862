"""What payment pods tell of their profile, in the terms of the stack that asked for it."""

import re
from dataclasses import dataclass

from billing_operator.names import PROFILE_DIR, PROFILE_KEY

# Texts come from the pod, and the remedy must still fit behind them.
_MOST_CHARACTERS = 1200
_BEGINS_WITH_A_FIELD = re.compile(r"\w+(\.\w+|\[\d+\])*: ")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which tokens a pod takes charges with, by their ids.

    Attributes:
        ids: None stands for a token without one.
        everything: whether it asks for no token at all.
    """

    ids: frozenset[str | None] = frozenset()
    everything: bool = False

    def takes(self, *ids: str | None) -> bool:
        """Whether a charge with any of these tokens is taken."""
        return self.everything or self.ids.issuperset(ids)

    def takes_only(self, token_id: str | None) -> bool:
        """Whether no other token opens it."""
        return self.everything or self.ids == {token_id}


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """What one pod tells.

    Attributes:
        digest: SHA-256 of the profile that it answers by.
        refused: SHA-256 of a newer one that it does not take; None where there is none.
        mistakes: what is wrong with that, in payment's own words.
        accepted: which tokens it takes; None for a payment of a version that does not tell.
    """

    digest: str
    refused: str | None = None
    mistakes: tuple[str, ...] = ()
    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pod that does not take the profile that its stack wants."""

    pod: str
    mistakes: tuple[str, ...]

    def __str__(self) -> str:
        said = "; ".join(map(_of_the_spec, self.mistakes))[:_MOST_CHARACTERS]
        return (
            f"payment: pod {self.pod} refuses the profile and goes on by the one before: {said}; "
            "to mend it, correct or remove these fields, or name a payment that knows them in "
            "spec.payment.image"
        )


def _of_the_spec(mistake: str) -> str:
    text = mistake.removeprefix(f"{PROFILE_DIR}/{PROFILE_KEY}: ")
    return f"spec.payment.{text}" if _BEGINS_WITH_A_FIELD.match(text) else text
