"""What several tests of the operator need."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def loggers() -> Iterator[None]:
    """Puts back what setting up the logs changes."""
    root, kopf = logging.getLogger(), logging.getLogger("kopf")
    before = root.handlers[:], root.level, kopf.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    kopf.setLevel(before[2])
