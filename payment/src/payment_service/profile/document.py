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
    """How many charge calls are taken on; more are answered 429."""

    per_second: Maybe[values.PerSecond] = Field(default=None, description="Calls a second.")
    burst: Maybe[values.Count] = Field(
        default=None, description="Calls at once, after a pause; left out: those of a second."
    )
    concurrent: Maybe[values.Count] = Field(
        default=None, description="Calls in flight at the same time."
    )
    retry_after_seconds: values.RetryAfter = Field(
        default=1, description="Value of the Retry-After header."
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
        default=86400, description="How long an answer is kept for its key."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Duplicates(Part):
    """Charges of the same customer, amount and currency, shortly after one another."""

    mode: values.Mode = Field(
        default=DuplicateMode.REPORT,
        description="Report: they are marked; Replay: they get the answer of the first and are not "
        "counted; Ignore: nobody looks.",
    )
    window_seconds: values.Period = Field(default=60, description="How short after one another.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Profile(Part):
    """How the provider behaves."""

    success_rate: values.Rate = Field(
        description="Probability that a charge is accepted which no rule has decided."
    )
    seed: values.Seed | None = Field(
        default=None, description="Makes all draws reproducible; null or left out: by chance."
    )
    decline_reason: values.Reason = Field(
        default=DeclineReason.GENERIC, description="Why charges are declined, if no rule says it."
    )
    rules: Annotated[tuple[Rule, ...], Field(max_length=MOST_ENTRIES)] = Field(
        default=(),
        description="What becomes of certain charges; the first that matches and acts decides.",
    )
    faults: Annotated[tuple[FaultEntry, ...], Field(max_length=MOST_ENTRIES)] = Field(
        default=(),
        description="How calls go wrong that no rule has decided; the first that acts does.",
    )
    latency: Maybe[Latency] = Field(
        default=None, description="How long replies take; left out: no longer than they must."
    )
    limits: Maybe[Limits] = Field(
        default=None, description="How many calls are taken on; left out: any number."
    )
    idempotency: Idempotency = Field(
        default=Idempotency(),
        description="What is remembered of calls with an Idempotency-Key.",
    )
    duplicates: Duplicates = Field(default=Duplicates(), description="About charges made twice.")

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
