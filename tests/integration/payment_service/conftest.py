"""A store that the tests of a run share, each with a prefix of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from billing_dev.local.redis_server import RedisServer
from integration.payment_service.other_version import Scene
from support.payment.control import a_controlled_service


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that no test ends."""
    with RedisServer(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for one test to kill."""
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def prefix() -> str:
    """What no other test's keys begin with."""
    return uuid4().hex


@pytest.fixture
def scene(tmp_path: Path, store: RedisServer, prefix: str) -> Iterator[Scene]:
    """A service and its store, into which another version writes."""
    with a_controlled_service(tmp_path, **store.values(prefix)) as (service, control):
        yield Scene(service, control, store, prefix)
