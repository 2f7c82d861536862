"""A store remembers just what a process would, whatever is asked in whatever order."""

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_dev.local.redis_server import RedisServer
from payment_service.outcome.charges import Charge
from payment_service.state.interface import State
from payment_service.state.memory import Memory
from payment_service.state.records import Filter
from payment_service.state.shared import Shared
from payment_service.state.values import Kept, SavedAnswer
from support.payment.state_makers import Clock, a_booking, an_entry

pytestmark = pytest.mark.thorough

KEPT = Kept(attempts=2, hits=2, keys=2, bookings=2, journal=2, faults=1, in_flight_seconds=20)
FEW = st.sampled_from("ab")
AMOUNTS = st.decimals(0, 10**20, places=3) | st.just(Decimal("0.1"))
CHARGES = st.builds(
    lambda customer, amount, currency: Charge(customer, amount, currency, str(amount)),
    st.integers(1, 3),
    st.sampled_from([Decimal("1.50"), Decimal("0.00")]) | AMOUNTS,
    st.sampled_from(["USD", ""]),
)

Question = Callable[[State], object]


def call(name: str, *arguments: object, **options: object) -> Question:
    return lambda state: getattr(state, name)(*arguments, **options)


def forget_all(state: State) -> None:
    """A reset of a store has a name, by which other replicas see it; one of a process has none."""
    state.reset()


QUESTIONS = st.one_of(
    st.builds(call, st.just("next_attempt"), CHARGES),
    st.builds(call, st.just("hit"), st.sampled_from("abc")),
    st.builds(call, st.just("wait_seconds"), st.sampled_from([0.1, 3, 7.5]), st.integers(1, 3)),
    st.builds(call, st.just("begin"), st.sampled_from("abc"), FEW),
    st.builds(
        call,
        *(st.just("save"), st.sampled_from("abc"), FEW),
        st.builds(SavedAnswer, st.sampled_from([200, 402, 503]), st.binary(max_size=9)),
        ttl_seconds=st.sampled_from([5, 50]),
    ),
    st.builds(call, st.just("forget"), st.sampled_from("abc")),
    st.builds(call, st.just("arrive"), CHARGES, FEW, st.sampled_from([None, 15, 30])),
    st.builds(call, st.just("withdraw"), CHARGES, FEW),
    st.builds(
        lambda i, c, a: call("book", a_booking(i, c, accepted=a)), FEW, CHARGES, st.booleans()
    ),
    st.builds(lambda name: call("note", an_entry(name)), FEW),
    st.builds(call, st.just("set_fault"), FEW, FEW, st.none() | st.just(40)),
    st.builds(call, st.just("drop_fault"), FEW),
    st.just(forget_all),
)
AFTERWARDS = [call("totals"), call("faults"), call("count", Filter())]
AFTERWARDS += [call(kind, Filter(), 9) for kind in ("bookings", "journal")]


def test_shared_answers_like_memory(store: RedisServer) -> None:
    connection = store.store()

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.tuples(st.sampled_from([0, 0.25, 7, 20]), QUESTIONS), max_size=40))
    def alike(steps: list[tuple[float, Question]]) -> None:
        clock = Clock()
        memory = Memory(KEPT, clock)
        shared = Shared(connection, uuid4().hex, KEPT, clock, clock)
        for passed, question in steps:
            clock.seconds += passed
            assert question(shared) == question(memory)
        assert [ask(shared) for ask in AFTERWARDS] == [ask(memory) for ask in AFTERWARDS]
        shared.reset()

    alike()
