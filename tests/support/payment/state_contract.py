"""What holds for every State: subclasses say which one, with their fixture `opened`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from payment_service.state.interface import Began, HoldLostError, State
from payment_service.state.records import Filter
from payment_service.state.values import Hold, Keyed, SavedAnswer
from support.payment.books_contract import BooksContract
from support.payment.duplicates_contract import DuplicatesContract
from support.payment.state_makers import KEPT, Clock, Opened, a_booking, a_charge_of, an_entry

ANSWER = SavedAnswer(200, b'{"result":"true"}\xff\x00', (("X-Charge", "a"), ("X-More", "b")))
OTHER_ANSWER = SavedAnswer(503, b"", ())


class StateContract(BooksContract, DuplicatesContract):
    """The tests; `opened`, which a subclass has to give, makes a State that keeps so much."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def state(self, opened: Opened) -> State:
        return opened(KEPT)

    # Attempts, hits

    def test_attempts_are_counted_by_charge_however_its_amount_is_written(
        self, state: State
    ) -> None:
        assert state.next_attempt(a_charge_of(value="181.50")) == 1
        assert state.next_attempt(a_charge_of(value="1815e-1")) == 2
        assert state.next_attempt(a_charge_of(value="181.51")) == 1
        assert state.next_attempt(a_charge_of(currency="DKK")) == 1

    def test_a_currency_of_any_text_is_taken(self, state: State) -> None:
        odd = a_charge_of(currency='\U0001f4b6 "\n\0é')
        state.book(a_booking(charge=odd))

        assert [state.next_attempt(odd) for _ in range(2)] == [1, 2]
        assert [booking.currency for booking in state.bookings(Filter(), 9)] == [odd.currency]
        assert list(state.totals().rows) == [(1, odd.currency)]

    def test_the_attempts_of_the_charge_tried_longest_ago_are_forgotten_first(
        self, state: State
    ) -> None:
        for customer in (1, 2, 3, 1, 4):  # 2 is forgotten
            state.next_attempt(a_charge_of(customer))

        assert state.next_attempt(a_charge_of(1)) == 3
        assert state.next_attempt(a_charge_of(2)) == 1

    def test_hits_are_counted_by_rule_for_as_many_rules_as_are_kept(self, state: State) -> None:
        assert [state.hit("first") for _ in range(3)] == [1, 2, 3]
        for other in ("second", "third", "fourth"):
            assert state.hit(other) == 1
        assert state.hit("first") == 1

    def test_no_attempt_is_counted_twice_between_threads(self, state: State) -> None:
        with ThreadPoolExecutor(8) as pool:
            counted = list(pool.map(lambda _: state.next_attempt(a_charge_of()), range(200)))

        assert sorted(counted) == list(range(1, 201))

    def test_a_number_that_is_given_back_is_given_out_again_unless_it_was_counted_on_from(
        self, state: State
    ) -> None:
        charge = a_charge_of()
        for _ in range(2):
            assert (state.next_attempt(charge), state.hit("first")) == (1, 1)
            state.give_back(charge, 1, {"first": 1})
        numbers = [(state.next_attempt(charge), state.hit("first")) for _ in range(2)]
        state.give_back(charge, 1, {"first": 1, "never counted": 1})
        state.give_back(charge, None, {})

        assert numbers == [(1, 1), (2, 2)]
        assert (state.next_attempt(charge), state.hit("first")) == (3, 3)
        state.give_back(charge, 3, {"first": 3})
        assert (state.next_attempt(charge), state.hit("first")) == (3, 3)

    # Rate

    def test_a_burst_passes_and_what_follows_waits_its_turn(
        self, state: State, clock: Clock
    ) -> None:
        assert [state.wait_seconds(10, 3) for _ in range(3)] == [0, 0, 0]
        assert state.wait_seconds(10, 3) == pytest.approx(0.1, abs=1e-5)
        clock.seconds += 0.1
        assert [state.wait_seconds(10, 3) > 0 for _ in range(2)] == [False, True]
        clock.seconds += 1000
        assert [state.wait_seconds(10, 3) > 0 for _ in range(4)] == [False] * 3 + [True]

    def test_a_limit_that_is_loosened_frees_at_once_who_waited_for_the_old_one(
        self, state: State
    ) -> None:
        assert state.wait_seconds(0.001, 1) == 0
        assert state.wait_seconds(0.001, 1) == pytest.approx(1000)
        assert state.wait_seconds(10, 1) == pytest.approx(0.1, abs=1e-5)

    def test_a_limit_that_is_loosened_has_none_of_the_old_ones_waiting(
        self, state: State, clock: Clock
    ) -> None:
        assert state.wait_seconds(0.05, 1) == 0
        assert state.wait_seconds(0.05, 1) == pytest.approx(20)
        assert state.wait_seconds(1000, 1000) == pytest.approx(0.001, abs=1e-5)
        clock.seconds += 0.5
        assert [state.wait_seconds(1000, 1000) for _ in range(500)] == [0] * 500

    def test_a_clock_that_goes_back_stops_nobody_for_long(self, state: State, clock: Clock) -> None:
        state.wait_seconds(10, 1)
        clock.seconds -= 3600
        assert state.wait_seconds(10, 1) <= 0.1
        clock.seconds += 0.1
        assert state.wait_seconds(10, 1) == 0

    def test_a_rate_of_next_to_nothing_has_a_wait_that_can_be_told(self, state: State) -> None:
        assert [state.wait_seconds(5e-324, 1) for _ in range(2)] == [0, 1e9]
        assert state.wait_seconds(10, 1) == pytest.approx(0.1, abs=1e-5)

    # Idempotency

    def test_a_key_is_in_flight_until_its_answer_is_saved_and_then_repeats_it(
        self, state: State
    ) -> None:
        assert state.begin("key", "print") is Began.FRESH
        assert state.begin("key", "print") is Began.IN_FLIGHT
        assert state.begin("other", "print") is Began.FRESH
        assert state.save("key", "print", ANSWER, ttl_seconds=60) == ANSWER
        assert state.begin("key", "print") == ANSWER

    def test_a_key_of_another_charge_is_a_mismatch_in_flight_and_answered(
        self, state: State
    ) -> None:
        state.begin("key", "print")
        assert state.begin("key", "another") is Began.MISMATCH
        state.save("key", "print", ANSWER, ttl_seconds=60)
        assert state.begin("key", "another") is Began.MISMATCH

    def test_of_many_that_begin_a_key_at_once_one_is_first(self, state: State) -> None:
        with ThreadPoolExecutor(8) as pool:
            began = list(pool.map(lambda _: state.begin("key", "print"), range(40)))

        assert (began.count(Began.FRESH), began.count(Began.IN_FLIGHT)) == (1, 39)

    def test_the_first_answer_stays_and_whoever_is_late_is_told_it(self, state: State) -> None:
        state.begin("key", "print")
        assert state.save("key", "print", ANSWER, ttl_seconds=60) == ANSWER
        assert state.save("key", "print", OTHER_ANSWER, ttl_seconds=60) == ANSWER
        assert state.begin("key", "print") == ANSWER

    def test_an_answer_that_is_late_does_not_take_the_key_of_another_charge(
        self, state: State
    ) -> None:
        state.begin("key", "another")
        assert state.save("key", "print", ANSWER, ttl_seconds=60) == ANSWER
        assert state.begin("key", "another") is Began.IN_FLIGHT

    def test_a_key_that_was_given_back_is_fresh_and_an_answered_one_cannot_be(
        self, state: State
    ) -> None:
        state.begin("key", "print")
        state.forget("key")
        assert state.begin("key", "another") is Began.FRESH
        state.save("key", "another", ANSWER, ttl_seconds=60)
        state.forget("key")
        state.forget("unknown")
        assert state.begin("key", "another") == ANSWER

    def test_a_key_whose_process_was_killed_blocks_nobody_for_ever(
        self, state: State, clock: Clock
    ) -> None:
        state.begin("key", "print")
        clock.seconds += 29.9
        assert state.begin("key", "print") is Began.IN_FLIGHT
        clock.seconds += 0.1
        assert state.begin("key", "another") is Began.FRESH

    def test_an_answer_is_forgotten_at_its_age(self, state: State, clock: Clock) -> None:
        state.begin("key", "print")
        state.save("key", "print", ANSWER, ttl_seconds=3600)
        clock.seconds += 3599
        assert state.begin("key", "print") == ANSWER
        clock.seconds += 1
        assert state.begin("key", "print") is Began.FRESH

    def test_the_key_that_was_used_longest_ago_is_forgotten_first(self, state: State) -> None:
        for key in "abcd":
            state.begin(key, "print")

        assert [state.begin(key, "print") for key in "bcd"] == [Began.IN_FLIGHT] * 3
        assert state.begin("a", "print") is Began.FRESH

    # What is settled too late

    def test_a_charge_that_lost_its_key_to_another_is_not_booked(
        self, state: State, clock: Clock
    ) -> None:
        charge, keyed = a_charge_of(), Keyed("key", "print", ANSWER, 60)
        assert state.begin("key", "print", "a") is Began.FRESH
        clock.seconds += 31
        assert state.begin("key", "print", "b") is Began.FRESH

        with pytest.raises(HoldLostError):
            state.settle(a_booking("a", charge), an_entry(), keyed, Hold("key", first=False))
        assert state.bookings(Filter(), 9) == []
        assert state.count(Filter()) == 0
        state.forget("key", "a")
        state.settle(a_booking("b", charge), an_entry(), keyed, Hold("key", first=False))
        assert state.begin("key", "print", "c") == ANSWER
        with pytest.raises(HoldLostError):
            state.settle(a_booking("a", charge), an_entry(), keyed, Hold("key", first=False))
        assert [booking.charge_id for booking in state.bookings(Filter(), 9)] == ["b"]

    def test_a_charge_whose_place_as_the_first_another_has_is_not_booked(
        self, state: State, clock: Clock
    ) -> None:
        state.earlier(a_charge_of(), "a", 3600)
        clock.seconds += 31
        assert state.earlier(a_charge_of(), "b", 3600) is None
        state.settle(a_booking("b"), an_entry(), None, Hold(None, first=True))

        with pytest.raises(HoldLostError):
            state.settle(a_booking("a"), an_entry(), None, Hold(None, first=True))

        assert [booking.charge_id for booking in state.bookings(Filter(), 9)] == ["b"]

    def test_a_late_charge_that_nobody_took_the_place_of_is_booked(
        self, state: State, clock: Clock
    ) -> None:
        state.begin("key", "print", "a")
        state.earlier(a_charge_of(), "a", 1)
        clock.seconds += 31

        keyed = Keyed("key", "print", ANSWER, 60)
        state.settle(a_booking("a"), an_entry(), keyed, Hold("key", first=True))

        assert state.begin("key", "print", "b") == ANSWER

    def test_after_a_reset_no_charge_of_before_is_booked_under_its_key(self, state: State) -> None:
        keyed = Keyed("key", "print", ANSWER, 60)
        state.begin("key", "print", "a")
        state.reset()

        with pytest.raises(HoldLostError):
            state.settle(a_booking("a"), an_entry(), keyed, Hold("key", first=False))

        assert state.begin("key", "print", "b") is Began.FRESH

    # Arrivals

    def test_an_arrival_is_the_attempt_and_the_earlier_charge_in_one(self, state: State) -> None:
        first, second = (state.arrive(a_charge_of(), name, 60) for name in "ab")
        unasked = state.arrive(a_charge_of(), "c", None)

        assert (first.attempt, first.earlier) == (1, None)
        assert second.attempt == 2
        assert second.earlier is not None
        assert second.earlier.charge_id == "a"
        assert (unasked.attempt, unasked.earlier) == (3, None)
