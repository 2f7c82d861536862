"""A store whose clock is set while something lasts."""

import pytest

from billing_dev.local.redis_server import RedisServer
from payment_service.state.interface import Began
from payment_service.state.shared import Shared
from payment_service.state.values import SavedAnswer
from support.payment.state_makers import KEPT, Clock, a_booking, a_charge_of

HOUR = 3600.0
ANSWER = SavedAnswer(200, b"yes")


class Clocks:
    """The store's clock, and that of the processes, which only goes on."""

    def __init__(self) -> None:
        self.store = Clock()
        self.here = Clock()

    def go_on(self, seconds: float) -> None:
        self.store.seconds += seconds
        self.here.seconds += seconds

    def set_back(self) -> None:
        """The store's, by an hour."""
        self.store.seconds -= HOUR


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def replicas(store: RedisServer, prefix: str, clocks: Clocks) -> tuple[Shared, Shared]:
    one, other = (store.shared(prefix, KEPT, clocks.store, clocks.here) for _ in range(2))
    return one, other


def names(state: Shared) -> list[str]:
    return [fault.name for fault in state.faults()]


def test_a_fault_that_was_seen_lives_no_longer_after_the_clock_was_set_back(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    one.set_fault("outage", "{}", 60)
    clocks.go_on(30)
    assert names(other) == ["outage"]

    clocks.set_back()

    clocks.go_on(29)
    assert names(one) == names(other) == ["outage"]
    clocks.go_on(1)
    assert names(one) == names(other) == []


def test_a_fault_lives_no_longer_than_it_was_set_for_where_nobody_has_seen_it_before(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, late = replicas
    one.set_fault("outage", "{}", 60)
    clocks.set_back()

    assert names(late) == ["outage"]
    clocks.go_on(60)
    assert names(late) == []
    assert not late.drop_fault("outage")


def test_a_fault_that_is_set_again_lives_anew(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    one.set_fault("outage", "{}", 60)
    assert names(other) == ["outage"]
    clocks.set_back()
    clocks.go_on(50)
    one.set_fault("outage", "{}", 60)

    clocks.go_on(50)
    assert names(one) == names(other) == ["outage"]
    clocks.go_on(10)
    assert names(one) == names(other) == []


def test_a_fault_without_an_end_has_none_with_another_clock(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    one.set_fault("outage", "{}", None)
    clocks.set_back()
    clocks.go_on(2 * HOUR)
    assert names(one) == names(other) == ["outage"]


def test_a_key_whose_process_was_killed_is_free_30_s_after_the_clock_was_set_back(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    assert one.begin("key", "print") is Began.FRESH
    clocks.set_back()

    assert other.begin("key", "print") is Began.IN_FLIGHT
    clocks.go_on(30)
    assert other.begin("key", "print") is Began.FRESH


def test_an_answer_is_kept_no_longer_than_asked_for_after_the_clock_was_set_back(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    one.save("key", "print", ANSWER, ttl_seconds=100)
    clocks.set_back()

    assert other.begin("key", "print") == ANSWER
    clocks.go_on(100)
    assert other.begin("key", "print") is Began.FRESH


def test_a_charge_is_no_duplicate_a_window_after_the_clock_was_set_back(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    one.earlier(a_charge_of(), "a", 60)
    one.book(a_booking("a"))
    clocks.set_back()

    seen = other.earlier(a_charge_of(), "b", 60)
    assert seen is not None
    assert (seen.charge_id, seen.seconds_ago) == ("a", 0)
    clocks.go_on(60)
    assert other.earlier(a_charge_of(), "c", 60) is None


def test_a_limit_holds_as_before_after_the_clock_was_set_back(
    replicas: tuple[Shared, Shared], clocks: Clocks
) -> None:
    one, other = replicas
    assert one.wait_seconds(0.05, 1) == 0
    clocks.set_back()

    assert other.wait_seconds(0.05, 1) == pytest.approx(20)
    clocks.go_on(20)
    assert other.wait_seconds(0.05, 1) == 0
