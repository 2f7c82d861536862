"""What holds for every State: subclasses say which one, with their fixture `opened`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from payment_service.outcome.charges import Charge
from payment_service.state.interface import Began, State
from payment_service.state.records import Filter
from payment_service.state.values import SavedAnswer
from support.payment.books_contract import BooksContract
from support.payment.state_makers import KEPT, Clock, Opened, a_booking, a_charge_of

ANSWER = SavedAnswer(200, b'{"result":"true"}\xff\x00', (("X-Charge", "a"), ("X-More", "b")))
OTHER_ANSWER = SavedAnswer(503, b"", ())


class StateContract(BooksContract):
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

    # Duplicates

    def test_a_charge_alike_within_the_window_is_told_with_how_the_first_ended(
        self, state: State, clock: Clock
    ) -> None:
        assert state.earlier(a_charge_of(), "a", 60) is None
        undecided = state.earlier(a_charge_of(), "b", 60)
        state.book(a_booking("a", accepted=False, reason="Expired"))
        clock.seconds += 12.5
        declined = state.earlier(a_charge_of(value="181.5"), "c", 60)

        assert undecided is not None
        assert (undecided.charge_id, undecided.accepted, undecided.reason) == ("a", None, None)
        assert declined is not None
        assert (declined.charge_id, declined.accepted) == ("a", False)
        assert (declined.reason, declined.seconds_ago) == ("Expired", 12.5)

    @pytest.mark.parametrize(
        "other",
        [a_charge_of(2), a_charge_of(value="181.49"), a_charge_of(currency="DKK")],
        ids=["another customer", "another amount", "another currency"],
    )
    def test_charges_that_differ_are_no_duplicates(self, state: State, other: Charge) -> None:
        state.earlier(a_charge_of(), "a", 60)
        assert state.earlier(other, "b", 60) is None

    def test_a_charge_is_no_duplicate_any_more_once_the_window_is_over(
        self, state: State, clock: Clock
    ) -> None:
        state.earlier(a_charge_of(), "a", 60)
        clock.seconds += 60
        assert state.earlier(a_charge_of(), "b", 60) is None
        earlier = state.earlier(a_charge_of(), "c", 60)
        assert earlier is not None
        assert earlier.charge_id == "b"

    def test_a_row_of_duplicates_longer_than_the_window_is_seen_to_its_end(
        self, state: State, clock: Clock
    ) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.book(a_booking("a"))
        clock.seconds += 50
        state.book(a_booking("b", accepted=False, reason="Expired"))
        clock.seconds += 20

        earlier = state.earlier(a_charge_of(), "c", 60)

        assert earlier is not None
        assert (earlier.charge_id, earlier.accepted, earlier.reason) == ("b", False, "Expired")
        assert earlier.seconds_ago == 20

    def test_a_charge_that_does_not_count_is_no_first_of_duplicates(self, state: State) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.withdraw(a_charge_of(), "of another")
        assert state.earlier(a_charge_of(), "b", 60) is not None
        state.withdraw(a_charge_of(), "a")
        assert state.earlier(a_charge_of(), "c", 60) is None

    def test_after_a_withdrawal_the_one_that_was_booked_meanwhile_is_the_first(
        self, state: State
    ) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.book(a_booking("b"))
        state.withdraw(a_charge_of(), "a")

        earlier = state.earlier(a_charge_of(), "c", 60)

        assert earlier is not None
        assert earlier.charge_id == "b"

    def test_of_many_charges_alike_at_once_one_is_first(self, state: State) -> None:
        with ThreadPoolExecutor(8) as pool:
            earlier = list(pool.map(lambda n: state.earlier(a_charge_of(), str(n), 60), range(40)))

        assert earlier.count(None) == 1
        assert len({earlier.charge_id for earlier in earlier if earlier}) == 1

    def test_duplicates_are_found_among_as_many_charges_as_are_kept(self, state: State) -> None:
        for customer in (1, 2, 3, 4):
            state.earlier(a_charge_of(customer), f"of {customer}", 60)

        assert state.earlier(a_charge_of(4), "b", 60) is not None
        assert state.earlier(a_charge_of(1), "c", 60) is None

    def test_an_arrival_is_the_attempt_and_the_earlier_charge_in_one(self, state: State) -> None:
        first, second = (state.arrive(a_charge_of(), name, 60) for name in "ab")
        unasked = state.arrive(a_charge_of(), "c", None)

        assert (first.attempt, first.earlier) == (1, None)
        assert second.attempt == 2
        assert second.earlier is not None
        assert second.earlier.charge_id == "a"
        assert (unasked.attempt, unasked.earlier) == (3, None)
