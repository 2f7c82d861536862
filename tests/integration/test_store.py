"""Payment pods that share a store: they reach it through their policy, and remember as one."""

import base64
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import PASSWORD, RedisServer
from billing_operator.kinds import SECRET, Kind
from billing_operator.names import PAYMENT
from support.cluster.charging import charge_once, token_of
from support.cluster.final_checks import assert_settled
from support.cluster.limits import ROLLOUT
from support.cluster.workspace import Workspace

pytestmark = pytest.mark.minutes

_NODE = Kind("v1", "Node", "nodes")
_KEY = {"Idempotency-Key": "one-and-the-same"}


@pytest.fixture
def host(workspace: Workspace) -> str:
    """This machine's address as the cluster's nodes see it."""
    (node, *_) = workspace.api.get(_NODE.path(None))["items"]
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((addresses["InternalIP"], 9))
        return str(way.getsockname()[0])


@pytest.fixture
def redis(tmp_path: Path, host: str) -> Iterator[RedisServer]:
    with RedisServer(tmp_path, also_at=host) as server:
        yield server


@pytest.mark.thorough
def test_pods_with_a_store_remember_as_one_and_those_without_do_not(
    workspace: Workspace, redis: RedisServer, host: str
) -> None:
    workspace.api.apply(SECRET, _password(workspace))
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"replicas": 2, "successRate": 1}})
        workspace.until_ready("shop")
        lives, before = workspace.antaeus_instances("shop"), _names(workspace)
        assert [_replayed(workspace, pod) for pod in before] == [(200, False), (200, False)]

        where = {"host": host, "port": redis.port, "passwordSecretRef": {"name": "redis"}}
        workspace.change("shop", payment={"store": where})
        first, second = _rolled(workspace, before)

        assert _replayed(workspace, first) == (200, False)
        assert _replayed(workspace, second) == (200, True)
        workspace.change("shop", payment={"store": None})
        third, fourth = _rolled(workspace, [first, second])
        assert [_replayed(workspace, pod) for pod in (third, fourth)] == [(200, False)] * 2
        assert_settled(workspace, operator, "shop", lives=lives)


def _password(workspace: Workspace) -> dict[str, Any]:
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.name,
        "metadata": {"name": "redis", "namespace": workspace.namespace},
        "data": {"password": base64.b64encode(PASSWORD.encode()).decode()},
    }


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
