"""The bounds are exact: what lies outside is as rare as they say, and no rarer than need be."""

from fractions import Fraction
from math import comb

import pytest

from billing_dev.demo.bounds import Bounds, binomial_bounds


@pytest.mark.parametrize(
    ("trials", "rate", "bounds"),
    [
        (100, 0.5, Bounds(34, 66)),
        (8, 0.5, Bounds(0, 8)),
        (100, 1, Bounds(100, 100)),
        (100, 0, Bounds(0, 0)),
        (100, 0.01, Bounds(0, 6)),
        (100, 0.99, Bounds(94, 100)),
        (0, 0.5, Bounds(0, 0)),
        (1, 0.5, Bounds(0, 1)),
    ],
    ids=[
        "as often as not",
        "so few that anything may be",
        "every one",
        "none",
        "rarely",
        "nearly always",
        "nothing to pay",
        "one invoice",
    ],
)
def test_the_bounds_of_a_run(trials: int, rate: float, bounds: Bounds) -> None:
    assert binomial_bounds(trials, rate) == bounds


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.75, 0.999])
@pytest.mark.parametrize("trials", [2, 10, 37, 100])
def test_nothing_wider_or_narrower_would_do(trials: int, rate: float) -> None:
    half = Fraction(1, 2000)
    bounds = binomial_bounds(trials, rate)
    assert chance(trials, rate, range(bounds.least)) <= half
    assert chance(trials, rate, range(bounds.least + 1)) > half
    assert chance(trials, rate, range(bounds.most + 1, trials + 1)) <= half
    assert chance(trials, rate, range(bounds.most, trials + 1)) > half


def test_a_number_is_within_its_bounds_or_not() -> None:
    bounds = Bounds(34, 66)
    assert 34 in bounds
    assert 66 in bounds
    assert 33 not in bounds
    assert 67 not in bounds


def chance(trials: int, rate: float, successes: range) -> Fraction:
    p = Fraction(str(rate))
    return sum(
        (comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in successes), start=Fraction(0)
    )
