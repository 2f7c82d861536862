"""What this process remembers by itself."""

import pytest

from payment_service.state.memory import Memory
from payment_service.state.state import Scope
from support.state_contract import StateContract
from support.state_makers import Clock, Opened


class TestMemory(StateContract):
    @pytest.fixture
    def opened(self, clock: Clock) -> Opened:
        return lambda kept: Memory(kept, clock)

    def test_it_is_of_this_process_alone(self) -> None:
        assert Memory().scope is Scope.PROCESS
