"""Faults, records and totals of the store that another version wrote, or nobody did."""

import json
from typing import Any

import pytest

from billing_dev.eventually import eventually
from integration.payment_service.other_version import NO_ENTRIES, ODD_SHAPES, SEEN, Scene
from support.cases import cases
from support.payment.service import get

HOLDER = "0000000000000000001 USD"
BOOKING = {
    "charge_id": "a",
    "time": 1e9,
    "customer_id": 1,
    "amount": "1",
    "currency": "USD",
    "accepted": True,
    "request_id": "r",
    "outcome": "accepted",
}
NO_RECORDS: list[bytes] = [
    *(b"", b"\xff", b"[]", b"null", b"[" * 100_000, b"NaN", b"1" * 5000, b"{}"),
    *(
        json.dumps({**BOOKING, name: odd}).encode()
        for name, odd in (
            ("time", "now"),
            ("time", 1e300),
            ("amount", "1e999999999"),
            ("customer_id", "1"),
            ("currency", "\ud800"),
            ("replica", 5),
        )
    ),
]


# Faults

GOOD = {"document": '{"name": "good", "fault": {"status": {"code": 500}}}', "expires": ""}


@pytest.mark.parametrize(
    "value",
    cases(
        "what stands there is {0}",
        [
            *NO_ENTRIES,
            *ODD_SHAPES,
            {"document": 7, "expires": ""},
            {"document": "{}"},
            {"document": "{}", "expires": 5},
            {"document": "{}", "expires": "soon"},
            {"document": "{}", "expires": "nan"},
            {"document": "no JSON", "expires": ""},
            {"document": '{"name": "bad", "fault": {"earthquake": {}}}', "expires": ""},
            {"document": GOOD["document"], "expires": ""},
        ],
    ),
)
def test_a_fault_that_cannot_be_read_is_left_out_and_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    scene.put("faults", "bad", value)
    scene.put("faults", "good", GOOD)

    eventually(lambda: scene.ask().status == 500, within=SEEN)

    for _ in range(3):
        (shown,) = scene.control.get("/v1/faults")["faults"]
        assert shown["entry"]["name"] == "good"
    assert scene.skipped("faults") == 1
    assert sum("'bad'" in record.message for record in caplog.records) == 1
    assert scene.control.ask("DELETE", "/v1/faults/good").status == 200
    assert scene.control.ask("DELETE", "/v1/faults/bad").status == 200
    assert scene.well()


@pytest.mark.parametrize("field", cases("its name is {0}", [b"\xff", b"not-its-entry's", b"\xc3("]))
def test_a_fault_whose_name_cannot_be_read_is_left_out(scene: Scene, field: bytes) -> None:
    scene.put("faults", field, GOOD)
    scene.put("faults", b"good", GOOD)

    eventually(lambda: scene.ask().status == 500, within=SEEN)

    assert len(scene.control.get("/v1/faults")["faults"]) == 1
    assert get(scene.service.ops.number, "/livez").status == 200


def test_a_fault_that_is_not_utf_8_is_left_out(scene: Scene) -> None:
    packed = b"\x82\xa8document\xa2\xff\xfe\xa7expires\xa0"
    scene.put("faults", "bad", packed)

    eventually(lambda: scene.skipped("faults") == 1, within=SEEN)

    assert scene.control.get("/v1/faults")["faults"] == []
    assert scene.well()


# Records


@pytest.mark.parametrize(
    ("name", "path", "shown"),
    cases(
        "{0}, read by {1}",
        [
            ("bookings", "/v1/ledger/bookings", "bookings"),
            ("journal", "/v1/journal", "calls"),
        ],
    ),
)
def test_records_that_cannot_be_read_are_left_out(
    scene: Scene, name: str, path: str, shown: str
) -> None:
    assert scene.ask().status == 200
    for raw in NO_RECORDS:
        scene.store.order("XADD", scene.key(name), "*", "d", raw)
    scene.store.order("XADD", scene.key(name), "*", "other", "{}")
    assert scene.ask(customer_id=2).status == 200

    for _ in range(2):
        assert [row["customer_id"] for row in scene.control.get(path)[shown]] == [2, 1]
        assert scene.control.get("/v1/journal/count")["count"] == 2
    assert scene.skipped(name) == len(NO_RECORDS) + 1
    assert scene.well()


# Totals


@pytest.mark.parametrize(
    "value",
    cases(
        "the row is {0}",
        [
            *NO_ENTRIES,
            *ODD_SHAPES,
            {"accepted": [1, "1"]},
            {"accepted": [1, "1"], "declined": [0]},
            {"accepted": ["1", "1"], "declined": [0, "0"]},
            {"accepted": [0.5, "1"], "declined": [0, "0"]},
            {"accepted": [1, "1e3"], "declined": [0, "0"]},
            {"accepted": [1, "-1"], "declined": [0, "0"]},
            {"accepted": [1, "9" * 5000], "declined": [0, "0"]},
        ],
    ),
)
def test_a_row_of_totals_that_cannot_be_read_is_forgotten_and_begins_anew(
    scene: Scene, value: Any
) -> None:
    scene.put("totals", HOLDER, value)
    scene.store.order("ZADD", scene.key("totals_sorted"), 0, HOLDER)

    ledger = scene.control.get("/v1/ledger")
    assert (ledger["totals"], ledger["forgotten"]) == ([], 1)
    assert scene.ask().status == 200

    ledger = scene.control.get("/v1/ledger")
    assert [row["accepted"] for row in ledger["totals"]] == [{"count": 1, "amount": "181.62"}]
    assert ledger["forgotten"] == 1
    assert scene.skipped("totals") == 1
    assert scene.well()


@pytest.mark.parametrize("holder", cases("it is of {0}", [b"\xff USD", b"1", b"x USD", b"1 \xff"]))
def test_a_row_of_totals_of_nobody_is_forgotten(scene: Scene, holder: bytes) -> None:
    scene.put("totals", holder, {"accepted": [1, "1"], "declined": [0, "0"]})

    ledger = scene.control.get("/v1/ledger")
    assert (ledger["totals"], ledger["forgotten"]) == ([], 1)
    assert scene.well()
