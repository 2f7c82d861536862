"""Payment pods that share a store: they reach it through their policy, and remember as one."""

from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_operator.names import PAYMENT
from support.cluster.charging import charge_once, token_of
from support.cluster.final_checks import assert_settled
from support.cluster.limits import ROLLOUT
from support.cluster.shared_store import shared_store
from support.cluster.workspace import Workspace

pytestmark = pytest.mark.minutes

_KEY = {"Idempotency-Key": "one-and-the-same"}


@pytest.mark.thorough
def test_pods_with_a_store_remember_as_one_and_those_without_do_not(
    workspace: Workspace, tmp_path: Path
) -> None:
    with shared_store(workspace, tmp_path) as where, workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"replicas": 2, "successRate": 1}})
        workspace.until_ready("shop")
        lives, before = workspace.antaeus_instances("shop"), _names(workspace)
        assert [_replayed(workspace, pod) for pod in before] == [(200, False), (200, False)]

        workspace.change("shop", payment={"store": where})
        first, second = _rolled(workspace, before)

        assert _replayed(workspace, first) == (200, False)
        assert _replayed(workspace, second) == (200, True)
        workspace.change("shop", payment={"store": None})
        third, fourth = _rolled(workspace, [first, second])
        assert [_replayed(workspace, pod) for pod in (third, fourth)] == [(200, False)] * 2
        assert_settled(workspace, operator, "shop", lives=lives)


def _names(workspace: Workspace) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT))


def _rolled(workspace: Workspace, before: list[str]) -> list[str]:
    """The names of the pods that have taken over."""
    workspace.until_ready("shop")
    return eventually(
        lambda: _names(workspace),
        lambda names: len(names) == len(before) and not set(names) & set(before),
        within=ROLLOUT,
    )


def _replayed(workspace: Workspace, pod: str) -> tuple[int, bool]:
    """How a pod answers the one charge, and whether it knows it already."""
    token = token_of(workspace.api, workspace.namespace, "shop")
    status, headers = charge_once(workspace.access, workspace.namespace, pod, token, **_KEY)
    return status, "Idempotent-Replayed" in headers
