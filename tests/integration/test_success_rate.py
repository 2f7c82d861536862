"""How long a change of the success rate takes until every payment pod answers by it."""

import time
from typing import Any

import pytest

from billing_operator.names import OPS_PORT, PAYMENT
from support.eventually import eventually
from support.figures import Figures
from support.limits import RATE_IN_EFFECT
from support.master import assert_settled
from support.scene import Scene

_RATES = (0.9, 0.1, 0.6)


# Five by themselves, as a cluster that is busy with other tests is a measure of those.
@pytest.mark.parametrize("replicas", [2, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_new_success_rate_is_in_effect_within_5_seconds(
    scene: Scene, figures: Figures, replicas: int
) -> None:
    """Measured at each pod, from before the command until the last of them answers by it."""
    with scene.operator() as operator:
        scene.apply("shop", {"payment": {"replicas": replicas}})
        scene.until_ready("shop")
        lives, pods = scene.antaeus_lives("shop"), _uids(scene)
        assert len(pods) == replicas

        took = [_seconds_until(scene, rate) for rate in _RATES]

        what = f"a new success rate is in effect at each of {replicas} replicas, limit 5 s"
        figures.note(what, max(took), "s")
        assert max(took) < RATE_IN_EFFECT
        assert _uids(scene) == pods
        assert scene.until_ready("shop")["status"]["payment"]["successRate"] == _RATES[-1]
        assert_settled(scene, operator, "shop", lives=lives)


def _seconds_until(scene: Scene, rate: float) -> float:
    began = time.monotonic()
    scene.change("shop", payment={"successRate": rate})
    eventually(
        lambda: _rates(scene), lambda seen: set(seen) == {rate}, within=RATE_IN_EFFECT, every=0.02
    )
    return time.monotonic() - began


def _rates(scene: Scene) -> list[Any]:
    paths = [
        f"/api/v1/namespaces/{scene.namespace}/pods/{pod['metadata']['name']}:{OPS_PORT}"
        for pod in scene.pods("shop", PAYMENT)
    ]
    answers = [scene.api.get(f"{path}/proxy/profile") for path in paths]
    return [answer and answer["profile"]["successRate"] for answer in answers]


def _uids(scene: Scene) -> set[str]:
    return {pod["metadata"]["uid"] for pod in scene.pods("shop", PAYMENT)}
