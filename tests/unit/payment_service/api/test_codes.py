"""The code of every refusal on the charge port: provoked over a socket, and told in one table."""

import json
import re
import threading
from collections.abc import Callable, Container
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from payment_service.api.charge_schema import INTERFACE, Refused
from payment_service.api.openapi import openapi
from payment_service.cashier.records import Reason
from payment_service.cashier.replies import Code, RequestCode
from payment_service.outcome.outcome import Outcome
from payment_service.service import Service
from payment_service.text.store_address import StoreAddress
from support.cases import cases
from support.documents.pages import DOCS, rows
from support.payment.arranged_app import serving
from support.payment.service import (
    Answer,
    Caller,
    a_charge,
    a_client,
    a_request,
    a_service,
    an_outcome,
    log_lines,
)

ENDPOINTS = DOCS / "reference/endpoints.md"
TABLE = {row[0].strip("`"): row for row in rows(ENDPOINTS, "Codes of refused charges")[1:]}
ALL: tuple[Code, ...] = (*Reason, *RequestCode)
SENT: dict[Code, bytes] = {
    Reason.TOKEN: a_request(token="wrong"),
    Reason.CONTENT_TYPE: a_request().replace(b"application/json", b"text/plain"),
    Reason.CONTENT_ENCODING: a_request(headers="Content-Encoding: br\r\n"),
    Reason.SIZE: a_request(b" " * 16385),
    Reason.BODY: a_request(b"{}"),
    Reason.ATTEMPT: a_request(headers="X-Charge-Attempt: 0\r\n"),
    Reason.KEY: a_request(headers=f"Idempotency-Key: {'k' * 256}\r\n"),
    RequestCode.NOT_FOUND: a_request(path="/nowhere"),
    RequestCode.METHOD: a_request().replace(b"POST", b"PUT"),
    RequestCode.BAD_REQUEST: a_request().replace(b"Host: payment\r\n", b""),
    RequestCode.EXPECTATION: a_request(headers="Expect: more\r\n"),
    RequestCode.HEAD: a_request(headers=f"X: {'x' * 40000}\r\n"),
    RequestCode.TRANSFER_CODING: a_request(headers="Transfer-Encoding: gzip\r\n"),
    RequestCode.VERSION: a_request().replace(b"HTTP/1.1", b"HTTP/2.0"),
}
WITH_KEY = "Idempotency-Key: k\r\n"


def profile(folder: Path, **members: object) -> None:
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **members}))


def ask(service: Service, raw: bytes) -> Answer:
    with Caller(service.charges.number) as caller:
        return caller.ask(raw)


def over_the_limits(folder: Path) -> Answer:
    profile(folder, limits={"perSecond": 0.001, "burst": 1})
    with a_service(folder) as service:
        ask(service, a_request())
        return ask(service, a_request())


def a_key_in_flight(folder: Path) -> Answer:
    profile(folder, latency={"fixed": {"seconds": 30}})
    with a_service(folder) as service, Caller(service.charges.number) as first:
        first.send(a_request(headers=WITH_KEY))
        eventually(service.charges.deferred, within=5)
        return ask(service, a_request(headers=WITH_KEY))


def a_key_used_before(folder: Path) -> Answer:
    profile(folder)
    with a_service(folder) as service:
        ask(service, a_request(headers=WITH_KEY))
        return ask(service, a_request(a_charge(value=1), headers=WITH_KEY))


def a_charge_alike_in_flight(folder: Path) -> Answer:
    profile(folder, duplicates={"mode": "Replay", "windowSeconds": 60})
    begun, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> Outcome:
        begun.set()
        go_on.wait(30)
        return an_outcome()

    with a_service(folder, decide=wait) as service, Caller(service.charges.number) as first:
        first.send(a_request())
        assert begun.wait(10)
        answer = ask(service, a_request())
        go_on.set()
        assert first.answer().status == 200
        return answer


def too_many_deferred(folder: Path) -> Answer:
    profile(folder, latency={"fixed": {"seconds": 30}})
    with a_service(folder, deferred_replies=0) as service:
        return ask(service, a_request())


def a_lost_store(folder: Path) -> Answer:
    with a_service(folder, store_url=StoreAddress("127.0.0.1", free_port())) as service:
        return ask(service, a_request())


def a_fault(folder: Path) -> Answer:
    profile(folder, faults=[{"name": "trouble", "fault": {"status": {"code": 503}}}])
    with a_service(folder) as service:
        return ask(service, a_request())


def a_request_that_never_ends(_: Path) -> Answer:
    with serving(a_client().app, head_seconds=0.4) as port, Caller(port.number) as caller:
        return caller.ask(a_request()[:-50])


def one_unfinished_request_too_many(_: Path) -> Answer:
    with serving(a_client().app, unfinished=10) as port, Caller(port.number) as caller:
        return caller.ask(a_request()[:-1])


def a_failure(folder: Path) -> Answer:
    def fail(*_: object) -> Outcome:
        raise ZeroDivisionError

    with a_service(folder, decide=fail) as service:
        return ask(service, a_request())


ARRANGED: dict[Code, Callable[[Path], Answer]] = {
    Reason.LIMIT: over_the_limits,
    Reason.KEY_IN_FLIGHT: a_key_in_flight,
    Reason.KEY_REUSED: a_key_used_before,
    Reason.DUPLICATE: a_charge_alike_in_flight,
    Reason.DEFERRED: too_many_deferred,
    Reason.STORE: a_lost_store,
    Reason.FAULT: a_fault,
    RequestCode.TIMEOUT: a_request_that_never_ends,
    RequestCode.UNFINISHED: one_unfinished_request_too_many,
    RequestCode.INTERNAL: a_failure,
}


def provoke(code: Code, folder: Path) -> Answer:
    if code in ARRANGED:
        return ARRANGED[code](folder)
    with a_service(folder) as service:
        return ask(service, SENT[code])


# What another version wrote: tests/integration/payment_service/test_unreadable_keys.py has it.
HERE = tuple(code for code in ALL if code is not Reason.KEY_UNREADABLE)


@pytest.mark.parametrize("code", cases("the code is {0}", HERE))
def test_every_code_is_told_to_who_provokes_it(tmp_path: Path, code: Code) -> None:
    answer = provoke(code, tmp_path)

    assert list(answer.json) == ["result", "error", "code"]
    assert (answer.json["result"], answer.json["code"]) == ("false", code)
    assert answer.json["error"]
    assert answer.status in statuses(TABLE[code][1])
    assert ("after `Retry-After`" in TABLE[code][3]) == ("retry-after" in answer.headers)
    if isinstance(code, Reason):
        assert code in [line.get("reason") for line in log_lines(tmp_path)]


def statuses(cell: str) -> Container[int]:
    """What a cell of the table says: 415, 400; or 400 to 504."""
    numbers = [int(word) for word in re.findall("[0-9]+", cell)]
    return range(numbers[0], numbers[1] + 1) if " to " in cell else numbers


def test_the_table_and_the_document_have_every_code_and_no_other() -> None:
    refused = openapi(INTERFACE)["components"]["schemas"]["Refused"]

    assert sorted(TABLE) == sorted(ALL) == sorted(set(ALL))
    assert refused["properties"]["code"]["enum"] == sorted(ALL)
    assert refused["required"] == ["result", "error", "code"]


def test_every_refusal_in_the_document_has_a_code() -> None:
    for operation in INTERFACE.operations:
        assert {answer.body for status, answer in operation.answers.items() if status != 200} == {
            Refused
        }


def test_the_codes_are_of_one_kind() -> None:
    assert [code for code in ALL if not re.fullmatch("([A-Z][a-z]+)+", code)] == []
