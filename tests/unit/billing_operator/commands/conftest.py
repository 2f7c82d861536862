"""What the tests of commands have in common."""

from collections.abc import Iterator

import pytest

from unit.billing_operator.commands.fake_antaeus import FakeAntaeus, serving_antaeus


@pytest.fixture
def antaeus() -> Iterator[FakeAntaeus]:
    with serving_antaeus() as fake:
        yield fake
