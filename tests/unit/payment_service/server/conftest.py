"""The shop that the tests of deferred and broken replies ask."""

from collections.abc import Iterator

import pytest

from payment_service.server.port import Port
from support.payment.arranged_app import HOUR, ArrangedApp, serving


@pytest.fixture
def app() -> ArrangedApp:
    return ArrangedApp()


@pytest.fixture
def port(app: ArrangedApp) -> Iterator[Port]:
    with serving(app, deferred_seconds=HOUR) as running:
        yield running
