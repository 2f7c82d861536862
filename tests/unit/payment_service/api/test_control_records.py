"""What the control API shows of the charges that were taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support.cases import cases
from support.payment.control import Control, a_controlled_service
from support.payment.service import Caller, a_charge, a_request


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    """After four calls: two alike of customer 1, one declined of customer 2, one refused."""
    rules = '[{"name": "two", "match": {"customers": [2]}, "decline": {"reason": "Expired"}}]'
    (tmp_path / "profile.json").write_text(f'{{"successRate": 1, "rules": {rules}}}')
    with a_controlled_service(tmp_path) as (service, control):
        with Caller(service.charges.number) as caller:
            for _ in range(2):
                caller.ask(a_request(a_charge(value=0.1), headers="X-Request-Id: one\r\n"))
            caller.ask(a_request(a_charge(customer_id=2, currency="DKK", value=20)))
            caller.ask(a_request(token="a-secret-mistake"))
        yield control


def test_the_ledger_has_exact_totals_by_customer_and_currency(control: Control) -> None:
    none = {"count": 0, "amount": "0"}
    assert control.get("/v1/ledger") == {
        "scope": "process",
        "forgotten": 0,
        "totals": [
            {
                "customer_id": 1,
                "currency": "USD",
                "accepted": {"count": 2, "amount": "0.2"},
                "declined": none,
            },
            {
                "customer_id": 2,
                "currency": "DKK",
                "accepted": none,
                "declined": {"count": 1, "amount": "20"},
            },
        ],
    }


def test_amounts_are_plain_and_rows_in_order_however_charges_came(tmp_path: Path) -> None:
    came = [(3, "USD", "1.50"), (1, "USD", "2e1"), (1, "DKK", "0.70")]
    with a_controlled_service(tmp_path) as (service, control):
        with Caller(service.charges.number) as caller:
            for customer, currency, value in came:
                body = f'{{"customer_id":{customer},"currency":"{currency}","value":{value}}}'
                caller.ask(a_request(body.encode()))
        rows = control.get("/v1/ledger")["totals"]
        calls = control.get("/v1/journal")["calls"]

    assert [(row["customer_id"], row["currency"]) for row in rows] == [
        (1, "DKK"),
        (1, "USD"),
        (3, "USD"),
    ]
    assert [call["amount"] for call in calls] == ["0.7", "20", "1.5"]


def test_totals_are_read_a_page_at_a_time(control: Control) -> None:
    first = control.get("/v1/ledger?limit=1")
    second = control.get(f"/v1/ledger?limit=1&after={quote(first['next'])}")

    assert [row["customer_id"] for row in first["totals"] + second["totals"]] == [1, 2]
    assert first["next"] == "1 USD"
    assert "next" not in second


@pytest.mark.parametrize(
    "query",
    cases("the query is {0}", ["limit=1001", "after=USD", "after=1", "after=0%20USD", "since=1"]),
)
def test_a_page_of_totals_that_is_none_is_refused(control: Control, query: str) -> None:
    assert control.ask("GET", f"/v1/ledger?{query}").status == 400


def test_a_page_of_many_rows_is_written_whole(tmp_path: Path) -> None:
    rows = 60
    with a_controlled_service(tmp_path) as (service, control):
        with Caller(service.charges.number) as caller:
            for customer in range(1, rows + 1):
                caller.ask(a_request(a_charge(customer_id=customer)))
        ledger, bookings, journal = (
            control.get(f"/v1/{page}") for page in ("ledger", "ledger/bookings", "journal")
        )

    everybody = list(range(1, rows + 1))
    assert [row["customer_id"] for row in ledger["totals"]] == everybody
    assert [row["customer_id"] for row in bookings["bookings"]] == everybody[::-1]
    assert [row["customer_id"] for row in journal["calls"]] == everybody[::-1]


def test_bookings_come_newest_first_with_all_that_is_known(control: Control) -> None:
    declined, second, first = control.get("/v1/ledger/bookings")["bookings"]

    assert (declined["outcome"], declined["reason"], declined["amount"]) == (
        "declined",
        "Expired",
        "20",
    )
    assert second["duplicate_of"] == first["charge_id"]
    assert "reason" not in first
    assert first["replica"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    cases(
        "the query is {0}",
        [
            ("", 4),
            ("customer_id=1", 2),
            ("amount=0.10", 2),
            ("amount=0.1&currency=DKK", 0),
            ("outcome=refused", 1),
            ("reason=Expired&status=200", 1),
            ("request_id=one", 2),
            ("since=2000-01-01T00:00:00Z", 4),
            ("until=2000-01-01T00:00:00%2B01:00", 0),
            ("since=1000-01-01T00:00:00%2B23:59", 4),
        ],
    ),
)
def test_the_journal_is_filtered_and_counted(control: Control, query: str, wanted: int) -> None:
    assert control.get(f"/v1/journal/count?{query}") == {"scope": "process", "count": wanted}
    assert len(control.get(f"/v1/journal?{query}")["calls"]) == wanted


def test_a_time_that_was_shown_finds_its_call_again(control: Control) -> None:
    newest = control.get("/v1/journal?limit=1")["calls"][0]

    assert newest in control.get(f"/v1/journal?since={newest['time']}")["calls"]


def test_no_more_is_shown_than_is_asked_for(control: Control) -> None:
    assert len(control.get("/v1/journal?limit=3")["calls"]) == 3
    assert len(control.get("/v1/ledger/bookings?limit=1")["bookings"]) == 1


def test_no_token_is_in_the_journal(control: Control) -> None:
    refused = control.get("/v1/journal?outcome=refused")["calls"][0]

    assert refused["reason"] == "Token"
    assert b"a-secret-mistake" not in control.ask("GET", "/v1/journal").body


def test_duplicates_are_the_charges_that_came_after_one_alike(control: Control) -> None:
    (duplicate,) = control.get("/v1/duplicates")["bookings"]

    assert (duplicate["customer_id"], duplicate["amount"]) == (1, "0.1")
    assert control.get("/v1/duplicates?customer_id=2")["bookings"] == []


def test_every_mistake_of_a_query_is_told_with_its_parameter(control: Control) -> None:
    query = "limit=0&customer_id=x&since=2026-02-30T00:00:00Z&colour=red&amount=-1&limit=2"
    answer = control.ask("GET", f"/v1/journal?{query}")

    assert answer.status == 400
    fields = [error["field"] for error in answer.json["errors"]]
    assert fields == ["limit", "customer_id", "since", "colour", "amount", "limit"]
    assert answer.json["errors"][0]["detail"] == "'0' is not a whole number from 1 to 1000"


@pytest.mark.parametrize(
    "query", cases("the query is {0}", ["currency=%ff", "&".join(f"a{n}=" for n in range(200))])
)
def test_a_query_that_cannot_be_read_is_refused(control: Control, query: str) -> None:
    assert control.ask("GET", f"/v1/journal?{query}").status == 400


def test_a_currency_of_any_text_is_shown_and_found(tmp_path: Path) -> None:
    body = a_charge(currency="</script>\u20ac\u0000")
    with a_controlled_service(tmp_path) as (service, control):
        with Caller(service.charges.number) as caller:
            assert caller.ask(a_request(body)).status == 200
        records: Any = control.get("/v1/journal?currency=%3C/script%3E%E2%82%AC%00")

    assert [call["currency"] for call in records["calls"]] == ["</script>\u20ac\u0000"]
