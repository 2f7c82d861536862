"""Payment pods that share a store: they reach it through their policy, and remember as one."""

import base64
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billing_operator.kinds import SECRET, Kind
from billing_operator.names import PAYMENT
from support.charging import charge_once, token_of
from support.eventually import eventually
from support.limits import ROLLOUT
from support.master import assert_settled
from support.redis_server import PASSWORD, RedisServer
from support.scene import Scene

_NODE = Kind("v1", "Node", "nodes")
_KEY = {"Idempotency-Key": "one-and-the-same"}


@pytest.fixture
def host(scene: Scene) -> str:
    """This machine's address as the cluster's nodes see it."""
    (node, *_) = scene.api.get(_NODE.path(None))["items"]
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
    scene: Scene, redis: RedisServer, host: str
) -> None:
    scene.api.apply(SECRET, _password(scene))
    with scene.operator() as operator:
        scene.apply("shop", {"payment": {"replicas": 2, "successRate": 1}})
        scene.until_ready("shop")
        lives, before = scene.antaeus_lives("shop"), _names(scene)
        assert [_replayed(scene, pod) for pod in before] == [(200, False), (200, False)]

        where = {"host": host, "port": redis.port, "passwordSecretRef": {"name": "redis"}}
        scene.change("shop", payment={"store": where})
        first, second = _rolled(scene, before)

        assert _replayed(scene, first) == (200, False)
        assert _replayed(scene, second) == (200, True)
        scene.change("shop", payment={"store": None})
        third, fourth = _rolled(scene, [first, second])
        assert [_replayed(scene, pod) for pod in (third, fourth)] == [(200, False)] * 2
        assert_settled(scene, operator, "shop", lives=lives)


def _password(scene: Scene) -> dict[str, Any]:
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.name,
        "metadata": {"name": "redis", "namespace": scene.namespace},
        "data": {"password": base64.b64encode(PASSWORD.encode()).decode()},
    }


def _names(scene: Scene) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT))


def _rolled(scene: Scene, before: list[str]) -> list[str]:
    """The names of the pods that have taken over."""
    scene.until_ready("shop")
    return eventually(
        lambda: _names(scene),
        lambda names: len(names) == len(before) and not set(names) & set(before),
        within=ROLLOUT,
    )


def _replayed(scene: Scene, pod: str) -> tuple[int, bool]:
    """How a pod answers the one charge, and whether it knows it already."""
    token = token_of(scene.api, scene.namespace, "shop")
    status, headers = charge_once(scene.access, scene.namespace, pod, token, **_KEY)
    return status, "Idempotent-Replayed" in headers
