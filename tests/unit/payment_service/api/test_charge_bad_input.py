"""Whatever is sent, the answer is JSON with a result, and never a failure of the service."""

import json
import math
from decimal import Decimal

import pytest
from falcon import testing
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_service.outcome.charges import Charge, canonical
from payment_service.profile.document import Profile
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.service import TOKEN, a_charge, a_client

CLIENT = a_client(largest_body=10**6)
OPEN_CLIENT = a_client(tokens=None, largest_body=10**6)

texts = st.text(st.characters(codec=None), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
header_texts = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=40)
quickly = settings(deadline=None, max_examples=100)


def charge(body: bytes, client: testing.TestClient = CLIENT) -> testing.Result:
    return client.simulate_post("/", body=body, headers={"X-Token": TOKEN})


def assert_judged(answer: testing.Result) -> None:
    assert answer.status_code in (200, 400)
    assert (answer.json["result"] == "true") == (answer.status_code == 200)


@quickly
@given(st.binary(max_size=200))
def test_any_bytes_are_judged(body: bytes) -> None:
    assert_judged(charge(body))


@quickly
@given(documents)
def test_any_document_is_judged(document: object) -> None:
    body = json.dumps(document).encode()

    assert_judged(charge(body))
    assert_judged(charge(body, OPEN_CLIENT))


@quickly
@given(st.sampled_from(["customer_id", "value", "currency"]), documents)
def test_a_charge_with_any_one_field_is_judged(field: str, value: object) -> None:
    assert_judged(charge(a_charge(**{field: value}), OPEN_CLIENT))


@quickly
@given(st.integers() | st.floats(allow_nan=False) | st.decimals(allow_nan=False))
def test_a_value_is_taken_if_it_is_finite_and_not_negative(number: float | Decimal) -> None:
    body = a_charge(value="?").replace(b'"?"', str(number).encode())
    fine = math.isfinite(float(number)) and number >= 0

    assert charge(body).status_code == (200 if fine else 400)


@quickly
@given(st.integers(-(2**70), 2**70))
def test_a_customer_is_taken_if_it_is_a_positive_number_of_63_bits(customer: int) -> None:
    answer = charge(a_charge(customer_id=customer))

    assert answer.status_code == (200 if 1 <= customer < 2**63 else 400)


@quickly
@given(header_texts)
def test_no_text_but_the_token_is_a_token(sent: str) -> None:
    answer = CLIENT.simulate_post("/", body=a_charge(), headers={"X-Token": sent})

    assert answer.status_code == (200 if sent == TOKEN else 403)


@quickly
@given(header_texts, header_texts, header_texts)
def test_no_other_header_makes_the_service_fail(kind: str, attempt: str, request: str) -> None:
    headers = {
        "X-Token": TOKEN,
        "Content-Type": kind,
        "X-Charge-Attempt": attempt,
        "X-Request-Id": request,
    }
    answer = CLIENT.simulate_post("/", body=a_charge(), headers=headers)

    assert answer.status_code in (200, 400, 415)
    assert "result" in answer.json


@quickly
@given(st.decimals(0, 10**12, allow_nan=False, places=4), st.integers(-6, 6))
def test_equal_amounts_are_the_same_however_they_are_written(
    amount: Decimal, exponent: int
) -> None:
    digits = format(amount.scaleb(-exponent), "f")
    first, second = (
        Charge.from_json(
            f'{{"currency":"USD","customer_id":1,"value":{text}}}'.encode(), nameless_currency=False
        )
        for text in (format(amount, "f"), f"{digits}e{exponent}")
    )

    assert canonical(first.amount) == canonical(second.amount)
    assert hash(first.amount) == hash(second.amount)
    assert Decimal(canonical(first.amount)) == amount


@quickly
@given(st.binary(max_size=100) | documents.map(lambda value: json.dumps(value).encode()))
def test_any_profile_is_good_or_told_what_is_wrong(raw: bytes) -> None:
    try:
        profile = Profile.from_json(raw)
    except MistakesError as error:
        mistakes = error.texts
    else:
        mistakes = () if 0 <= profile.success_rate <= 1 else ("",)
    assert all(mistakes)


@pytest.mark.parametrize(
    "attempt",
    cases("the attempt is {0}", ["0", "-1", "+1", "1.0", "", "x", "2147483648", "1, 2", "\xb2"]),
)
def test_an_attempt_that_is_no_whole_number_is_refused(attempt: str) -> None:
    headers = {"X-Token": TOKEN, "X-Charge-Attempt": attempt}

    answer = a_client().simulate_post("/", body=a_charge(), headers=headers)

    assert (answer.status_code, answer.json["result"]) == (400, "false")
    assert "X-Charge-Attempt" in answer.json["error"]


@pytest.mark.parametrize("path", cases("the path is {0}", ["/health", "/ping"]))
def test_a_charge_sent_to_health_or_ping_is_refused_with_a_result(path: str) -> None:
    answer = a_client().simulate_post(path, body=a_charge(), headers={"X-Token": TOKEN})

    assert (answer.status_code, answer.json["result"]) == (405, "false")
    assert answer.headers["allow"] == "GET, HEAD"
