"""What a pay call does with a batch of invoices."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from billing_dev.antaeus.builds import Build
from unit.billing_dev.antaeus.fake_payment import (
    CLOSED,
    DECLINED,
    PAID,
    FakePayment,
    Reply,
    Then,
    answer,
)
from unit.billing_dev.antaeus.stand_in import a_stand_in

CUT = Reply(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"result":', Then.CLOSE)
BARELY_BEGUN = Reply(b"HTTP/1.1 200 O", Then.CLOSE)


def test_every_pending_invoice_is_charged_once_and_in_order() -> None:
    with FakePayment.running() as fake, a_stand_in(fake.url) as antaeus:
        pending = antaeus.invoices.pending()
        answered = antaeus.pay()
        assert (answered.status_code, answered.json) == (200, True)
        charged = [json.loads(received.body) for received in fake.received]
        assert [(one["customer_id"], one["value"], one["currency"]) for one in charged] == [
            (invoice.customer_id, invoice.value, invoice.currency) for invoice in pending
        ]
        assert antaeus.paid() == list(range(1, 11))
        assert len(fake.connections) == 1


def test_nothing_pending_is_a_success_without_a_request() -> None:
    with FakePayment.running() as fake, a_stand_in(fake.url, invoices=0) as antaeus:
        assert antaeus.pay().json is True
        assert fake.received == []


@pytest.mark.parametrize(
    ("build", "paid", "sent"),
    [(Build.TINJIS, [1, 3, 4], 4), (Build.PE, [1], 2)],
    ids=["tinjis goes on", "pe stops"],
)
def test_a_refused_charge(build: Build, paid: list[int], sent: int) -> None:
    with (
        FakePayment.running(PAID, DECLINED) as fake,
        a_stand_in(fake.url, build=build, invoices=4) as antaeus,
    ):
        answered = antaeus.pay()
        assert (answered.status_code, answered.json) == (200, False)
        assert antaeus.paid() == paid
        assert len(fake.received) == sent


def test_paying_again_charges_only_what_is_still_pending() -> None:
    with (
        FakePayment.running(PAID, DECLINED, PAID) as fake,
        a_stand_in(fake.url, invoices=3) as antaeus,
    ):
        assert antaeus.pay().json is False
        assert antaeus.pay().json is True
        assert fake.received[1].body == fake.received[3].body
        assert len(fake.received) == 4
        assert len(fake.connections) == 1


@pytest.mark.parametrize("status", [200, 400, 403, 500, 503])
def test_only_the_result_counts_not_the_status(status: int) -> None:
    replies = answer('{"result":"TRUE"}', status=status), answer('{"result":false}', status=status)
    with FakePayment.running(*replies) as fake, a_stand_in(fake.url, invoices=3) as antaeus:
        assert antaeus.pay().json is False
        assert antaeus.paid() == [1, 3]


@pytest.mark.parametrize("build", Build)
@pytest.mark.parametrize(
    ("replies", "sent", "result"),
    [
        pytest.param([answer("")], 1, "no-result", id="empty answer"),
        pytest.param([answer("Forbidden", status=403)], 1, "no-result", id="plain text"),
        pytest.param([answer('{"ok":true}')], 1, "no-result", id="other JSON"),
        pytest.param([CLOSED, CLOSED], 2, "failed", id="no answer twice"),
        pytest.param([CUT], 1, "failed", id="answer cut"),
        pytest.param([BARELY_BEGUN], 1, "no-result", id="answer cut in its first line"),
    ],
)
def test_a_charge_without_a_result_ends_the_batch(
    build: Build, replies: list[Reply], sent: int, result: str
) -> None:
    with (
        FakePayment.running(PAID, *replies) as fake,
        a_stand_in(fake.url, build=build, invoices=4) as antaeus,
    ):
        answered = antaeus.pay()
        assert (answered.status_code, answered.content) == (500, b"")
        assert antaeus.paid() == [1]
        assert len(fake.received) == 1 + sent
        last = antaeus.charges()[-1]
        assert (last["invoice"], last["sent"], last["result"]) == (2, sent, result)


def test_silence_ends_the_batch() -> None:
    with (
        FakePayment.running(PAID, always=Reply()) as fake,
        a_stand_in(fake.url, invoices=4, timeout=0.1) as antaeus,
    ):
        assert antaeus.pay().status_code == 500
        assert antaeus.paid() == [1]
        assert len(fake.received) == 2


def test_a_token_that_ends_in_a_line_break_fails_with_nothing_sent() -> None:
    with FakePayment.running() as fake, a_stand_in(fake.url, token="secret\n") as antaeus:
        answered = antaeus.pay()
        assert (answered.status_code, answered.content) == (500, b"")
        assert fake.connections == []
        assert "secret" not in json.dumps(antaeus.log)


def test_three_pay_calls_at_once_charge_everybody_three_times() -> None:
    gate = threading.Event()
    held = Reply(PAID.send, gate=gate)
    with (
        FakePayment.running(held, held, held) as fake,
        a_stand_in(fake.url) as antaeus,
        ThreadPoolExecutor(3) as callers,
    ):
        calls = [callers.submit(antaeus.billing.pay) for _ in range(3)]
        fake.wait_for(3)
        gate.set()
        assert [call.result() for call in calls] == [True] * 3
        assert len(fake.received) == 24
        assert len(fake.connections) == 3
        assert antaeus.paid() == list(range(1, 11))


def test_each_charge_is_a_line_in_the_log() -> None:
    with (
        FakePayment.running(CLOSED, PAID, DECLINED, answer("no", status=503)) as fake,
        a_stand_in(fake.url) as antaeus,
    ):
        first = antaeus.invoices.pending()[0]
        antaeus.pay()
        lines = antaeus.charges()
        assert lines[0] == {
            "event": "charge",
            "invoice": 2,
            "customer_id": 1,
            "currency": "USD",
            "value": first.value,
            "sent": 2,
            "status": 200,
            "result": "paid",
        }
        assert [(line["invoice"], line["status"], line["result"]) for line in lines[1:]] == [
            (3, 200, "declined"),
            (4, 503, "no-result"),
        ]


def test_a_failed_charge_says_what_kind_of_error_it_was() -> None:
    with FakePayment.running(CLOSED, CLOSED) as fake, a_stand_in(fake.url) as antaeus:
        antaeus.pay()
        line = antaeus.charges()[0]
        assert (line["result"], line["error"]) == ("failed", "UnansweredError")
        assert (line["sent"], line["status"]) == (2, None)
