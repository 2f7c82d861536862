"""What the store has of records and answers, and what of that is readable."""

import json
from decimal import Decimal
from typing import Any

import pytest

from payment_service.state.records import Booking, JournalEntry
from payment_service.state.stored import (
    UnreadableError,
    answer_document,
    read_answer,
    read_earlier,
    read_holder,
    read_record,
    record_document,
)
from payment_service.state.values import SavedAnswer
from support.cases import cases
from support.payment.state_makers import a_booking, a_charge_of, an_entry

BOOKING = a_booking("a", reason="Expired", duplicate_of="b", fault="f", replica="one")
ENTRY = an_entry(
    customer_id=1, amount=Decimal("1E-400"), attempt=2, charge_id="a", currency="", reason="Limit"
)


def test_a_record_is_read_as_it_was_written() -> None:
    assert read_record(Booking, record_document(BOOKING).encode()) == BOOKING
    assert read_record(JournalEntry, record_document(ENTRY).encode()) == ENTRY
    large = a_booking(charge=a_charge_of(value="9" * 308))
    assert read_record(Booking, record_document(large).encode()) == large


def test_a_field_of_a_newer_version_is_left_out() -> None:
    newer = {**json.loads(record_document(BOOKING)), "invoice": 5}

    assert read_record(Booking, json.dumps(newer).encode()) == BOOKING


@pytest.mark.parametrize(
    "name", cases("it has no {0}", ["charge_id", "time", "customer_id", "amount", "accepted"])
)
def test_a_record_without_what_it_must_have_cannot_be_read(name: str) -> None:
    members = json.loads(record_document(BOOKING))
    del members[name]

    with pytest.raises(UnreadableError):
        read_record(Booking, json.dumps(members).encode())


@pytest.mark.parametrize(
    ("name", "odd"),
    cases(
        "its {0} is {1}",
        [
            *(("amount", odd) for odd in (1, "NaN", "-1", "1e9999", "1_0", "", " 1", "Infinity")),
            *(("time", odd) for odd in ("now", -1, 1e300, True, 253_402_300_800)),
            *(("customer_id", odd) for odd in (0, 1.5, "1", 2**63, True)),
            *(("accepted", odd) for odd in (1, "true")),
            *(("currency", odd) for odd in (5, "\ud800")),
            *((name, {}) for name in ("reason", "duplicate_of", "fault", "replica", "charge_id")),
        ],
    ),
)
def test_a_record_with_an_odd_value_cannot_be_read(name: str, odd: Any) -> None:
    members = {**json.loads(record_document(BOOKING)), name: odd}

    with pytest.raises(UnreadableError):
        read_record(Booking, json.dumps(members).encode())


@pytest.mark.parametrize(
    ("name", "odd"),
    cases("its {0} is {1}", [("status", 99), ("status", "200"), ("attempt", 0), ("outcome", 5)]),
)
def test_a_call_with_an_odd_value_cannot_be_read(name: str, odd: Any) -> None:
    members = {**json.loads(record_document(ENTRY)), name: odd}

    with pytest.raises(UnreadableError):
        read_record(JournalEntry, json.dumps(members).encode())


@pytest.mark.parametrize(
    "raw", cases("it is {0}", [b"", b"\xff", b"[]", b"null", b"[" * 100_000, b"1" * 5000])
)
def test_what_is_no_json_object_is_no_record(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_record(Booking, raw)


def test_an_answer_is_read_as_it_was_written() -> None:
    answer = SavedAnswer(402, bytes(range(256)), (("Decline-Reason", "Expired"), ("Vary", "")))

    assert read_answer(answer_document(answer).encode()) == answer


@pytest.mark.parametrize(
    "raw",
    cases(
        "it is {0}",
        [
            *("", "{}", "[]", '[200,"",[],5]', '[100,"",[]]', '["200","",[]]', "[200,5,[]]"),
            *('[200,"\\u0100",[]]', '[200,"",5]', '[200,"",[["a"]]]', '[200,"",[["a b","c"]]]'),
            *('[200,"",[["a","b\\r\\nc"]]]', '[200,"",[[5,"b"]]]', '[200,"",[["a","\\u00e4"]]]'),
        ],
    ),
)
def test_an_answer_that_nobody_could_be_given_cannot_be_read(raw: str) -> None:
    with pytest.raises(UnreadableError):
        read_answer(raw.encode())


@pytest.mark.parametrize(
    "row",
    cases(
        "it is {0}",
        [
            ([b"\xff", b"", b"", b"0"],),
            ([b"a\nb", b"", b"", b"0"],),
            ([b"", b"", b"", b"0"],),
            ([b"a", b"declined", b"x\r\ny", b"0"],),
        ],
    ),
)
def test_an_earlier_charge_that_no_header_can_name_cannot_be_read(row: list[bytes]) -> None:
    with pytest.raises(UnreadableError):
        read_earlier(row)


@pytest.mark.parametrize(
    "text", cases("it is {0}", [b"", b"1", b"x USD", b"0 USD", b"1 \xff", b" USD", b"-1 USD"])
)
def test_a_row_of_totals_of_nobody_cannot_be_read(text: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_holder(text)
