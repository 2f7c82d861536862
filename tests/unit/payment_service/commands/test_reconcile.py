"""`payment-service reconcile`: what is PAID in Antaeus against what was charged."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.cases import cases
from support.payment.logged import Commands, a_line, a_log
from unit.billing_dev.antaeus.fake_payment import FakePayment, answer


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def an_invoice(number: int, value: str = "181.5", **changes: Any) -> dict[str, Any]:
    """An invoice as Antaeus shows it; a value that JSON has no number for is put in later."""
    customer, currency = changes.get("customer", 1), changes.get("currency", "USD")
    amount = {"value": float(value), "currency": currency}
    status = changes.get("status", "PAID")
    return {"id": number, "customerId": customer, "amount": amount, "status": status}


class Books:
    """Both sides, as files."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self._folder = folder
        self._commands = commands

    def compare(self, invoices: list[dict[str, Any]], lines: list[str], *more: str) -> int:
        (self._folder / "invoices.json").write_text(json.dumps(invoices))
        words = ("--invoices", str(self._folder / "invoices.json"), *more)
        return self._commands.run("reconcile", a_log(self._folder, lines), *words)


@pytest.fixture
def books(tmp_path: Path, commands: Commands) -> Books:
    return Books(tmp_path, commands)


def test_both_agree_however_an_amount_is_written(books: Books, commands: Commands) -> None:
    invoices = [an_invoice(1), an_invoice(2, "20", customer=2, currency="DKK")]
    lines = [a_line("a", "181.50"), a_line("b", "2e1", customer=2, currency="DKK")]

    assert books.compare(invoices, lines) == 0
    assert commands.out == "what is PAID and what was charged agree\n"


def test_what_was_declined_or_is_pending_is_nobodys_difference(books: Books) -> None:
    assert books.compare([an_invoice(1, status="PENDING")], [a_line(outcome="declined")]) == 0


def test_what_was_charged_but_is_not_paid_is_told(books: Books, commands: Commands) -> None:
    lines = [a_line("a", fault="lost-reply"), a_line("b", "7", duplicate_of="x")]

    assert books.compare([an_invoice(1, status="PENDING")], lines) == 1
    assert commands.out == (
        "charged, but not PAID: 2\n"
        "CUSTOMER  CURRENCY  AMOUNT  CHARGE  REPLY SPOILED BY  DUPLICATE OF\n"
        "1         USD        181.5  a       lost-reply        -\n"
        "1         USD            7  b       -                 x\n"
    )


def test_machines_are_told_of_a_charge_all_that_people_are(
    books: Books, commands: Commands
) -> None:
    lines = [a_line("b", "7", currency="", fault="lost-reply", duplicate_of="x")]
    books.compare([], lines, "--json")
    assert json.loads(commands.out)["charged_not_paid"] == [
        {
            "charge_id": "b",
            "customer_id": 1,
            "currency": None,
            "amount": "7",
            "fault": "lost-reply",
            "duplicate_of": "x",
        }
    ]


def test_what_is_paid_but_was_not_charged_is_told(books: Books, commands: Commands) -> None:
    assert books.compare([an_invoice(3)], [a_line(outcome="declined")]) == 1
    assert commands.out == (
        "PAID, but not charged: 1\n"
        "CUSTOMER  CURRENCY  AMOUNT  INVOICE\n"
        "1         USD        181.5  3\n"
    )


@pytest.mark.parametrize(
    "change",
    cases("the difference is {0}", [{"customer": 2}, {"currency": "DKK"}, {"value": "181.51"}]),
)
def test_customer_currency_and_amount_all_count(
    books: Books, commands: Commands, change: dict[str, Any]
) -> None:
    assert books.compare([an_invoice(1)], [a_line(**change)], "--json") == 1
    document = json.loads(commands.out)
    assert (len(document["charged_not_paid"]), len(document["paid_not_charged"])) == (1, 1)


def test_each_of_several_alike_counts(books: Books, commands: Commands) -> None:
    lines = [a_line("good"), a_line("first", fault="lost"), a_line("again", duplicate_of="first")]

    assert books.compare([an_invoice(1), an_invoice(2), an_invoice(3)], lines) == 0
    assert books.compare([an_invoice(1)], lines, "--json") == 1
    document = json.loads(commands.out)
    assert {each["charge_id"] for each in document["charged_not_paid"]} == {"first", "again"}


def test_a_charge_without_a_currency_goes_with_any_but_takes_none_from_another(
    books: Books,
) -> None:
    invoices = [an_invoice(1), an_invoice(2, currency="DKK")]

    assert books.compare(invoices, [a_line("a", currency=""), a_line("b")]) == 0
    assert books.compare(invoices, [a_line("a", currency="EUR"), a_line("b")]) == 1


def test_invoices_that_were_paid_at_the_start_are_left_out(books: Books) -> None:
    invoices = [an_invoice(1), an_invoice(2, "7"), an_invoice(6, "9")]

    assert books.compare(invoices, [a_line("a", "7")]) == 1
    assert books.compare(invoices, [a_line("a", "7")], "--paid-at-start", "1,6") == 0


def test_a_bad_line_leaves_it_open_whether_they_agree(books: Books, commands: Commands) -> None:
    assert books.compare([], [a_line()[:90]]) == 1
    assert "a charge may be missing" in commands.err


@pytest.mark.parametrize("path", cases("the path is {0}", ["", "/", "/rest/v1/invoices"]))
def test_invoices_are_asked_of_antaeus_itself(
    tmp_path: Path, commands: Commands, path: str
) -> None:
    with FakePayment.running(answer(json.dumps([an_invoice(1)]))) as antaeus:
        log = a_log(tmp_path, [a_line()])

        assert commands.run("reconcile", "--invoices", antaeus.url + path, log) == 0
        assert antaeus.received[0].line == "GET /rest/v1/invoices HTTP/1.1"


def test_an_antaeus_that_does_not_answer_is_no_agreement(
    tmp_path: Path, commands: Commands
) -> None:
    with FakePayment.running() as antaeus:
        url = antaeus.url
    log = a_log(tmp_path, [])

    assert commands.run("reconcile", "--invoices", url, log) == 2
    assert f"{url}/rest/v1/invoices: " in commands.err


@pytest.mark.parametrize(
    "text",
    cases(
        "the file has {0}",
        ["", "true", "{}", "[1]", "[{}]", '[{"id": 1, "customerId": 1, "amount": {}}]'],
    ),
)
def test_what_is_no_list_of_invoices_is_no_agreement(
    tmp_path: Path, commands: Commands, text: str
) -> None:
    (tmp_path / "invoices.json").write_text(text)
    place = str(tmp_path / "invoices.json")

    assert commands.run("reconcile", "--invoices", place, a_log(tmp_path, [])) == 2
    assert f"{place}: no list of invoices" in commands.err


def test_ids_that_are_no_numbers_are_refused(commands: Commands) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.run("reconcile", "--invoices", "x", "--paid-at-start", "1,two", "log")

    assert ended.value.code == 2
