"""How long a reply is on its way: from a draw to seconds."""

import math
from itertools import pairwise
from statistics import NormalDist

from payment_service.profile.latencies import Latency, PercentilesLatency

_SMALLEST_DRAW = 2**-54
_NORMAL = NormalDist()


def delay_seconds(latency: Latency, draw: float) -> float:
    """Returns the delay at the quantile `draw`, from 0 up to but not 1; never above the cap.

    `fixed` is always its seconds; `uniform` is min + draw * (max - min); `lognormal` is
    median * exp(sigma * z), z being the standard normal quantile of the draw (of 2**-54 where the
    draw is 0); `percentiles` is the line between the two points around draw * 100, the first line
    beginning at 0 s and 0 percent unless a point is there, and after the last point its seconds.
    """
    return min(_uncapped(latency, draw), latency.cap_seconds)


def _uncapped(latency: Latency, draw: float) -> float:
    if latency.fixed is not None:
        return latency.fixed.seconds
    if latency.uniform is not None:
        low, high = latency.uniform.min_seconds, latency.uniform.max_seconds
        return low + draw * (high - low)
    if latency.lognormal is not None:
        z = _NORMAL.inv_cdf(max(draw, _SMALLEST_DRAW))
        return latency.lognormal.median_seconds * math.exp(latency.lognormal.sigma * z)
    return _between_points(latency.percentiles, draw * 100)


def _between_points(percentiles: PercentilesLatency | None, percent: float) -> float:
    points = [] if percentiles is None else [(p.percent, p.seconds) for p in percentiles.points]
    if points and points[0][0] > 0:
        points.insert(0, (0.0, 0.0))
    for (left, low), (right, high) in pairwise(points):
        if percent < right:
            return low + (percent - left) / (right - left) * (high - low)
    return points[-1][1] if points else 0.0
