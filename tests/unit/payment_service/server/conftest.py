"""The shop that the tests of held and broken replies ask."""

from collections.abc import Iterator

import pytest

from payment_service.server.port import Port
from support.shop import HOUR, Shop, serving


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def port(shop: Shop) -> Iterator[Port]:
    with serving(shop, held_seconds=HOUR) as running:
        yield running
