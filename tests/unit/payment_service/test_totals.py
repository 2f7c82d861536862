"""What a process accepted is told exactly, in a text of bounded length, before any caller knows."""

import errno
import json
import os
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payment_service.cashier.records import CallOutcome, ChargeRecord
from payment_service.outcome.charges import Charge
from payment_service.text.currencies import KNOWN
from payment_service.text.mistakes import MistakesError
from payment_service.totals import MOST_CURRENCIES, OTHER, Totals
from support.cases import cases


def a_record(
    value: str = "1.5",
    currency: str = "USD",
    outcome: CallOutcome = CallOutcome.ACCEPTED,
    *,
    is_double: bool = False,
) -> ChargeRecord:
    charge = Charge(1, Decimal(value), currency, value)
    record = ChargeRecord(outcome, 200, True, "r", 0.0, charge)  # noqa: FBT003 - in the order of its fields
    record.is_double = is_double
    return record


def totals(*records: ChargeRecord) -> Totals:
    made = Totals("payment-0", "2025-01-01T00:00:00Z", list[str]().append)
    for record in records:
        made(record)
    return made


def rows(made: Totals) -> dict[str, tuple[int, str]]:
    document = json.loads(made.text)
    return {row["currency"]: (row["count"], row["amount"]) for row in document["currencies"]}


def test_accepted_charges_are_added_up_exactly() -> None:
    made = totals(a_record("0.1"), a_record("0.2"), a_record("7", "DKK"))

    assert rows(made) == {"USD": (2, "0.3"), "DKK": (1, "7")}
    assert json.loads(made.text)["replica"] == "payment-0"
    assert json.loads(made.text)["started"] == "2025-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "outcome", cases("it was {0}", [each for each in CallOutcome if each != CallOutcome.ACCEPTED])
)
def test_what_was_not_accepted_is_in_no_sum(outcome: CallOutcome) -> None:
    assert rows(totals(a_record(outcome=outcome))) == {}


def test_doubles_are_counted_and_added_up_as_others_are() -> None:
    made = totals(a_record(), a_record(is_double=True), a_record())

    assert json.loads(made.text)["doubles"] == 1
    assert rows(made) == {"USD": (3, "4.5")}


@pytest.mark.parametrize(
    "currency",
    cases("the currency is {0}", ["", "usd", "XYZ", OTHER, "x" * 64, '"},{"', "€"]),
)
def test_a_currency_that_is_none_is_one_of_the_others(currency: str) -> None:
    assert rows(totals(a_record(currency=currency))) == {OTHER: (1, "0")}


@pytest.mark.parametrize("currency", cases("the currency is {0}", [OTHER, "x", "€"]))
def test_the_others_have_no_sum_whatever_they_are_called(currency: str) -> None:
    made = totals(a_record(currency="XYZ"), a_record("123456789", currency))

    assert rows(made) == {OTHER: (2, "0")}


@pytest.mark.parametrize(
    "value",
    cases(
        "the amount is {0}",
        [
            *("1" * 300, "0." + "1" * 399, "1e300"),
            *("1e18", "1e-13", "1." + "1" * 13, "9" * 18 + ".01e1"),
        ],
    ),
)
def test_an_amount_that_is_too_long_is_counted_and_spoils_no_sum(value: str) -> None:
    made = totals(a_record("2"), a_record(value), a_record("0.01"), a_record("999"))

    assert rows(made) == {"USD": (3, "1001.01"), OTHER: (1, "0")}


@pytest.mark.parametrize(
    "value", cases("the zero is {0}", ["0." + "0" * 390, "-0", "0e-300", "0e300"])
)
def test_a_zero_spoils_no_sum_however_it_is_written(value: str) -> None:
    assert rows(totals(a_record(value), a_record("0.5"))) == {"USD": (2, "0.5")}


def test_zeros_at_the_end_of_an_amount_say_nothing() -> None:
    made = totals(a_record("1.50" + "0" * 300), a_record("9"))

    assert rows(made) == {"USD": (2, "10.5")}


def test_no_caller_makes_it_longer_than_kubernetes_keeps() -> None:
    longest = [a_record("9" * 18 + "." + "9" * 12, currency) for currency in sorted(KNOWN)]
    made = totals(*longest, *(a_record(currency=f"x{number}") for number in range(100)))

    assert len(made.text.encode()) < 4096 - 253
    assert len(rows(made)) == MOST_CURRENCIES + 1


@given(
    some.lists(
        some.tuples(
            some.decimals(0, 10**6) | some.sampled_from(["1e5", "9.50", "0.5", "0.000", "1e30"]),
            some.sampled_from(["USD", "DKK", "x", OTHER]),
        )
    )
)
def test_it_never_gets_shorter(charges: list[tuple[object, str]]) -> None:
    """What is written over a file of an earlier text leaves nothing of that behind."""
    made, longest = totals(), 0
    for amount, currency in charges:
        made(a_record(str(amount), currency))
        assert len(made.text) >= longest
        longest = len(made.text)


def test_the_file_has_what_is_told(tmp_path: Path) -> None:
    file = tmp_path / "message"
    file.write_text("of an earlier process" * 100)
    made = totals(a_record())
    made.write_to(file)
    assert file.read_text() == made.text

    for number in range(20):
        made(a_record(str(number)))
        assert file.read_text() == made.text


def test_a_file_that_cannot_be_opened_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="cannot be written"):
        totals().write_to(tmp_path)


def test_where_nothing_can_be_written_any_more_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count that is too small would be taken for the last one."""
    reasons: list[str] = []
    file = tmp_path / "message"
    made = Totals("payment-0", "", reasons.append)
    made.write_to(file)
    made(a_record())

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space is left")

    monkeypatch.setattr(os, "pwrite", full)
    made(a_record())
    made(a_record())

    assert file.read_text() == ""
    assert len(reasons) == 1
    assert "no space is left" in reasons[0]
    assert rows(made) == {"USD": (3, "4.5")}


@contextmanager
def files_no_longer_than(most: int) -> Iterator[None]:
    """As on a full disk, the kernel writes what has room, and that is no error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_where_only_a_part_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    reasons: list[str] = []
    file = tmp_path / "message"
    made = Totals("payment-0", "", reasons.append)
    made.write_to(file)
    made(a_record())
    with files_no_longer_than(len(made.text)):
        for _ in range(10):
            made(a_record())

    assert file.read_text() == ""
    assert len(reasons) == 1


def test_it_says_so_where_what_is_too_little_cannot_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons: list[str] = []
    made = Totals("payment-0", "", reasons.append)
    made.write_to(tmp_path / "message")

    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, "the file system is read-only")

    monkeypatch.setattr(os, "pwrite", read_only)
    monkeypatch.setattr(os, "ftruncate", read_only)
    made(a_record())

    (reason,) = reasons
    assert "too little stands there" in reason


def test_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "message"
    made = totals()
    made.write_to(file)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: made(a_record("0.1")), range(2000)))

    assert rows(made) == {"USD": (2000, "200.0")}
    assert file.read_text() == made.text
