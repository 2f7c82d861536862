"""What is remembered while the store is lost, for who goes on per process."""

import pytest

from payment_service.state.fallback import LocalWhenLost
from payment_service.state.memory import Memory
from payment_service.state.values import Kept
from support.payment.losable_memory import LosableMemory
from support.payment.state_makers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared(clock: Clock) -> LosableMemory:
    return LosableMemory(Kept(), clock)


@pytest.fixture
def state(shared: LosableMemory, clock: Clock) -> LocalWhenLost:
    """With a fault that was set in the store and is known to this process."""
    state = LocalWhenLost(shared, Memory(Kept(), clock), clock)
    state.set_fault("outage", "{}", 60)
    assert names(state) == ["outage"]
    return state


def names(state: LocalWhenLost) -> list[str]:
    return [fault.name for fault in state.faults()]


def test_faults_of_the_store_go_on_without_it_until_they_expire(
    state: LocalWhenLost, shared: LosableMemory, clock: Clock
) -> None:
    shared.gone = True
    assert names(state) == ["outage"]
    clock.seconds += 60
    assert names(state) == []


def test_what_is_set_meanwhile_stands_beside_them_and_in_place_of_its_namesake(
    state: LocalWhenLost, shared: LosableMemory
) -> None:
    shared.gone = True
    state.set_fault("late", "{}", None)
    state.set_fault("outage", "[]", None)

    assert [(fault.name, fault.document) for fault in state.faults()] == [
        ("late", "{}"),
        ("outage", "[]"),
    ]
    shared.gone = False
    assert [(fault.name, fault.document) for fault in state.faults()] == [("outage", "{}")]


def test_one_of_the_store_can_be_dropped_without_it(
    state: LocalWhenLost, shared: LosableMemory
) -> None:
    shared.gone = True
    assert state.drop_fault("outage")
    assert not state.drop_fault("outage")
    assert names(state) == []
