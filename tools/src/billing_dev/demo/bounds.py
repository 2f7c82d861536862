"""How many of so many charges may succeed before chance is no explanation any more."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb

# One run in so many of a sound system falls outside, on either side taken together.
ONE_IN = 1000


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest and the largest number that is still believed."""

    least: int
    most: int

    def __contains__(self, number: int) -> bool:
        return self.least <= number <= self.most


def binomial_bounds(trials: int, rate: float, one_in: int = ONE_IN) -> Bounds:
    """The exact two-sided bounds: fewer than least, and more than most, is each at most half."""
    # A rate is meant as it is written: 0.1 is a tenth, not the binary number next to it.
    probability = Fraction(str(rate))
    least = _tail(trials, probability, one_in)
    return Bounds(least=least, most=trials - _tail(trials, 1 - probability, one_in))


def _tail(trials: int, probability: Fraction, one_in: int) -> int:
    """The most successes of which fewer happen with at most half of one in so many."""
    total = probability.denominator**trials
    below = 0
    for successes, weight in enumerate(_weights(trials, probability)):
        below += weight
        if 2 * one_in * below > total:
            return successes
    return trials


def _weights(trials: int, probability: Fraction) -> Iterator[int]:
    """The chances of 0, 1, 2, ... successes, as whole numbers over one denominator."""
    success = probability.numerator
    failure = probability.denominator - success
    for successes in range(trials + 1):
        yield comb(trials, successes) * success**successes * failure ** (trials - successes)
