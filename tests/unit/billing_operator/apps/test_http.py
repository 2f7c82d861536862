"""What the services answer, and that no odd answer is taken for a good one."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from billing_operator.apps.answers import Accepted, Calls, Counts, ProfileAnswer
from billing_operator.apps.http import count_invoices, read_calls, read_profile, read_totals
from billing_operator.apps.sums import OTHER, Sum
from billing_operator.errors import Waiting
from billing_operator.kinds import Manifest
from support.payment.service import Caller, a_request, a_service, get


def invoices(*states: str) -> bytes:
    return json.dumps([{"id": n, "status": state} for n, state in enumerate(states)]).encode()


def test_invoices_are_counted_by_their_state() -> None:
    assert count_invoices(invoices("PAID", "PENDING", "PAID")) == Counts(
        2, 1, paid_ids="0,2", paid_sums=None
    )
    assert count_invoices(b"[]") == Counts(0, 0, paid_ids="", paid_sums={})


def test_an_invoice_in_a_state_of_its_own_is_not_paid() -> None:
    assert count_invoices(invoices("FAILED")) == Counts(0, 1, paid_ids="", paid_sums={})


def test_the_amounts_of_paid_invoices_are_added_up_exactly() -> None:
    listed = [
        {"id": 1, "status": "PAID", "amount": {"value": 0.1, "currency": "USD"}},
        {"id": 2, "status": "PAID", "amount": {"value": 0.2, "currency": "USD"}},
        {"id": 3, "status": "PENDING", "amount": {"value": 9, "currency": "USD"}},
        {"id": 4, "status": "PAID", "amount": {"value": 7, "currency": "DKK"}},
    ]

    assert count_invoices(json.dumps(listed).encode()).paid_sums == {
        "USD": Sum(2, Decimal("0.3")),
        "DKK": Sum(1, Decimal(7)),
    }


@pytest.mark.parametrize(
    "amount",
    ["7", {"value": "7", "currency": "USD"}, {"value": 7, "currency": {}}, {"currency": "USD"}],
    ids=["text", "value is text", "no currency", "no value"],
)
def test_an_amount_that_is_none_leaves_all_unknown(amount: object) -> None:
    listed = [{"id": 1, "status": "PAID", "amount": amount}]

    assert count_invoices(json.dumps(listed).encode()).paid_sums is None


@pytest.mark.parametrize("name", ["Danish Krone (DKK)", "x" * 5000, "usd", ""])
def test_a_currency_without_a_code_is_one_of_the_others(name: str) -> None:
    listed = [{"id": 1, "status": "PAID", "amount": {"value": 7, "currency": name}}]

    assert count_invoices(json.dumps(listed).encode()).paid_sums == {OTHER: Sum(1, Decimal(7))}


@pytest.mark.parametrize(
    "row",
    [
        {"currency": "USD", "count": -1, "amount": "1"},
        {"currency": "USD", "count": 0, "amount": "-8"},
        {"currency": "USD", "count": 10**12 + 1, "amount": "8"},
        {"currency": "US Dollar", "count": 1, "amount": "1"},
        {"currency": "USD", "count": 1, "amount": "NaN"},
        {"currency": "USD", "count": 1, "amount": "1e50000"},
    ],
    ids=[
        "negative count",
        "negative amount",
        "huge count",
        "no code",
        "no number",
        "no amount",
    ],
)
def test_totals_that_payment_can_not_have_counted_are_no_answer(row: Manifest) -> None:
    with pytest.raises(Waiting):
        read_totals(json.dumps({"currencies": [row]}).encode())


@pytest.mark.parametrize("doubles", [-1, 3, "1", None, 1.0, True])
def test_double_charges_that_payment_can_not_have_counted_are_no_answer(doubles: object) -> None:
    row = {"currency": "USD", "count": 2, "amount": "1"}
    with pytest.raises(Waiting):
        read_totals(json.dumps({"doubles": doubles, "currencies": [row]}).encode())


@pytest.mark.parametrize("value", ["1" * 60, "1e999999", "1e40", "1.234e-39", "-1"])
def test_an_amount_that_nobody_pays_leaves_all_unknown(value: str) -> None:
    amount = f'{{"value": {value}, "currency": "USD"}}'
    body = f'[{{"id": 1, "status": "PAID", "amount": {amount}}}]'

    assert count_invoices(body.encode()).paid_sums is None


@pytest.mark.parametrize(
    "ids",
    ["1", 1.5, True, -1, 2**63, None],
    ids=["text", "fraction", "bool", "negative", "huge", "none"],
)
def test_ids_that_are_none_are_not_known(ids: object) -> None:
    listed = [{"id": 7, "status": "PAID"}, {"id": ids, "status": "PAID"}]

    assert count_invoices(json.dumps(listed).encode()) == Counts(2, 0, paid_ids=None)


def test_of_two_invoices_with_one_id_none_is_known() -> None:
    listed = [{"id": 7, "status": "PAID"}, {"id": 7, "status": "PAID"}]

    assert count_invoices(json.dumps(listed).encode()) == Counts(2, 0, paid_ids=None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"{}", b'""', b"null", b"[1]", b"[{}]", b'{"status": "PAID"}']
)
def test_what_is_no_list_of_invoices_is_no_answer(body: bytes) -> None:
    with pytest.raises(Waiting):
        count_invoices(body)


def test_the_digest_is_read_as_payment_tells_it() -> None:
    digest = hashlib.sha256(b"profile").hexdigest()

    assert read_profile(json.dumps({"hash": digest, "profile": {}}).encode()) == ProfileAnswer(
        digest
    )


@pytest.mark.parametrize(
    ("refused", "read"),
    [
        ({"hash": "b", "mistakes": ["rules: no"]}, ProfileAnswer("a", "b", ("rules: no",))),
        ({"hash": "b"}, ProfileAnswer("a", "b")),
        # Its file could not even be read, so nobody knows whether it is the newest.
        ({"hash": None, "mistakes": ["cannot be read"]}, ProfileAnswer("a")),
        ("b", ProfileAnswer("a")),
    ],
    ids=[
        "a mistake in it",
        "refused without a mistake",
        "a file that cannot be read",
        "a text in place of a mapping",
    ],
)
def test_what_payment_has_against_a_newer_profile_is_read(
    refused: object, read: ProfileAnswer
) -> None:
    assert read_profile(json.dumps({"hash": "a", "refused": refused}).encode()) == read


@pytest.mark.parametrize(
    ("tokens", "accepted"),
    [
        ({}, None),
        ({"tokens": "a"}, None),
        ({"tokens": None}, Accepted(everything=True)),
        ({"tokens": []}, Accepted()),
        ({"tokens": ["a", None]}, Accepted(frozenset({"a", None}))),
    ],
    ids=[
        "no word of tokens",
        "text in place of a list",
        "every token",
        "no token at all",
        "one token and none",
    ],
)
def test_payment_tells_which_tokens_it_accepts_or_does_not(
    tokens: Manifest, accepted: Accepted | None
) -> None:
    read = read_profile(json.dumps({"hash": "a", **tokens}).encode())

    assert read == ProfileAnswer("a", accepted=accepted)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"hash": null}', b'{"hash": 1}', b"null"])
def test_what_is_no_profile_is_no_answer(body: bytes) -> None:
    with pytest.raises(Waiting):
        read_profile(body)


def test_calls_are_counted_whatever_became_of_them(tmp_path: Path) -> None:
    """By payment's own metrics: a new one that no call escapes must be named here."""
    with a_service(tmp_path) as service:
        before = read_calls(get(service.ops.number, "/metrics").body)
        with Caller(service.charges.number) as caller:
            caller.ask(a_request())
            caller.ask(a_request(token="wrong"))
        after = read_calls(get(service.ops.number, "/metrics").body)

    assert before == Calls(taken=0, held=0)
    assert after == Calls(taken=2, held=0, refused=(("Token", 1),))


def test_of_all_metrics_only_those_of_calls_count() -> None:
    text = b"""
# TYPE payment_charges counter
payment_charges_total{outcome="accepted"} 3.0
payment_charges_total{outcome="declined"} 2.0
payment_charges_created{outcome="accepted"} 1.7e+09
# TYPE payment_replays counter
payment_replays_total{by="Key"} 1.0
# TYPE payment_replies_deferred gauge
payment_replies_deferred 4.0
"""

    assert read_calls(text) == Calls(taken=6, held=4)


def test_refused_calls_are_told_by_reason_and_within_bounds() -> None:
    many = {"Token": "8.0", "Body": "0.0", "no word": "2.0", "Other": "1.0", "Limit": "1e300"}
    many |= {"Negative": "-5.0"} | {f"A{chr(letter) * 3}": "1.0" for letter in range(97, 123)}
    lines = [
        f'payment_charge_refusals_total{{reason="{reason}"}} {count}'
        for reason, count in many.items()
    ]
    found = read_calls("\n".join([*lines, "payment_replies_deferred 0.0", ""]).encode()).refused

    assert found[:3] == (("Limit", 10**12), ("Token", 8), ("Aaaa", 1))
    assert found[-1] == ("Other", 2 + 1 + 26 - 13)
    assert len(found) == len(dict(found)) == 16


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff",
        b"payment_charges_total 1.0\n",
        b"payment_replies_deferred +Inf\n",
        b"payment_replies_deferred NaN\n",
    ],
)
def test_a_payment_without_these_metrics_does_not_tell(body: bytes) -> None:
    with pytest.raises(Waiting):
        read_calls(body)
