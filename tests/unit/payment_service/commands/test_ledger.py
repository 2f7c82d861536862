"""`payment-service ledger`: totals from the log lines of pods that are gone."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payment_service.outcome.charges import canonical
from support.payment.logged import Commands, a_line, a_log
from support.payment.profiles import a_profile
from support.payment.service import Caller, a_charge, a_request, a_service, log_lines


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


def test_totals_from_the_log_are_those_that_the_service_had(
    tmp_path: Path, commands: Commands
) -> None:
    (tmp_path / "profile.json").write_text('{"successRate": 0.5, "seed": 1}')
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        for number in range(40):
            body = a_charge(customer_id=number % 3 + 1, value=number / 10)
            assert caller.ask(a_request(body)).status == 200
        caller.ask(a_request(a_charge(value=-1)))
        rows = service.state.totals().rows

    document = commands.json("ledger", str(tmp_path / "log"))
    assert document["read"] | {"lines": 0} == {
        "files": 1,
        "lines": 0,
        "charges": 40,
        "repeated": 0,
        "bad": 0,
        "bad_lines": [],
    }
    assert document["totals"] == [
        {
            "customer_id": customer,
            "currency": currency,
            "accepted": side(total.accepted),
            "declined": side(total.declined),
        }
        for (customer, currency), total in sorted(rows.items())
    ]
    assert len(log_lines(tmp_path)) == 42  # the start, and the call that was refused


def test_a_person_gets_a_table(tmp_path: Path, commands: Commands) -> None:
    lines = [
        a_line("a", "181.50"),
        a_line("b", "0.05"),
        a_line("c", "20", outcome="declined", reason="Expired"),
        a_line("d", "7", customer=12, currency=""),
    ]

    assert commands.run("ledger", a_log(tmp_path, lines)) == 0
    assert commands.err == ""
    assert commands.out == (
        "CUSTOMER  CURRENCY  ACCEPTED  AMOUNT  DECLINED  (AMOUNT)\n"
        "1         USD              2  181.55         1        20\n"
        "12        -                1       7         0         0\n"
        "\n"
        "4 charges in 4 lines of 1 files; 0 lines repeated one, 0 were bad\n"
    )


def test_a_charge_that_stands_in_two_files_counts_once(tmp_path: Path, commands: Commands) -> None:
    one = a_log(tmp_path, [a_line("a", "1"), a_line("b", "2")], "one.log")
    two = a_log(tmp_path, [a_line("b", "2"), a_line("c", "4")], "two.log")

    document = commands.json("ledger", one, two)
    assert document["totals"][0]["accepted"] == {"count": 3, "amount": "7"}
    assert document["read"]["repeated"] == 1
    assert document["read"]["bad"] == 0


def test_only_decided_charges_count(tmp_path: Path, commands: Commands) -> None:
    lines = [a_line(None, outcome=each) for each in ("refused", "failed", "replayed")]

    assert commands.run("ledger", a_log(tmp_path, lines)) == 0
    assert commands.err == "no charge in 3 lines\n"


def test_sums_are_exact_however_different_the_amounts(tmp_path: Path, commands: Commands) -> None:
    values = ["0.1", "0.2", "1e20", "1e-30", "100000000000000000000.00"]
    lines = [a_line(str(number), value) for number, value in enumerate(values)]

    document = commands.json("ledger", a_log(tmp_path, lines))
    wanted = "200000000000000000000.300000000000000000000000000001"
    assert document["totals"][0]["accepted"]["amount"] == wanted


def test_lines_of_kubectl_are_read_with_others_in_between(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "Defaulted container payment out of: payment, proxy\n"
        f"[pod/payment-0/payment] {a_line('a', '1')}"
        f"2026-01-01T12:00:00.123456789Z {a_line('b', '2')}"
        '{"time": "2026-01-01T12:00:00.123Z", "event": "started", "port": 9000}\n'
        '{"event": "charge", "invoice": 3, "customer_id": 1, "result": "paid"}\n'
        "\xff\xfe no text at all\n\n"
        f"payment-1  | {a_line('c', '4')}"
    )
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode("latin-1"))))

    document = commands.json("ledger", "-")
    assert document["totals"][0]["accepted"] == {"count": 3, "amount": "7"}
    assert document["read"]["bad"] == 0


def test_duplicates_are_shown(tmp_path: Path, commands: Commands) -> None:
    log = a_log(tmp_path, [a_line("a"), a_line("b", duplicate_of="a", outcome="declined")])

    commands.run("ledger", log)
    assert "b       a             1         USD        181.5  declined" in commands.out
    assert commands.json("ledger", log)["duplicates"] == [
        {
            "charge_id": "b",
            "duplicate_of": "a",
            "customer_id": 1,
            "currency": "USD",
            "amount": "181.5",
            "outcome": "declined",
        }
    ]


def test_duplicates_stand_in_the_order_in_which_they_came(
    tmp_path: Path, commands: Commands
) -> None:
    later = a_line("b", duplicate_of="a").replace("T12:00", "T13:00")
    log = a_log(tmp_path, [a_line("a"), later, a_line("c", duplicate_of="a")])

    total = commands.json("ledger", log)["duplicates"]
    assert [duplicate["charge_id"] for duplicate in total] == ["c", "b"]


GOOD = a_line("b", "2")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (GOOD[:90] + "\n", "Unterminated string"),
        (GOOD[40:], "Expecting value"),
        (GOOD.replace('"value": 2', '"value": "2"'), "value is missing"),
        (GOOD.replace('"value": 2', '"value": 1e999999999'), "value is missing"),
        (GOOD.replace('"value": 2', '"value": NaN'), "NaN is not JSON"),
        (GOOD.replace('"customer_id": 1', '"customer_id": 0'), "customer_id is missing"),
        (GOOD.replace('"USD"', "7"), "currency is no text"),
        (GOOD.replace("2026-01-01", "soon"), "Invalid isoformat"),
        (GOOD.replace('"b"', "null"), "charge_id is missing"),
        (a_line("a", "2"), "another line tells something else of charge a"),
    ],
    ids=[
        *("only its head", "only its tail", "a text as value", "a value too large"),
        *("a value that is no number", "a customer that is none", "a currency that is no text"),
        *("a time that is none", "without an id", "another charge of the same id"),
    ],
)
def test_a_bad_line_is_told_with_its_place_and_nothing_else_is_lost(
    tmp_path: Path, commands: Commands, bad: str, why: str
) -> None:
    log = a_log(tmp_path, [a_line("a", "1"), bad, a_line("c", "4")])

    assert commands.run("ledger", log) == 1
    first, last = commands.err.splitlines()
    assert first.startswith(f"{log}:2: {why}")
    assert last == "1 bad lines: a charge may be missing"
    assert commands.json("ledger", log)["totals"][0]["accepted"] == {"count": 2, "amount": "5"}


def test_of_many_bad_lines_a_few_are_told_and_all_are_counted(
    tmp_path: Path, commands: Commands
) -> None:
    log = a_log(tmp_path, [GOOD[:90] + "\n"] * 1000)

    assert commands.run("ledger", log) == 1
    assert len(commands.err.splitlines()) == 21
    assert commands.json("ledger", log)["read"]["bad"] == 1000


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path, commands: Commands) -> None:
    gone, folder = str(tmp_path / "gone"), str(tmp_path)

    assert commands.run("ledger", gone, a_log(tmp_path, [a_line()]), folder) == 2
    assert commands.err == (
        f"payment-service:\n  {gone}: No such file or directory\n  {folder}: Is a directory\n"
    )


def test_what_the_profile_spoils_is_in_the_log_all_the_same(
    tmp_path: Path, commands: Commands
) -> None:
    lost = {"name": "lost", "fault": {"charged": True, "connection": {"reply": "Empty"}}}
    broken = {"name": "broken", "match": {"customers": [2]}, "fault": {"status": {"code": 503}}}
    profile = a_profile(faults=[broken, lost]).as_json()
    (tmp_path / "profile.json").write_text(json.dumps(profile))
    with a_service(tmp_path) as service:
        for customer in (1, 2):
            with Caller(service.charges.number) as caller:
                caller.send(a_request(a_charge(customer_id=customer)))
                caller.socket.recv(1)

    document = commands.json("ledger", str(tmp_path / "log"))
    assert [row["customer_id"] for row in document["totals"]] == [1]


def side(total: Any) -> dict[str, object]:
    return {"count": total.count, "amount": canonical(total.amount)}
