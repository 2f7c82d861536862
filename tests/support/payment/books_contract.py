"""What holds for the ledger, the journal and the faults of every State."""

from decimal import Decimal

from payment_service.state.interface import Began, State
from payment_service.state.records import Filter, Sum, Total
from payment_service.state.slices import ROWS
from payment_service.state.values import Kept, Keyed, SavedAnswer, SetFault
from support.payment.state_makers import NOON, Clock, Opened, a_booking, a_charge_of, an_entry


class BooksContract:
    """The tests; see StateContract, which has their fixtures."""

    # Ledger

    def test_totals_are_exact_where_doubles_are_not(self, state: State) -> None:
        amounts = ["0.1"] * 10 + ["9" * 308, "1e-400", "99999999999999.9", "0.1", "0", "12e3"]
        for value in amounts:
            state.book(a_booking(charge=a_charge_of(value=value)))
        state.book(a_booking(charge=a_charge_of(value="5.05"), accepted=False))
        state.book(a_booking(charge=a_charge_of(2, "7", "DKK")))

        exact = Decimal(f"1{'0' * 293}100000000012000.{'0' * 399}1")
        assert state.totals().rows == {
            (1, "USD"): Total(Sum(16, exact), Sum(1, Decimal("5.05"))),
            (2, "DKK"): Total(Sum(1, Decimal(7)), Sum()),
        }

    def test_totals_outlive_the_bookings_that_are_kept(self, state: State) -> None:
        for _ in range(5):
            state.book(a_booking())

        assert state.totals().rows[1, "USD"].accepted == Sum(5, Decimal("907.5"))
        assert state.totals().forgotten == 0
        assert len(state.bookings(Filter(), 99)) == 3

    def test_rows_of_totals_that_had_to_make_room_are_told(self, state: State) -> None:
        for customer in (1, 2, 3, 1, 4, 5):
            state.book(a_booking(charge=a_charge_of(customer)))

        assert set(state.totals().rows) == {(1, "USD"), (4, "USD"), (5, "USD")}
        assert state.totals().forgotten == 2

    def test_totals_come_in_pages_in_the_order_of_customers_and_currencies(
        self, opened: Opened
    ) -> None:
        state = opened(Kept())
        last = 2**63 - 1
        holders = [(9, "USD"), (10, "USD"), (10, ""), (last, "USD"), (9, "€"), (9, "\U0001f4b6")]
        for customer, currency in holders:
            state.book(a_booking(charge=a_charge_of(customer, currency=currency)))

        pages = [list(state.totals(limit=4).rows)]
        pages.append(list(state.totals(pages[0][-1], 4).rows))

        assert pages == [sorted(holders)[:4], sorted(holders)[4:]]
        assert list(state.totals((9, "V"), 1).rows) == [(9, "€")]
        assert state.totals((last, "USD")).rows == {}

    def test_more_rows_than_are_read_at_once_are_read_without_a_gap(self, opened: Opened) -> None:
        state = opened(Kept())
        everybody = [(customer, "€") for customer in range(1, 2 * ROWS + 2)]
        for customer, currency in everybody:
            state.book(a_booking(charge=a_charge_of(customer, currency=currency)))

        assert list(state.totals().rows) == everybody
        for limit in (ROWS - 1, ROWS, ROWS + 1, 2 * ROWS):
            first = list(state.totals(limit=limit).rows)
            assert first + list(state.totals(first[-1]).rows) == everybody
            assert len(first) == limit

    def test_a_row_that_made_room_is_in_no_page_and_comes_back_with_its_next_booking(
        self, state: State
    ) -> None:
        for customer in (1, 2, 3, 4, 1):  # 1 makes room, then 2
            state.book(a_booking(charge=a_charge_of(customer)))

        assert list(state.totals(limit=2).rows) == [(1, "USD"), (3, "USD")]
        assert state.totals().rows[1, "USD"].accepted.count == 1

    def test_duplicates_are_found_among_the_bookings_that_are_kept(self, state: State) -> None:
        for charge_id, first in (("a", None), ("b", "a"), ("c", None), ("d", "a"), ("e", None)):
            state.book(a_booking(charge_id, duplicate_of=first))

        def found(wanted: Filter) -> list[str]:
            return [booking.charge_id for booking in state.bookings(wanted, 9)]

        assert found(Filter(duplicate=True)) == ["d"]  # b is not kept any more
        assert found(Filter(duplicate=False)) == ["e", "c"]

    def test_bookings_come_newest_first_whole_and_as_wanted(self, state: State) -> None:
        first = a_booking("a", reason="Expired", accepted=False, replica="one")
        second = a_booking("b", a_charge_of(2, "1e2"), duplicate_of="a", fault="x", time=NOON + 1)
        third = a_booking("c", a_charge_of(value="0.1"))
        for booking in (first, second, third):
            state.book(booking)

        assert state.bookings(Filter(), 99) == [third, second, first]
        assert state.bookings(Filter(), 2) == [third, second]
        assert state.bookings(Filter(outcome="declined", replica="one"), 99) == [first]
        assert state.bookings(Filter(customer_id=2, amount=Decimal(100)), 99) == [second]
        assert state.bookings(Filter(since=NOON + 1, until=NOON + 2), 99) == [second]
        assert state.bookings(Filter(until=NOON), 99) == []
        assert state.bookings(Filter(status=200), 99) == []

    def test_more_bookings_than_one_page_are_read_without_a_gap(self, opened: Opened) -> None:
        state = opened(Kept())
        for number in range(1005):
            state.note(an_entry(str(number)))

        bookings = [int(entry.request_id) for entry in state.journal(Filter(), 2000)]
        assert bookings == list(range(1004, -1, -1))

    # Journal

    def test_calls_are_noted_counted_and_found_also_those_that_were_refused(
        self, state: State
    ) -> None:
        charged = an_entry(
            "a", customer_id=1, amount=Decimal("181.50"), currency="", charge_id="x", attempt=2
        )
        refused = an_entry("b", outcome="refused", status=403, reason="wrong token")
        for entry in (charged, refused):
            state.note(entry)

        assert state.journal(Filter(), 99) == [refused, charged]
        assert state.journal(Filter(status=403), 99) == [refused]
        assert state.journal(Filter(), 1) == [refused]
        assert state.count(Filter(outcome="accepted", currency="")) == 1
        assert state.count(Filter(request_id="c")) == 0

    def test_the_oldest_calls_make_room(self, state: State) -> None:
        for name in "abcde":
            state.note(an_entry(name))

        assert [entry.request_id for entry in state.journal(Filter(), 99)] == ["e", "d", "c"]

    def test_settling_is_booking_and_noting_in_one(self, state: State) -> None:
        state.settle(a_booking("a"), an_entry("r"))

        assert state.bookings(Filter(), 9) == [a_booking("a")]
        assert state.journal(Filter(), 9) == [an_entry("r")]
        assert state.totals().rows[1, "USD"].accepted.count == 1

    def test_settling_keeps_the_answer_in_the_same_step(self, state: State) -> None:
        answer = SavedAnswer(200, b"yes")
        assert state.begin("key", "charge") is Began.FRESH
        state.settle(a_booking("a"), an_entry("r"), Keyed("key", "charge", answer, 60))

        assert state.begin("key", "charge") == answer
        assert [booking.charge_id for booking in state.bookings(Filter(), 9)] == ["a"]

    # Faults, reset

    def test_faults_are_set_replaced_dropped_and_expire(self, state: State, clock: Clock) -> None:
        assert state.set_fault("b", '{"n": 1}', None)
        assert state.set_fault("b", '{"n": 2}', None)
        assert state.set_fault("a", "{}", 10)
        clock.seconds += 9.5
        assert state.faults() == (SetFault("a", "{}", NOON + 10), SetFault("b", '{"n": 2}', None))
        clock.seconds += 0.5
        assert not state.drop_fault("a")
        assert state.faults() == (SetFault("b", '{"n": 2}', None),)
        assert state.drop_fault("b")
        assert state.faults() == ()

    def test_a_fault_that_is_set_again_or_was_dropped_counts_anew(self, state: State) -> None:
        state.set_fault("a", "{}", None)
        assert [state.hit("fault a"), state.hit("fault a"), state.hit("rule a")] == [1, 2, 1]

        state.set_fault("a", "{}", None)
        assert [state.hit("fault a"), state.hit("rule a")] == [1, 2]
        state.drop_fault("a")
        assert state.hit("fault a") == 1

    def test_duplicates_can_be_asked_for(self, state: State) -> None:
        state.book(a_booking("a"))
        state.book(a_booking("b", duplicate_of="a"))

        assert [each.charge_id for each in state.bookings(Filter(duplicate=True), 9)] == ["b"]
        assert [each.charge_id for each in state.bookings(Filter(duplicate=False), 9)] == ["a"]

    def test_one_fault_too_many_is_refused_until_another_is_gone(
        self, state: State, clock: Clock
    ) -> None:
        state.set_fault("a", "{}", None)
        state.set_fault("b", "{}", 10)
        assert not state.set_fault("c", "{}", None)
        assert state.set_fault("a", "[]", None)
        clock.seconds += 10
        assert state.set_fault("c", "{}", None)

    def test_a_reset_forgets_everything(self, state: State) -> None:
        state.arrive(a_charge_of(), "a", 60)
        state.hit("rule")
        state.wait_seconds(0.001, 1)
        state.begin("key", "print")
        state.settle(a_booking(), an_entry())
        state.set_fault("fault", "{}", None)

        state.reset()

        assert state.arrive(a_charge_of(), "b", 60).earlier is None
        assert state.next_attempt(a_charge_of()) == 2
        assert state.hit("rule") == 1
        assert state.wait_seconds(0.001, 1) == 0
        assert state.begin("key", "print") is Began.FRESH
        assert (state.bookings(Filter(), 9), state.journal(Filter(), 9)) == ([], [])
        assert (state.totals().rows, state.totals().forgotten) == ({}, 0)
        assert state.faults() == ()
