"""What all replicas remember together, in a real store."""

from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

import pytest

from billing_dev.local.redis_server import RedisServer
from integration.payment_service.replica import CHARGES, replica
from payment_service.state.interface import Began, Scope
from payment_service.state.opening import open_state
from payment_service.state.records import Filter, Sum
from payment_service.state.shared import UNUSED_SECONDS, Shared
from payment_service.state.values import Kept, SavedAnswer
from support.payment.state_contract import StateContract
from support.payment.state_makers import Clock, Opened, a_booking, a_charge_of, an_entry


class TestShared(StateContract):
    @pytest.fixture
    def opened(self, store: RedisServer, prefix: str, clock: Clock) -> Opened:
        return lambda kept: store.shared(prefix, kept, clock, clock)


@pytest.fixture
def replicas(store: RedisServer, prefix: str) -> tuple[Shared, Shared]:
    return store.shared(prefix), store.shared(prefix)


def test_two_processes_agree_on_everything(store: RedisServer, prefix: str) -> None:
    settings = store.settings(prefix)
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        one, two = processes.map(replica, [settings] * 2, ["one", "two"])

    state = store.shared(prefix)
    assert sorted(one[0] + two[0]) == list(range(1, 2 * CHARGES + 1))
    assert len(one[1] + two[1]) == CHARGES
    assert one[2] + two[2] == CHARGES
    assert state.totals().rows[1, "USD"].accepted == Sum(200, Decimal(20))
    assert len(state.bookings(Filter(), 999)) == state.count(Filter()) == 200


def test_a_key_that_one_replica_began_is_in_flight_for_the_other_which_cannot_give_it_back(
    replicas: tuple[Shared, Shared],
) -> None:
    one, other = replicas
    assert one.begin("key", "print") is Began.FRESH
    assert other.begin("key", "print") is Began.IN_FLIGHT
    other.forget("key")
    assert other.begin("key", "print") is Began.IN_FLIGHT
    one.forget("key")
    assert other.begin("key", "print") is Began.FRESH


def test_an_answer_that_one_replica_saved_is_repeated_by_the_other(
    replicas: tuple[Shared, Shared],
) -> None:
    one, other = replicas
    answer = SavedAnswer(200, b"{}", (("X-Charge", "a"),))
    one.save("key", "print", answer, ttl_seconds=60)

    assert other.begin("key", "print") == answer


def test_a_permit_that_one_replica_took_is_gone_for_the_other(
    replicas: tuple[Shared, Shared],
) -> None:
    one, other = replicas
    assert one.wait_seconds(0.01, 1) == 0
    assert 99 < other.wait_seconds(0.01, 1) <= 100


def test_stacks_with_other_prefixes_share_nothing(store: RedisServer, prefix: str) -> None:
    assert store.shared(prefix).next_attempt(a_charge_of()) == 1
    assert store.shared(f"{prefix}-other").next_attempt(a_charge_of()) == 1


def test_the_clock_is_the_stores_own(replicas: tuple[Shared, Shared]) -> None:
    one, other = replicas
    one.earlier(a_charge_of(), "a", 3600)
    seen = other.earlier(a_charge_of(), "b", 3600)

    assert seen is not None
    assert 0 <= seen.seconds_ago < 60


def test_every_key_of_the_store_begins_with_the_prefix_and_expires(
    store: RedisServer, prefix: str
) -> None:
    state = store.shared(prefix, Kept(keys=1))
    for name in "ab":
        state.arrive(a_charge_of(), name, 60)
        state.hit(name)
        state.begin(name, "print")
        state.settle(a_booking(name, duplicate_of="c"), an_entry(name))
    state.wait_seconds(1, 1)
    state.set_fault("fault", "{}", None)

    def ages(redis: Any) -> dict[bytes, int]:
        return {key: redis.ttl(key) for key in redis.keys(f"{{{prefix}}}:*")}

    seen = store.store().ask(ages)
    assert len(seen) == 16
    assert all(0 < age <= UNUSED_SECONDS for age in seen.values())


def test_what_is_too_old_gives_its_room_back_before_there_are_too_many(
    store: RedisServer, prefix: str
) -> None:
    clock = Clock()
    state = store.shared(prefix, Kept(), clock)
    for number in range(3):
        state.begin(f"key {number}", "print")
        state.earlier(a_charge_of(number + 1), "a", 60)
        clock.seconds += 100

    def sizes(redis: Any) -> list[int]:
        return [redis.hlen(f"{{{prefix}}}:{name}") for name in ("answers", "alike")]

    assert store.store().ask(sizes) == [1, 1]


def test_a_smaller_bound_than_before_makes_room_a_part_at_a_time(
    store: RedisServer, prefix: str
) -> None:
    before, after = store.shared(prefix), store.shared(prefix, Kept(3, 3, 3, 3, 3))
    for customer in range(1, 201):
        before.arrive(a_charge_of(customer), f"{customer}", 60)
        before.settle(a_booking(f"{customer}", a_charge_of(customer)), an_entry())

    def sizes(redis: Any) -> set[int]:
        key = f"{{{prefix}}}:".__add__
        return {
            *(redis.hlen(key(name)) for name in ("attempts", "alike", "totals")),
            *(redis.xlen(key(name)) for name in ("bookings", "journal")),
        }

    seen = []
    for number in range(5):
        after.arrive(a_charge_of(1000 + number), f"after {number}", 60)
        after.settle(a_booking(f"after {number}", a_charge_of(1000 + number)), an_entry())
        seen.append(store.store().ask(sizes))

    assert seen[0] <= {150, 151}
    assert seen[-1] == {3}
    assert len(after.bookings(Filter(), 99)) == len(after.totals().rows) == 3


def test_it_says_that_it_is_shared_and_shows_no_password(store: RedisServer, prefix: str) -> None:
    state = open_state(store.settings(prefix))

    assert state.scope is Scope.STORE
    assert "a-password" not in repr(vars(state)) + repr(store.settings(prefix))
