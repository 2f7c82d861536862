"""A store that goes and comes back while charges are taken."""

import signal
from time import monotonic

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from payment_service.state.interface import Scope, State, StoreLostError
from payment_service.state.opening import open_state
from support.cluster.limits import NOTICED
from support.payment.state_makers import a_charge_of


def scope_of(state: State) -> Scope:
    return state.scope


def tried(state: State) -> int | None:
    """The attempt, or None where the store is lost."""
    try:
        return state.next_attempt(a_charge_of())
    except StoreLostError:
        return None


def test_a_store_that_was_killed_is_lost_and_used_again_once_it_is_back(
    own_store: RedisServer, prefix: str
) -> None:
    state = open_state(own_store.settings(prefix))
    assert [tried(state), tried(state)] == [1, 2]

    own_store.kill()
    began = monotonic()
    assert tried(state) is None
    assert monotonic() - began < 0.5
    assert scope_of(state) is Scope.LOST

    own_store.start()
    # It kept nothing on disk, so it counts from 1 again.
    assert eventually(lambda: tried(state), within=NOTICED) == 1
    assert scope_of(state) is Scope.STORE


def test_a_store_that_hangs_is_given_up_within_half_a_second(
    own_store: RedisServer, prefix: str
) -> None:
    state = open_state(own_store.settings(prefix, store_seconds="0.35"))
    tried(state)

    own_store.signal(signal.SIGSTOP)
    began = monotonic()
    assert tried(state) is None
    assert monotonic() - began < 0.5

    own_store.signal(signal.SIGCONT)
    # It did what it was asked while it hung; nothing was sent a second time.
    assert eventually(lambda: tried(state), within=NOTICED) == 3


def test_a_store_started_again_between_two_charges_costs_none_of_them(
    own_store: RedisServer, prefix: str
) -> None:
    state = open_state(own_store.settings(prefix))
    tried(state)

    own_store.kill()
    own_store.start()

    assert tried(state) == 1


def test_who_goes_on_per_process_counts_there_until_the_store_is_back(
    own_store: RedisServer, prefix: str
) -> None:
    state = open_state(own_store.settings(prefix, store_failure_policy="Local"))
    assert [state.next_attempt(a_charge_of()) for _ in range(3)] == [1, 2, 3]

    own_store.kill()
    assert [state.next_attempt(a_charge_of()) for _ in range(2)] == [1, 2]
    assert scope_of(state) is Scope.LOCAL

    own_store.start()

    def shared_again() -> Scope:
        state.hit("any")
        return state.scope

    eventually(shared_again, lambda scope: scope is Scope.STORE, within=NOTICED)
    assert state.next_attempt(a_charge_of()) == 1


def test_a_store_is_found_by_a_name_that_has_more_addresses_than_it(
    own_store: RedisServer, prefix: str
) -> None:
    # It listens on the one of IPv4 alone.
    url = f"redis://localhost:{own_store.port}"
    state = open_state(own_store.settings(prefix, store_url=url))

    assert [tried(state), tried(state)] == [1, 2]


def test_a_new_password_is_followed(own_store: RedisServer, prefix: str) -> None:
    state = open_state(own_store.settings(prefix))
    tried(state)
    own_store.store().ask(lambda redis: redis.config_set("requirepass", "another"))

    own_store.password_file.write_text("another")
    own_store.store().ask(lambda redis: redis.client_kill_filter(_type="normal", skipme=False))

    assert eventually(lambda: tried(state), within=NOTICED) == 2


def test_a_wrong_password_is_told_and_not_shown(own_store: RedisServer, prefix: str) -> None:
    state = open_state(own_store.settings(prefix))
    own_store.password_file.write_text("not-the-password")

    with pytest.raises(StoreLostError, match="AuthenticationError") as caught:
        state.next_attempt(a_charge_of())

    assert "not-the-password" not in str(caught.value)
