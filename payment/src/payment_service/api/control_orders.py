"""What a person asks for while the service runs: a fault for a while."""

from dataclasses import fields

from pydantic import Field
from pydantic.dataclasses import dataclass

from payment_service.profile import values
from payment_service.profile.entries import Fault, FaultEntry, Selection
from payment_service.profile.parts import STRICT

DEFAULT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class FaultOrder(Selection):
    """A fault to be set: as in the profile, but for its name, and gone by itself."""

    fault: Fault = Field(description="What goes wrong.")
    seconds: values.Lifetime = Field(
        default=DEFAULT_SECONDS, description="After how many seconds it is gone."
    )

    def entry(self, name: str) -> FaultEntry:
        """Returns the entry of the profile that it is for so long."""
        members = {field.name: getattr(self, field.name) for field in fields(Selection)}
        # What was left out stays out: a None is a mistake of a document.
        given_members = {key: value for key, value in members.items() if value is not None}
        return FaultEntry(name=name, fault=self.fault, **given_members)
