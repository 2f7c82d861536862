"""The profile: how the provider behaves, as one document that may change at any time."""

import copy
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import Field, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema

from payment_service.profile import values
from payment_service.profile.entries import FaultEntry, Rule
from payment_service.profile.latencies import Latency
from payment_service.profile.parts import STRICT, Maybe, Part, Path, flaw, members
from payment_service.profile.values import DeclineReason, DuplicateMode

MOST_ENTRIES = 200
DEFAULT_SUCCESS_RATE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Limits(Part):
    """How many charge calls payment accepts. It answers more of them with 429."""

    per_second: Maybe[values.PerSecond] = Field(default=None, description="Calls per second.")
    burst: Maybe[values.Count] = Field(
        default=None, description="Calls at once after a pause. Without it those of one second."
    )
    concurrent: Maybe[values.Count] = Field(
        default=None, description="Calls in flight at the same time."
    )
    retry_after_seconds: values.RetryAfter = Field(
        default=1,
        description="Smallest value of the Retry-After header in seconds. After it, perSecond may "
        "ask for more.",
    )

    @field_validator("burst")
    @classmethod
    def _beside_a_rate(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("per_second", 0) is None:
            raise flaw("means nothing without perSecond")
        return value

    @classmethod
    def flaws(cls, document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
        if not {"perSecond", "per_second", "concurrent"} & set(document):
            yield (), "limits nothing; there must be perSecond or concurrent"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        schema["anyOf"] = [{"required": ["perSecond"]}, {"required": ["concurrent"]}]
        schema["dependentRequired"] = {"burst": ["perSecond"]}
        return schema


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Idempotency(Part):
    """What is remembered of calls with an Idempotency-Key."""

    ttl_seconds: values.Period = Field(
        default=86400, description="Seconds for which an answer is kept under its key."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Duplicates(Part):
    """Charges of the same customer, amount and currency, shortly after one another."""

    mode: values.Mode = Field(
        default=DuplicateMode.REPORT,
        description="Report: payment marks duplicates. Replay: it answers them as the first charge "
        "and does not count them. Ignore: it does not look for duplicates.",
    )
    window_seconds: values.Period = Field(
        default=60, description="Seconds within which two like charges are duplicates."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Profile(Part):
    """How the provider behaves."""

    success_rate: values.Rate = Field(
        description="Probability that a charge is accepted which no rule decides."
    )
    seed: values.Seed | None = Field(
        default=None,
        description="Makes all draws reproducible. With null or without it they are random.",
    )
    decline_reason: values.Reason = Field(
        default=DeclineReason.GENERIC,
        description="Reason of the declines for which no rule names one.",
    )
    rules: Annotated[tuple[Rule, ...], Field(max_length=MOST_ENTRIES)] = Field(
        default=(),
        description="What happens to certain charges. The first rule that matches and acts "
        "decides.",
    )
    faults: Annotated[tuple[FaultEntry, ...], Field(max_length=MOST_ENTRIES)] = Field(
        default=(),
        description="How calls go wrong that no rule decides. The first fault that acts decides.",
    )
    latency: Maybe[Latency] = Field(
        default=None, description="How long replies take. Without it payment replies at once."
    )
    limits: Maybe[Limits] = Field(
        default=None,
        description="How many calls payment accepts. It answers more of them with 429.",
    )
    idempotency: Idempotency = Field(
        default=Idempotency(),
        description="How long payment remembers calls with an Idempotency-Key.",
    )
    duplicates: Duplicates = Field(
        default=Duplicates(), description="What payment does about charges that come twice."
    )

    plain: SkipJsonSchema[bool] = Field(default=True, init=False, exclude=True)
    """Not in the document: whether nothing but the rate and the seed decides charges."""

    def __post_init__(self) -> None:
        plain = not (self.rules or self.faults or self.latency or self.limits)
        object.__setattr__(self, "plain", plain)

    def as_json(self) -> dict[str, object]:
        """Returns the document that `from_json` reads: rate, seed, and what is not the default."""
        return {"successRate": self.success_rate, "seed": self.seed, **Part.as_json(self)}

    def with_faults(self, entries: Iterable[FaultEntry]) -> "Profile":
        """Returns this profile with other faults before its own; of the same name, those hold.

        There may be more of them then than a document may have.
        """
        first = tuple(entries)
        names = {entry.name for entry in first}
        rest = tuple(entry for entry in self.faults if entry.name not in names)
        changed = copy.copy(self)
        object.__setattr__(changed, "faults", first + rest)
        changed.__post_init__()
        return changed

    @classmethod
    def flaws(cls, document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
        for key in ("rules", "faults"):
            names = [entry.get("name") for entry in members(document.get(key))]
            for index, name in enumerate(names):
                if isinstance(name, str) and name in names[:index]:
                    yield (key, index, "name"), f"{name} is the name of an earlier one of {key} too"


@dataclasses.dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile and where it is from."""

    profile: Profile
    hash: str | None
    """SHA-256, in hex, of the very bytes it was read from; None: no file."""

    @classmethod
    def from_file_content(cls, raw: bytes | None, *, toml: bool = False) -> "LoadedProfile":
        """Reads a file's content; None, for no file, is the default. Raises MistakesError."""
        if raw is None:
            return cls(Profile(success_rate=DEFAULT_SUCCESS_RATE), None)
        read = Profile.from_toml if toml else Profile.from_json
        return cls(read(raw), content_hash(raw))


def content_hash(raw: bytes) -> str:
    """Returns the SHA-256 of a profile file's content in hex."""
    return hashlib.sha256(raw).hexdigest()
