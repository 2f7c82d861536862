"""What a person asks for while the service runs: a fault for a while."""

from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from payment_service.profile import values
from payment_service.profile.entries import Fault, FaultEntry, Match
from payment_service.profile.parts import STRICT, Maybe, Part

DEFAULT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class FaultOrder(Part):
    """A fault to be set: as in the profile, but for its name, and gone by itself."""

    fault: Fault = Field(description="What goes wrong.")
    match: Match = Field(default=Match(), description="Left out: every charge.")
    skip: values.CountFromZero = Field(
        default=0, description="How many of the matching calls are left out first."
    )
    times: Maybe[values.Count] = Field(
        default=None, description="On how many of the matching calls after these; left out: all."
    )
    rate: values.Rate = Field(default=1.0, description="Probability to act on one of those.")
    seconds: values.Lifetime = Field(
        default=DEFAULT_SECONDS, description="After how many seconds it is gone."
    )

    def entry(self, name: str) -> FaultEntry:
        """Returns the entry of the profile that it is for so long."""
        # What was not said is left out: a None is a mistake of a document.
        said: dict[str, Any] = {} if self.times is None else {"times": self.times}
        return FaultEntry(
            name=name,
            fault=self.fault,
            match=self.match,
            skip=self.skip,
            rate=self.rate,
            **said,
        )
