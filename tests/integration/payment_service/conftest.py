"""A store that the tests of a run share, each with a prefix of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from billing_dev.local.redis_server import RedisServer


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
