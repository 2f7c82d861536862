"""How long a change of the success rate takes until every payment pod answers by it."""

import time
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_operator.names import OPS_PORT, PAYMENT
from measurements import Measurements
from support.cluster.final_checks import assert_settled
from support.cluster.limits import RATE_IN_EFFECT
from support.cluster.workspace import Workspace

_RATES = (0.9, 0.1, 0.6)


# Five by themselves, as a cluster that is busy with other tests is a measure of those.
@pytest.mark.parametrize("replicas", [2, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_new_success_rate_is_in_effect_within_5_seconds(
    workspace: Workspace, measurements: Measurements, replicas: int
) -> None:
    """Measured at each pod, from before the command until the last of them answers by it."""
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"replicas": replicas}})
        workspace.until_ready("shop")
        lives, pods = workspace.antaeus_instances("shop"), _uids(workspace)
        assert len(pods) == replicas

        took = [_seconds_until(workspace, rate) for rate in _RATES]

        what = f"a new success rate is in effect at each of {replicas} replicas, limit 5 s"
        measurements.note(what, max(took), "s")
        assert max(took) < RATE_IN_EFFECT
        assert _uids(workspace) == pods
        assert workspace.until_ready("shop")["status"]["payment"]["successRate"] == _RATES[-1]
        assert_settled(workspace, operator, "shop", lives=lives)


def _seconds_until(workspace: Workspace, rate: float) -> float:
    began = time.monotonic()
    workspace.change("shop", payment={"successRate": rate})
    eventually(
        lambda: _rates(workspace),
        lambda seen: set(seen) == {rate},
        within=RATE_IN_EFFECT,
        every=0.02,
    )
    return time.monotonic() - began


def _rates(workspace: Workspace) -> list[Any]:
    paths = [
        f"/api/v1/namespaces/{workspace.namespace}/pods/{pod['metadata']['name']}:{OPS_PORT}"
        for pod in workspace.pods("shop", PAYMENT)
    ]
    answers = [workspace.api.get(f"{path}/proxy/profile") for path in paths]
    return [answer and answer["profile"]["successRate"] for answer in answers]


def _uids(workspace: Workspace) -> set[str]:
    return {pod["metadata"]["uid"] for pod in workspace.pods("shop", PAYMENT)}
