"""What all unit tests are held to."""

from collections.abc import Iterator

import pytest

from support.known_ports import asking_nobody_else


@pytest.fixture(autouse=True)
def _asks_nobody_else() -> Iterator[None]:
    with asking_nobody_else():
        yield
