"""From a draw to the seconds that a reply takes."""

import math
import random

import pytest

from payment_service.outcome.latency import delay_seconds
from payment_service.profile.latencies import Latency
from support.cases import cases
from support.payment.profiles import a_profile


def a_latency(**members: object) -> Latency:
    latency = a_profile(latency=members).latency
    assert latency is not None
    return latency


ALMOST_1 = math.nextafter(1, 0)
LOGNORMAL = {"medianSeconds": 0.2, "sigma": 0.5}
POINTS = [{"percent": 50, "seconds": 0.1}, {"percent": 99, "seconds": 2}]


@pytest.mark.parametrize("draw", cases("the draw is {0}", [0.0, 0.3, ALMOST_1]))
def test_a_fixed_latency_is_always_the_same(draw: float) -> None:
    assert delay_seconds(a_latency(fixed={"seconds": 0.25}), draw) == 0.25


def test_a_uniform_latency_goes_straight_from_the_shortest_to_the_longest() -> None:
    latency = a_latency(uniform={"minSeconds": 1, "maxSeconds": 3})

    assert [delay_seconds(latency, draw) for draw in (0.0, 0.25, 0.5)] == [1, 1.5, 2]
    assert delay_seconds(latency, ALMOST_1) <= 3


@pytest.mark.parametrize(
    ("draw", "z"),
    # Quantiles of the standard normal distribution, from a printed table.
    cases(
        "the draw {0} is {1} sigmas",
        [(0.5, 0.0), (0.8413447, 1.0), (0.9772499, 2.0), (0.99, 2.3263479), (0.05, -1.6448536)],
    ),
)
def test_a_lognormal_latency_is_the_median_times_e_to_sigma_z(draw: float, z: float) -> None:
    expected = 0.2 * math.exp(0.5 * z)

    assert delay_seconds(a_latency(lognormal=LOGNORMAL), draw) == pytest.approx(expected, rel=1e-6)


def test_a_lognormal_latency_has_an_answer_for_the_smallest_and_the_largest_draw() -> None:
    latency = a_latency(lognormal={"medianSeconds": 0.2, "sigma": 10}, capSeconds=3600)

    assert 0 < delay_seconds(latency, 0.0) <= delay_seconds(latency, 2**-53) < 1e-30
    assert delay_seconds(latency, ALMOST_1) == 3600


def test_sigma_0_is_always_the_median() -> None:
    latency = a_latency(lognormal={"medianSeconds": 0.2, "sigma": 0})

    assert {delay_seconds(latency, draw) for draw in (0.0, 0.5, ALMOST_1)} == {0.2}


@pytest.mark.parametrize(
    ("draw", "seconds"),
    cases(
        "the draw {0} is {1} s",
        [(0.0, 0.0), (0.25, 0.05), (0.5, 0.1), (0.745, 1.05), (0.99, 2.0), (ALMOST_1, 2.0)],
    ),
)
def test_percentiles_are_joined_by_straight_lines(draw: float, seconds: float) -> None:
    latency = a_latency(percentiles={"points": POINTS})

    assert delay_seconds(latency, draw) == pytest.approx(seconds)


def test_a_point_at_0_percent_is_the_shortest() -> None:
    points = [{"percent": 0, "seconds": 1}, {"percent": 100, "seconds": 2}]
    latency = a_latency(percentiles={"points": points})

    assert [delay_seconds(latency, draw) for draw in (0.0, 0.5)] == [1, 1.5]


def test_a_single_point_is_a_line_from_nothing_and_then_flat() -> None:
    latency = a_latency(percentiles={"points": [{"percent": 50, "seconds": 1}]})

    assert [delay_seconds(latency, draw) for draw in (0.25, 0.5, 0.9)] == [0.5, 1, 1]


@pytest.mark.parametrize(
    "members",
    cases(
        "the latency is {0}",
        [
            {"fixed": {"seconds": 9}},
            {"uniform": {"minSeconds": 8, "maxSeconds": 9}},
            {"lognormal": {"medianSeconds": 9, "sigma": 0.1}},
            {"percentiles": {"points": [{"percent": 0, "seconds": 9}]}},
        ],
    ),
)
def test_none_takes_longer_than_the_cap(members: dict[str, object]) -> None:
    assert delay_seconds(a_latency(**members, capSeconds=1.5), 0.5) == 1.5


def test_the_cap_is_30_seconds_if_nobody_says_another() -> None:
    assert delay_seconds(a_latency(fixed={"seconds": 31}), 0.5) == 30


@pytest.mark.parametrize(
    ("members", "quantiles"),
    cases(
        "the latency is {0}",
        [
            ({"lognormal": LOGNORMAL}, {50: 0.2, 90: 0.3796, 99: 0.6400}),
            ({"percentiles": {"points": POINTS}}, {25: 0.05, 50: 0.1, 90: 1.6510}),
        ],
    ),
)
def test_many_draws_have_the_quantiles_that_were_asked_for(
    members: dict[str, object], quantiles: dict[int, float]
) -> None:
    latency, chance, count = a_latency(**members), random.Random(1), 20_000
    delays = sorted(delay_seconds(latency, chance.random()) for _ in range(count))

    for percent, expected in quantiles.items():
        below = sum(delay <= expected for delay in delays) / count
        assert abs(below - percent / 100) < 4 * math.sqrt(0.25 / count)
