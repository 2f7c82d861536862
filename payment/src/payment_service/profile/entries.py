"""Which charges are meant, and what becomes of them: the entries of `rules` and `faults`."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from payment_service.profile import values
from payment_service.profile.parts import STRICT, Maybe, Part, flaw, not_below

MOST_CUSTOMERS = 1000
MOST_CURRENCIES = 200


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class AmountRange(Part):
    """Amounts from `min` to `max`, both included. They are strings, which are compared exactly."""

    min: Maybe[values.Amount] = Field(default=None, description='Smallest amount, such as "12.50".')
    max: Maybe[values.Amount] = Field(default=None, description="Largest amount.")

    @property
    def exact(self) -> tuple[Decimal, Decimal]:
        """Both ends as decimals; without `max`, the upper one is infinite."""
        return self.min or Decimal(0), Decimal("Infinity") if self.max is None else self.max

    @field_validator("max")
    @classmethod
    def _not_below_min(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        return not_below("min", value, info)


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class AttemptRange(Part):
    """Attempts at the same charge from `min` to `max`, counted from 1, both included."""

    min: values.Count = Field(default=1, description="First attempt that matches.")
    max: Maybe[values.Count] = Field(
        default=None, description="Last attempt that matches. Without it there is no last one."
    )

    @field_validator("max")
    @classmethod
    def _not_below_min(cls, value: int, info: ValidationInfo) -> int:
        return not_below("min", value, info)


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Match(Part):
    """Which charges match: those that meet every condition given here."""

    customers: Maybe[
        Annotated[tuple[values.Customer, ...], Field(min_length=1, max_length=MOST_CUSTOMERS)]
    ] = Field(default=None, description="Customer ids that match.")
    currencies: Maybe[
        Annotated[tuple[values.Currency, ...], Field(min_length=1, max_length=MOST_CURRENCIES)]
    ] = Field(
        default=None,
        description="Currency codes that match. An empty code matches a charge without a currency.",
    )
    amount: Maybe[AmountRange] = Field(default=None, description="Amounts that match.")
    attempts: Maybe[AttemptRange] = Field(
        default=None, description="Attempts at the same charge that match, counted from 1."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class StatusFault(Part):
    """An answer with an HTTP error."""

    code: values.FaultStatus = Field(description="HTTP status of the answer.")
    retry_after_seconds: Maybe[values.RetryAfter] = Field(
        default=None,
        description="Value of the Retry-After header in seconds. Without it no such header.",
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class ConnectionFault(Part):
    """A connection that breaks."""

    reply: values.Reply = Field(
        description="Empty: the connection closes without a byte. Reset: it closes with a TCP "
        "reset. Truncated: it closes after half of the body. Garbage: it carries bytes that are "
        "not HTTP. Never: it stays open without an answer."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class SlowBodyFault(Part):
    """An answer whose body comes byte by byte."""

    seconds: values.Delay = Field(description="Seconds that the body takes.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Fault(Part):
    """How a charge call goes wrong, and whether the charge was made all the same."""

    exactly_one_of: ClassVar = ("status", "connection", "slow_body")

    charged: values.Flag = Field(
        default=False,
        description="With true, payment decides and books the charge, and only the reply goes "
        "wrong. With false, the call breaks before that, and a retry is a new attempt.",
    )
    status: Maybe[StatusFault] = Field(default=None, description="Answers with an HTTP error.")
    connection: Maybe[ConnectionFault] = Field(default=None, description="Breaks the connection.")
    slow_body: Maybe[SlowBodyFault] = Field(default=None, description="Sends the body slowly.")

    @property
    def kind(self) -> str:
        """In a word what goes wrong, for metrics: `Status503`, `Reset`, `SlowBody`."""
        if self.status is not None:
            return f"Status{self.status.code}"
        return "SlowBody" if self.connection is None else str(self.connection.reply)

    @property
    def is_answered(self) -> bool:
        """Whether its caller gets an answer, if only half of one."""
        connection = self.connection
        return connection is None or connection.reply is values.BrokenReply.TRUNCATED

    @property
    def takes_long(self) -> bool:
        """Whether it keeps its connection for a while."""
        connection = self.connection
        never = connection is not None and connection.reply is values.BrokenReply.NEVER
        return never or self.slow_body is not None


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Selection(Part):
    """On which of the calls something acts."""

    match: Match = Field(default=Match(), description="Which charges match. Without it all do.")
    skip: values.CountFromZero = Field(
        default=0, description="Number of matching calls that are left out first."
    )
    times: Maybe[values.Count] = Field(
        default=None,
        description="Number of matching calls after these on which it acts. Without it all.",
    )
    rate: values.Rate = Field(
        default=1.0, description="Probability that it acts on one of these calls."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Entry(Selection):
    """What a rule and a fault share: their names, and when they act on what."""

    name: values.Name = Field(description="Name in logs and metrics. It is unique in its list.")
    from_: Maybe[values.Instant] = Field(
        default=None, description="Time from which it acts, included."
    )
    until: Maybe[values.Instant] = Field(
        default=None, description="Time until which it acts, not included."
    )

    @field_validator("until")
    @classmethod
    def _after_from(cls, value: datetime, info: ValidationInfo) -> datetime:
        begin = info.data.get("from_")
        if begin is not None and value <= begin:
            raise flaw(f"{value.isoformat()} is not after from, which is {begin.isoformat()}")
        return value


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Decline(Part):
    """The charge is declined."""

    reason: values.Reason = Field(description="Reason of the decline.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Rule(Entry):
    """What becomes of certain charges."""

    exactly_one_of: ClassVar = ("accept", "decline", "fault")

    accept: Maybe[values.Yes] = Field(default=None, description="Accepts the charge.")
    decline: Maybe[Decline] = Field(default=None, description="Declines the charge.")
    fault: Maybe[Fault] = Field(default=None, description="Makes the call go wrong.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class FaultEntry(Entry):
    """A fault that charges meet which no rule has decided."""

    fault: Fault = Field(description="What goes wrong.")
