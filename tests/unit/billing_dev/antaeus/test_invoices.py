from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from billing_dev.antaeus.invoices import MOST_INVOICES, Customer, Invoice, Invoices, first_invoices


@pytest.fixture
def invoices(tmp_path: Path) -> Iterator[Invoices]:
    store = Invoices(tmp_path / "test.db", first_invoices(None, Random(1)))
    yield store
    store.close()


def test_without_a_number_the_original_ten_are_there() -> None:
    first = first_invoices(None, Random(1))
    assert [invoice.id for invoice in first] == list(range(1, 11))
    assert [invoice.id for invoice in first if invoice.status == "PAID"] == [1, 6]
    assert [invoice.customer_id for invoice in first] == [1] * 5 + [2] * 5
    assert [invoice.currency for invoice in first] == ["USD"] * 5 + ["DKK"] * 5


@pytest.mark.parametrize("count", [0, 1, 2, 7, 10, 400])
def test_so_many_as_asked_for_are_all_pending(count: int) -> None:
    first = first_invoices(count, Random(1))
    assert [invoice.id for invoice in first] == list(range(1, count + 1))
    assert {invoice.status for invoice in first} <= {"PENDING"}


def test_customer_and_amount_tell_which_invoice_it_is() -> None:
    first = first_invoices(MOST_INVOICES, Random(1))
    assert len({(invoice.customer_id, invoice.cents) for invoice in first}) == MOST_INVOICES
    assert {invoice.cents for invoice in first} == set(range(10_00, 500_01))


def test_the_same_seed_makes_the_same_amounts() -> None:
    assert first_invoices(50, Random(3)) == first_invoices(50, Random(3))
    assert first_invoices(50, Random(3)) != first_invoices(50, Random(4))


def test_a_start_forgets_every_payment(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    first = first_invoices(3, Random(1))
    before = Invoices(file, first)
    before.mark_paid(2)
    before.close()
    after = Invoices(file, first)
    assert [invoice.id for invoice in after.pending()] == [1, 2, 3]
    after.close()


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    file.write_text("not SQLite")
    store = Invoices(file, first_invoices(3, Random(1)))
    assert len(store.all()) == 3
    store.close()


def test_a_paid_invoice_is_no_longer_pending(invoices: Invoices) -> None:
    invoices.mark_paid(3)
    invoices.mark_paid(3)
    assert [invoice.id for invoice in invoices.pending()] == [2, 4, 5, 7, 8, 9, 10]
    found = invoices.find(3)
    assert found is not None
    assert found.status == "PAID"


def test_what_is_stored_is_what_was_given(tmp_path: Path) -> None:
    invoice = Invoice(1, customer_id=2, cents=123_45, currency="DKK")
    store = Invoices(tmp_path / "test.db", [invoice])
    assert store.all() == [invoice]
    store.close()


def test_customers_are_found_by_id(invoices: Invoices) -> None:
    assert invoices.customers() == [Customer(1, "USD"), Customer(2, "DKK")]
    assert invoices.find_customer(2) == Customer(2, "DKK")
    assert invoices.find_customer(3) is None
    assert invoices.find(11) is None


def test_a_database_that_is_kept_goes_on_where_the_start_before_ended(tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    before = Invoices(file, first_invoices(3, Random(1)), keep=True)
    before.mark_paid(2)
    invoices = before.all()
    before.close()
    after = Invoices(file, first_invoices(3, Random(2)), keep=True)

    assert after.all() == invoices
    assert [each.id for each in after.pending()] == [1, 3]
    after.close()
