"""The contract of a charge call, row by row, on both of its paths.

Whoever calls looks at `result` alone and ignores the status, so each row checks both.
"""

import json

import pytest
from falcon import testing

from payment_service.profile.document import Profile
from support.cases import cases
from support.payment.service import CHARGE_PATHS, PE_BODY, TINJIS_BODY, TOKEN, a_charge, a_client

on_both_paths = pytest.mark.parametrize("path", cases("the path is {0}", CHARGE_PATHS))


def charge(
    client: testing.TestClient,
    path: str = "/",
    body: bytes = TINJIS_BODY,
    *,
    token: str | None = TOKEN,
    content_type: str | None = "application/json",
) -> testing.Result:
    headers = {"X-Token": token, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value is not None}
    return client.simulate_post(path, body=body, headers=sent)


def assert_refused(answer: testing.Result, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json) == {"result", "error", "code"}
    assert answer.json["result"] == "false"


@on_both_paths
@pytest.mark.parametrize(
    ("rate", "result"), cases("at rate {0} the result is {1}", [(1, b"true"), (0, b"false")])
)
def test_a_charge_is_answered_with_the_result_as_a_string(
    path: str, rate: float, result: bytes
) -> None:
    answer = charge(a_client(profile=Profile(success_rate=rate)), path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == b'{"result":"' + result + b'"}'


@on_both_paths
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_charge(value=0), id="a zero invoice"),
        pytest.param(a_charge(value=-0.0), id="minus zero"),
        pytest.param(a_charge(value=42), id="a whole amount"),
        pytest.param(
            b'{"value":1.50e2,"currency":"DKK","customer_id":2}', id="exponent, other order"
        ),
        pytest.param(a_charge(currency="XXX"), id="unknown currency"),
        pytest.param(a_charge(currency="\N{EURO SIGN}"), id="currency outside ASCII"),
        pytest.param(a_charge(invoice_id=[1, {"a": None}]), id="extra fields"),
        pytest.param(a_charge(x=...)[:-1] + b',"x":' + b"9" * 900 + b"}", id="an endless number"),
        pytest.param(b' \n{"currency":"USD","customer_id":1,"value":1}\r\n', id="white space"),
        pytest.param(a_charge(customer_id=2**63 - 1), id="the largest customer id"),
        pytest.param(a_charge(value=1.7e308), id="the largest amounts"),
    ],
)
def test_a_good_charge_is_taken(path: str, body: bytes) -> None:
    answer = charge(a_client(), path, body)

    assert (answer.status_code, answer.json) == (200, {"result": "true"})


BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"value=1",
    "broken JSON": b'{"currency":"USD",',
    "trailing junk": TINJIS_BODY + b"x",
    "two documents": TINJIS_BODY * 2,
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a byte order mark": b"\xef\xbb\xbf" + TINJIS_BODY,
    "UTF-16": TINJIS_BODY.decode().encode("utf-16"),
    "no UTF-8": TINJIS_BODY.replace(b"USD", b"\xff\xfe"),
    "a key twice": TINJIS_BODY[:-1] + b',"value":1}',
    "a key twice further in": TINJIS_BODY[:-1] + b',"x":{"a":1,"a":1}}',
    "half a surrogate pair": a_charge(currency="\ud800"),
    "half a surrogate pair in a key": a_charge(**{"\udfff": 1}),
    "a control character in a string": TINJIS_BODY.replace(b"USD", b"U\x00D"),
    "value missing": a_charge(value=...),
    "value null": a_charge(value=None),
    "value negative": a_charge(value=-0.01),
    "value a hair below zero": TINJIS_BODY.replace(b"181.62", b"-1e-400"),
    "value a string": a_charge(value="181.62"),
    "value true": a_charge(value=True),
    "value an object": a_charge(value={}),
    "value NaN": a_charge(value=float("nan")),
    "NaN in a field that nobody needs": a_charge(x=float("nan")),
    "value Infinity": a_charge(value=float("inf")),
    "value 1e400": TINJIS_BODY.replace(b"181.62", b"1e400"),
    "value too small to write out": TINJIS_BODY.replace(b"181.62", b"1e-999999999999999999999"),
    "value of too many digits": TINJIS_BODY.replace(b"181.62", b"9" * 401),
    "value with a leading zero": TINJIS_BODY.replace(b"181.62", b"01"),
    "customer_id missing": a_charge(customer_id=...),
    "customer_id null": a_charge(customer_id=None),
    "customer_id zero": a_charge(customer_id=0),
    "customer_id negative": a_charge(customer_id=-1),
    "customer_id a string": a_charge(customer_id="1"),
    "customer_id fractional": a_charge(customer_id=1.5),
    "customer_id a whole float": a_charge(customer_id=1.0),
    "customer_id true": a_charge(customer_id=True),
    "customer_id beyond 63 bits": a_charge(customer_id=2**63),
    "customer_id of too many digits": a_charge(customer_id=10**400),
    "currency missing": a_charge(currency=...),
    "currency null": a_charge(currency=None),
    "currency empty": a_charge(currency=""),
    "currency a number": a_charge(currency=840),
    "currency a list": a_charge(currency=["USD"]),
    "currency an object": PE_BODY,
}


@on_both_paths
@pytest.mark.parametrize(
    "body", BAD_BODIES.values(), ids=[f"the body has {name}" for name in BAD_BODIES]
)
def test_a_bad_body_is_refused(path: str, body: bytes) -> None:
    assert_refused(charge(a_client(), path, body), 400)


def test_nesting_that_no_reader_survives_is_refused() -> None:
    depth = 50_000
    body = TINJIS_BODY[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}"

    assert_refused(charge(a_client(largest_body=200_000), body=body), 400)


def test_everything_wrong_with_a_charge_is_named_at_once() -> None:
    error = charge(a_client(), body=b"{}").json["error"]

    assert "customer_id" in error
    assert "value" in error
    assert "currency" in error


@on_both_paths
@pytest.mark.parametrize(
    "token",
    cases(
        "the token is {0}",
        [
            pytest.param(None, id="none"),
            pytest.param("", id="empty"),
            pytest.param("tokenunspecified", id="what Antaeus sends without one"),
            pytest.param(TOKEN + "x", id="longer"),
            pytest.param(TOKEN[:-1], id="shorter"),
            pytest.param(TOKEN.upper(), id="other case"),
            pytest.param(f'"{TOKEN}"', id="in quotes"),
            pytest.param(f"{TOKEN}, {TOKEN}", id="sent twice"),
            pytest.param("\xe9\xff", id="outside ASCII"),
        ],
    ),
)
def test_a_missing_or_wrong_token_is_refused(path: str, token: str | None) -> None:
    assert_refused(charge(a_client(), path, token=token), 403)


@on_both_paths
@pytest.mark.parametrize("token", cases("the token is {0}", ["new-token", "old-token"]))
def test_two_tokens_are_valid_at_once(path: str, token: str) -> None:
    client = a_client(tokens=("new-token", "old-token"))

    assert charge(client, path, token=token).status_code == 200
    assert charge(client, path, token=TOKEN).status_code == 403


@on_both_paths
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"[]", "application/json", id="before the body"),
        pytest.param(TINJIS_BODY, "text/plain", id="before the content type"),
        pytest.param(b"x" * 1001, "application/json", id="before the size"),
    ],
)
def test_the_token_is_judged_first(path: str, body: bytes, content_type: str) -> None:
    answer = charge(a_client(), path, body, token="wrong", content_type=content_type)

    assert_refused(answer, 403)


@on_both_paths
@pytest.mark.parametrize("token", cases("the token is {0}", [None, "tokenunspecified", "anything"]))
@pytest.mark.parametrize(
    "body", [TINJIS_BODY, PE_BODY], ids=["the body of tinjis", "the body of pe"]
)
def test_without_a_required_token_both_dialects_are_taken(
    path: str, token: str | None, body: bytes
) -> None:
    assert charge(a_client(tokens=None), path, body, token=token).status_code == 200


@pytest.mark.parametrize("currency", cases("the currency is {0}", [None, "", 1, [], ...]))
def test_without_a_required_token_a_currency_is_still_needed(currency: object) -> None:
    assert_refused(charge(a_client(tokens=None), body=a_charge(currency=currency)), 400)


@on_both_paths
@pytest.mark.parametrize(
    "content_type",
    cases(
        "the content type is {0}",
        [
            pytest.param(None, id="absent"),
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=ISO-8859-1",
            "Application/JSON ; Charset=UTF-8; profile=x",
        ],
    ),
)
def test_json_of_any_charset_is_taken(path: str, content_type: str | None) -> None:
    assert charge(a_client(), path, content_type=content_type).status_code == 200


@on_both_paths
@pytest.mark.parametrize(
    "content_type",
    cases(
        "the content type is {0}",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "application/problem+json",
            "text/json",
            "application/json, application/json",
        ],
    ),
)
def test_another_content_type_is_refused(path: str, content_type: str) -> None:
    assert_refused(charge(a_client(), path, content_type=content_type), 415)


@on_both_paths
def test_a_body_over_the_limit_is_refused(path: str) -> None:
    largest = TINJIS_BODY.ljust(1000)

    assert charge(a_client(), path, largest).status_code == 200
    assert_refused(charge(a_client(), path, largest + b" "), 413)


@on_both_paths
@pytest.mark.parametrize(
    "method", cases("the method is {0}", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
)
def test_another_method_is_told_which_is_allowed(path: str, method: str) -> None:
    answer = a_client().simulate_request(method, path, headers={"X-Token": TOKEN})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    cases("the path is {0}", ["/charge", "/api/v1/charge/", "/api/v1", "/livez", "/metrics"]),
)
def test_another_path_is_not_found(path: str) -> None:
    assert_refused(charge(a_client(), path), 404)


@pytest.mark.parametrize(
    ("path", "body"),
    cases("the path is {0}", [("/health", {"alive": "true"}), ("/ping", {"ping": "pong"})]),
)
def test_health_and_ping_need_no_token(path: str, body: dict[str, str]) -> None:
    answer = a_client().simulate_get(path)

    assert (answer.status_code, answer.json) == (200, body)


def test_a_failure_of_the_service_itself_is_no_success() -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    answer = charge(a_client(decide=break_down))  # type: ignore[arg-type]

    assert_refused(answer, 500)
    assert "ZeroDivisionError" not in json.dumps(answer.json)
