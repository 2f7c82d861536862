"""What holds for the charges alike of every State."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from payment_service.outcome.charges import Charge
from payment_service.state.interface import State
from payment_service.state.values import Hold
from support.payment.state_makers import Clock, a_booking, a_charge_of, an_entry


class DuplicatesContract:
    """The tests; see StateContract, which has their fixtures."""

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

    def test_a_charge_that_never_ended_is_no_first_of_duplicates_after_its_age(
        self, state: State, clock: Clock
    ) -> None:
        state.earlier(a_charge_of(), "a", 3600)
        clock.seconds += 29
        in_flight = state.earlier(a_charge_of(), "b", 3600)
        clock.seconds += 1
        assert in_flight is not None
        assert in_flight.accepted is None
        assert state.earlier(a_charge_of(), "c", 3600) is None
        state.book(a_booking("c"))
        clock.seconds += 31
        ended = state.earlier(a_charge_of(), "d", 3600)
        assert ended is not None
        assert (ended.charge_id, ended.accepted) == ("c", True)

    def test_after_one_that_never_ended_the_one_that_was_booked_meanwhile_is_the_first(
        self, state: State, clock: Clock
    ) -> None:
        state.earlier(a_charge_of(), "a", 3600)
        state.book(a_booking("b"))
        clock.seconds += 30

        earlier = state.earlier(a_charge_of(), "c", 3600)

        assert earlier is not None
        assert earlier.charge_id == "b"

    def test_a_charge_that_was_booked_cannot_be_withdrawn(self, state: State) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.book(a_booking("a"))
        state.withdraw(a_charge_of(), "a")

        earlier = state.earlier(a_charge_of(), "b", 60)

        assert earlier is not None
        assert (earlier.charge_id, earlier.accepted) == ("a", True)

    def test_after_a_withdrawal_the_one_that_was_booked_meanwhile_is_the_first(
        self, state: State
    ) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.book(a_booking("b"))
        state.withdraw(a_charge_of(), "a")

        earlier = state.earlier(a_charge_of(), "c", 60)

        assert earlier is not None
        assert earlier.charge_id == "b"

    # Doubles: somebody is charged twice

    def test_one_that_is_accepted_after_any_accepted_one_alike_is_a_double(
        self, state: State
    ) -> None:
        doubles = []
        for charge_id, accepted in [("a", False), ("b", True), ("c", True), ("d", False)]:
            state.earlier(a_charge_of(), charge_id, 60)
            doubles.append(state.book(a_booking(charge_id, accepted=accepted)))

        assert doubles == [False, False, True, False]

    @pytest.mark.parametrize("order", ["ab", "ba"], ids=["in their order", "the first one last"])
    def test_of_two_that_were_decided_at_once_one_is_a_double(
        self, state: State, order: str
    ) -> None:
        for charge_id in "ab":
            state.earlier(a_charge_of(), charge_id, 60)

        assert [state.book(a_booking(each)) for each in order] == [False, True]

    def test_of_two_that_are_booked_at_once_one_is_a_double(self, state: State) -> None:
        for charge_id in "ab":
            state.earlier(a_charge_of(), charge_id, 60)

        with ThreadPoolExecutor(2) as pool:
            doubles = list(pool.map(lambda each: state.book(a_booking(each)), "ab"))

        assert sorted(doubles) == [False, True]

    def test_settling_tells_of_a_double_as_booking_does(self, state: State) -> None:
        doubles = []
        for charge_id in "ab":
            first = state.earlier(a_charge_of(), charge_id, 60) is None
            hold = Hold(None, first=first)
            doubles.append(state.settle(a_booking(charge_id), an_entry(), None, hold))

        assert doubles == [False, True]

    def test_after_the_window_it_is_no_double(self, state: State, clock: Clock) -> None:
        state.earlier(a_charge_of(), "a", 60)
        state.book(a_booking("a"))
        clock.seconds += 60
        state.earlier(a_charge_of(), "b", 60)

        assert not state.book(a_booking("b"))

    def test_in_a_row_of_charges_alike_it_is_a_double_to_its_end(
        self, state: State, clock: Clock
    ) -> None:
        for charge_id, accepted in [("a", True), ("b", False)]:
            state.earlier(a_charge_of(), charge_id, 60)
            state.book(a_booking(charge_id, accepted=accepted))
            clock.seconds += 50
        state.earlier(a_charge_of(), "c", 60)

        assert state.book(a_booking("c"))

    def test_one_that_was_withdrawn_hides_no_double(self, state: State) -> None:
        for charge_id in "ab":
            state.earlier(a_charge_of(), charge_id, 60)
        state.book(a_booking("b"))
        state.withdraw(a_charge_of(), "a")
        state.earlier(a_charge_of(), "c", 60)

        assert state.book(a_booking("c"))

    def test_where_nobody_looks_for_charges_alike_there_is_no_double(self, state: State) -> None:
        assert [state.book(a_booking(each)) for each in "ab"] == [False, False]

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
