"""How long a reply may take: the distributions that a profile can name."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from payment_service.profile import values
from payment_service.profile.parts import STRICT, Maybe, Part, Path, members, not_below

MOST_POINTS = 100


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class FixedLatency(Part):
    """Always the same."""

    seconds: values.Delay = Field(description="Seconds that each reply takes.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class UniformLatency(Part):
    """Any time between two, each as likely."""

    min_seconds: values.Delay = Field(description="Shortest time in seconds.")
    max_seconds: values.Delay = Field(description="Longest time in seconds.")

    @field_validator("max_seconds")
    @classmethod
    def _not_below_min(cls, value: float, info: ValidationInfo) -> float:
        return not_below("min_seconds", value, info)


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class LognormalLatency(Part):
    """Mostly near the median, now and then much longer, as real providers are."""

    median_seconds: values.DelayAboveZero = Field(
        description="Median in seconds. Half of the replies take longer."
    )
    sigma: values.Sigma = Field(
        description="Standard deviation of the logarithm. With 0 every reply takes the median."
    )


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Point(Part):
    """One percentile: `percent` of the calls take at most `seconds`."""

    percent: values.Percent = Field(description="Share of the calls in percent.")
    seconds: values.Delay = Field(description="Longest time of these calls in seconds.")


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class PercentilesLatency(Part):
    """As measured: straight lines between the points, from 0 s at 0 percent if none is there."""

    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_POINTS)] = Field(
        description="Points with rising percent. Calls above the last one take as long as it says."
    )

    @classmethod
    def flaws(cls, document: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
        for index, (before, after) in enumerate(pairwise(members(document.get("points"))), start=1):
            for key, rises in (("percent", True), ("seconds", False)):
                low, high = before.get(key), after.get(key)
                if not (isinstance(low, int | float) and isinstance(high, int | float)):
                    continue
                if high < low or (rises and high == low):
                    what = "is not more than" if rises else "is less than"
                    yield ("points", index, key), f"{high} {what} the {low} of the point before"


@dataclass(frozen=True, kw_only=True, slots=True, config=STRICT)
class Latency(Part):
    """How long a reply is on its way back, after the charge was decided."""

    exactly_one_of: ClassVar = ("fixed", "uniform", "lognormal", "percentiles")

    fixed: Maybe[FixedLatency] = Field(default=None, description="Every reply takes the same time.")
    uniform: Maybe[UniformLatency] = Field(
        default=None, description="Every time between two is equally likely."
    )
    lognormal: Maybe[LognormalLatency] = Field(
        default=None, description="Most replies take about the median. A few take much longer."
    )
    percentiles: Maybe[PercentilesLatency] = Field(
        default=None, description="Times as they were measured, as percentiles."
    )
    cap_seconds: values.Delay = Field(
        default=30.0, description="Maximum time of a reply in seconds."
    )
