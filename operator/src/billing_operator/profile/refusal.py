"""A profile that a payment pod refuses, in the terms of the stack that asked for it."""

import re
from dataclasses import dataclass

from billing_operator.names import PROFILE_DIR, PROFILE_KEY

# Texts come from the pod, and the remedy must still fit behind them.
_MOST_CHARACTERS = 1200
_BEGINS_WITH_A_FIELD = re.compile(r"\w+(\.\w+|\[\d+\])*: ")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pod that does not take the profile that its stack wants."""

    pod: str
    mistakes: tuple[str, ...]

    def __str__(self) -> str:
        mistakes = "; ".join(map(_of_the_spec, self.mistakes))[:_MOST_CHARACTERS]
        return (
            f"payment: pod {self.pod} refuses the profile and goes on by the one before: {mistakes}"
            "; to mend it, correct or remove these fields, or name a payment that knows them in "
            "spec.payment.image"
        )


def _of_the_spec(mistake: str) -> str:
    text = mistake.removeprefix(f"{PROFILE_DIR}/{PROFILE_KEY}: ")
    return f"spec.payment.{text}" if _BEGINS_WITH_A_FIELD.match(text) else text
