"""The log line of a charge call."""

import json
import os
import uuid
from pathlib import Path

from payment_service.cashier.losses import LostLines
from payment_service.log.lines import Lines
from support.payment.service import PE_BODY, TOKEN, Caller, a_request, a_service, log_lines

KEYS = {
    "time",
    "event",
    "outcome",
    "authenticated",
    "customer_id",
    "currency",
    "value",
    "charge_id",
    "request_id",
    "attempt",
    "status",
}


def charges_of(folder: Path) -> list[dict[str, object]]:
    return [line for line in log_lines(folder) if line["event"] == "charge"]


def test_a_charge_is_one_line_that_is_there_before_its_answer(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"successRate": 1}')
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        for count in range(1, 4):
            caller.ask(a_request(headers="X-Request-Id: pay-1\r\n"))
            assert len(charges_of(tmp_path)) == count

    line = charges_of(tmp_path)[0]
    assert set(line) == KEYS
    assert {
        "event": "charge",
        "outcome": "accepted",
        "authenticated": True,
        "customer_id": 1,
        "currency": "USD",
        "value": 181.62,
        "request_id": "pay-1",
        "attempt": 1,
        "status": 200,
    }.items() <= line.items()
    ids = {uuid.UUID(str(line["charge_id"])).version for line in charges_of(tmp_path)}
    assert ids == {4}
    assert len({line["charge_id"] for line in charges_of(tmp_path)}) == 3


def test_the_value_is_logged_digit_by_digit_as_it_was_sent(tmp_path: Path) -> None:
    values = ("181.50", "42", "1815e-1", "0.10000000000000000000000000001", "-0")
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        for value in values:
            body = f'{{"currency":"USD","customer_id":1,"value":{value}}}'.encode()
            assert caller.ask(a_request(body)).status == 200

    text = (tmp_path / "log").read_text()
    for value in values:
        assert f'"value": {value}, ' in text


def test_a_declined_charge_is_logged_as_such(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"successRate": 0}')
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.ask(a_request())

    (line,) = charges_of(tmp_path)
    assert line["outcome"] == "declined"
    assert line["charge_id"]


def test_a_refused_call_is_logged_with_its_reason_and_without_a_charge(tmp_path: Path) -> None:
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.ask(a_request(token="wrong"))
        caller.ask(a_request(b"{}"))

    wrong_token, bad_body = charges_of(tmp_path)
    assert set(bad_body) == KEYS | {"reason"}
    what = ("outcome", "authenticated", "status", "reason")
    assert [wrong_token[key] for key in what] == ["refused", False, 403, "Token"]
    assert [bad_body[key] for key in what] == ["refused", True, 400, "Body"]
    assert wrong_token["charge_id"] is wrong_token["customer_id"] is wrong_token["value"] is None


def test_without_a_required_token_nobody_is_authenticated(tmp_path: Path) -> None:
    with (
        a_service(tmp_path, require_token=False) as service,
        Caller(service.charges.number) as caller,
    ):
        caller.ask(a_request(PE_BODY))

    (line,) = charges_of(tmp_path)
    assert line["authenticated"] is False
    assert line["currency"] is None


def test_what_a_caller_sends_cannot_break_a_line(tmp_path: Path) -> None:
    currency = '"}\n{"event": "charge"\u2028\x7f\N{EURO SIGN}'
    body = json.dumps({"currency": currency, "customer_id": 1, "value": 1}).encode()
    odd = 'X-Request-Id: a"b\r\nX-Request-Id: c\r\n'
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        assert caller.ask(a_request(body, headers=odd)).status == 200

    (line,) = charges_of(tmp_path)
    assert line["currency"] == currency
    assert str(line["request_id"]).isalnum()


def test_the_token_is_in_no_line_and_no_answer(tmp_path: Path) -> None:
    other = "another-token-that-was-sent"
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        answers = [
            caller.ask(a_request()),
            caller.ask(a_request(token=other)),
            caller.ask(a_request(b"{}")),
            caller.ask(a_request(path="/nowhere")),
        ]

    everything = (tmp_path / "log").read_text() + "".join(map(repr, answers))
    assert TOKEN not in everything
    assert other not in everything


def test_a_log_that_nobody_reads_any_more_fails_no_charge() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    lines = Lines(LostLines, writing)

    lines.event("started")
    os.close(writing)

    assert lines.lost == 1
