"""Faults that come and go while charges are made: quickly, everywhere, and no charge is lost."""

import time
from collections import Counter
from typing import Any

import pytest

from billing_operator.names import PAYMENT
from support.charges import Line, lines
from support.charging import Books, charging, token_of
from support.eventually import eventually
from support.figures import Figures
from support.limits import RATE_IN_EFFECT
from support.master import assert_settled
from support.scene import Scene

_BUSY = {"name": "busy", "fault": {"status": {"code": 409}}}
_FORBIDDEN = {"name": "forbidden", "fault": {"status": {"code": 403}}}
# Is kept as it is, and acts on nothing.
_OVER = {"name": "over", "until": "2001-01-01T00:00:00Z", "fault": {"status": {"code": 500}}}
# Each with the status by which an answer tells that it is in effect.
CHANGES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"faults": [_BUSY]}, 409),
    ({"faults": None}, 200),
    ({"rules": [_FORBIDDEN], "faults": [_BUSY]}, 403),
    ({"rules": None, "faults": [_OVER]}, 200),
)


@pytest.mark.parametrize("replicas", [2, pytest.param(4, marks=pytest.mark.thorough)])
def test_faults_change_under_load_within_5_seconds_and_no_charge_is_lost(
    scene: Scene, figures: Figures, replicas: int
) -> None:
    """Measured by the charges: from before the command to the last pod's first answer by it."""
    with scene.operator() as operator:
        scene.apply("shop", {"payment": {"replicas": replicas, "successRate": 1}})
        scene.until_ready("shop")
        lives, pods = scene.antaeus_lives("shop"), _names(scene)
        assert len(pods) == replicas

        token = token_of(scene.api, scene.namespace, "shop")
        with charging(scene.access, scene.namespace, pods, token) as books:
            took = [_seconds_until(scene, books, spec, status) for spec, status in CHANGES]

        what = f"changed faults are in effect at each of {replicas} replicas under load, limit 5 s"
        figures.note(what, max(took), "s")
        figures.note("charges meanwhile", len(books.told), "")
        assert max(took) < RATE_IN_EFFECT
        assert _names(scene) == pods
        assert _sent(books) == _written(scene, pods)
        assert set(Counter(told.status for told in books.told)) == {200, 403, 409}
        assert_settled(scene, operator, "shop", lives=lives)


def _seconds_until(scene: Scene, books: Books, spec: dict[str, Any], status: int) -> float:
    eventually(books.latest, lambda latest: len(latest) == len(_names(scene)), within=10)
    began = time.monotonic()
    scene.change("shop", payment=spec)
    latest = eventually(
        books.latest,
        lambda latest: {told.status for told in latest.values()} == {status},
        within=2 * RATE_IN_EFFECT,
        every=0.02,
    )
    took = max(told.answered for told in latest.values()) - began
    scene.until_ready("shop")
    return took


def _names(scene: Scene) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT))


def _sent(books: Books) -> Counter[tuple[str, int, int]]:
    return Counter((told.pod, told.value, told.status) for told in books.told)


def _written(scene: Scene, pods: list[str]) -> Counter[tuple[str, int, int]]:
    """What each pod wrote of the charges that it was sent, with the status of its answer."""
    logs = {pod: scene.kube("-n", scene.namespace, "logs", pod) for pod in pods}
    found: list[tuple[str, Line]] = [
        (pod, line) for pod, log in logs.items() for line in lines(log, "charge")
    ]
    return Counter((pod, line["value"], line["status"]) for pod, line in found)
