"""Faults that come and go while charges are made: quickly, everywhere, and no charge is lost."""

import time
from collections import Counter
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_operator.names import PAYMENT
from measurements import Measurements
from support.cluster.charges import Line, lines
from support.cluster.charging import Books, charging, token_of
from support.cluster.final_checks import assert_settled
from support.cluster.limits import RATE_IN_EFFECT
from support.cluster.workspace import Workspace

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
    workspace: Workspace, measurements: Measurements, replicas: int
) -> None:
    """Measured by the charges: from before the command to the last pod's first answer by it."""
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"replicas": replicas, "successRate": 1}})
        workspace.until_ready("shop")
        lives, pods = workspace.antaeus_instances("shop"), _names(workspace)
        assert len(pods) == replicas

        token = token_of(workspace.api, workspace.namespace, "shop")
        with charging(workspace.access, workspace.namespace, pods, token) as books:
            took = [_seconds_until(workspace, books, spec, status) for spec, status in CHANGES]

        what = f"changed faults are in effect at each of {replicas} replicas under load, limit 5 s"
        measurements.note(what, max(took), "s")
        measurements.note("charges meanwhile", len(books.told), "")
        assert max(took) < RATE_IN_EFFECT
        assert _names(workspace) == pods
        assert _sent(books) == _written(workspace, pods)
        assert set(Counter(told.status for told in books.told)) == {200, 403, 409}
        assert_settled(workspace, operator, "shop", lives=lives)


def _seconds_until(workspace: Workspace, books: Books, spec: dict[str, Any], status: int) -> float:
    eventually(books.latest, lambda latest: len(latest) == len(_names(workspace)), within=10)
    began = time.monotonic()
    workspace.change("shop", payment=spec)
    latest = eventually(
        books.latest,
        lambda latest: {told.status for told in latest.values()} == {status},
        within=2 * RATE_IN_EFFECT,
        every=0.02,
    )
    took = max(told.answered for told in latest.values()) - began
    workspace.until_ready("shop")
    return took


def _names(workspace: Workspace) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT))


def _sent(books: Books) -> Counter[tuple[str, int, int]]:
    return Counter((told.pod, told.value, told.status) for told in books.told)


def _written(workspace: Workspace, pods: list[str]) -> Counter[tuple[str, int, int]]:
    """What each pod wrote of the charges that it was sent, with the status of its answer."""
    logs = {pod: workspace.kube("-n", workspace.namespace, "logs", pod) for pod in pods}
    found: list[tuple[str, Line]] = [
        (pod, line) for pod, log in logs.items() for line in lines(log, "charge")
    ]
    return Counter((pod, line["value"], line["status"]) for pod, line in found)
