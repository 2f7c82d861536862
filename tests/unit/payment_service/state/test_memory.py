"""What this process remembers by itself."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from payment_service.outcome.charges import Charge
from payment_service.state.interface import Scope
from payment_service.state.memory import Memory
from payment_service.state.values import Kept
from support.payment.state_contract import StateContract
from support.payment.state_makers import Clock, Opened


class TestMemory(StateContract):
    @pytest.fixture
    def opened(self, clock: Clock) -> Opened:
        return lambda kept: Memory(kept, clock)

    def test_it_is_of_this_process_alone(self) -> None:
        assert Memory().scope is Scope.PROCESS


def the_charge(customer: int = 1, value: str = "181.50", currency: str = "USD") -> Charge:
    return Charge(customer, Decimal(value), currency, value)


def test_each_charge_is_counted_for_itself() -> None:
    memory = Memory()
    others = the_charge(customer=2), the_charge(value="1"), the_charge(currency="DKK")

    assert [memory.next_attempt(the_charge()) for _ in range(3)] == [1, 2, 3]
    assert [memory.next_attempt(other) for other in others] == [1, 1, 1]


def test_an_amount_written_otherwise_is_the_same_charge() -> None:
    memory = Memory()
    memory.next_attempt(the_charge(value="181.50"))

    assert memory.next_attempt(the_charge(value="1815e-1")) == 2


def test_the_charge_that_was_tried_longest_ago_is_forgotten_first() -> None:
    memory = Memory(Kept(attempts=2))
    for customer in (1, 2, 1, 3):  # 2 is forgotten
        memory.next_attempt(the_charge(customer))

    assert memory.next_attempt(the_charge(1)) == 3
    assert memory.next_attempt(the_charge(2)) == 1


def test_no_attempt_is_lost_or_counted_twice_between_threads() -> None:
    memory = Memory()
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: memory.next_attempt(the_charge()), range(4000)))

    assert sorted(counted) == list(range(1, 4001))
