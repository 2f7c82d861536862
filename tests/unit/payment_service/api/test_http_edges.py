"""What the applications make of HEAD, content codings and repeated headers."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from payment_service.api import charge_schema, control_schema
from payment_service.service import Service
from payment_service.state.records import Filter
from support.cases import cases
from support.payment.arranged_app import everything
from support.payment.control import CONTROL_TOKEN, Control, a_controlled_service
from support.payment.service import (
    CHARGE_PATHS,
    TINJIS_BODY,
    TOKEN,
    Answer,
    Caller,
    a_head,
    a_request,
    get,
    log_lines,
    sample,
)

BEARER = f"Authorization: Bearer {CONTROL_TOKEN}"
FAULT = b'{"fault":{"status":{"code":503}},"match":{"customers":[9]},"seconds":1}'
GOT = [
    *(("charges", each.path) for each in charge_schema.INTERFACE.operations),
    *(("ops", path) for path in ("/livez", "/readyz", "/metrics", "/profile")),
    *(("control", each.path) for each in control_schema.INTERFACE.operations),
    *(("charges", "/nowhere"), ("ops", "/nowhere"), ("control", "/nowhere")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    with a_controlled_service(folder) as (running, _):
        yield running


def number(service: Service, port: str) -> int:
    found = getattr(service, port)
    return int(found.number)


def all_of(service: Service, port: str, raw: bytes) -> tuple[dict[str, str], bytes]:
    """The status line, the headers and the body that a request gets on a connection of its own."""
    with Caller(number(service, port)) as caller:
        caller.send(raw)
        head, _, body = everything(caller).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    del headers["Date"]
    return {"": first, **headers}, body


@pytest.mark.parametrize(("port", "path"), cases("of {0}: {1}", dict.fromkeys(GOT)))
def test_head_is_answered_as_get_is_but_for_the_body(
    service: Service, port: str, path: str
) -> None:
    lines = ("Host: payment", "Connection: close", BEARER)
    of_get, of_head = (
        all_of(service, port, a_head(f"{method} {path.format(name='x')} HTTP/1.1", *lines))
        for method in ("GET", "HEAD")
    )
    if path == "/metrics":  # of which no two are alike
        for headers, _ in (of_get, of_head):
            assert int(headers.pop("Content-Length")) > 1000

    assert of_head == (of_get[0], b"")
    assert of_get[1]
    assert "405" not in of_get[0][""] or "HEAD" not in of_get[0]["Allow"]


@pytest.mark.parametrize("path", cases("the path is {0}", CHARGE_PATHS))
def test_a_charge_cannot_be_asked_for_by_head(service: Service, path: str) -> None:
    raw = a_request(path=path, headers="Connection: close\r\n").replace(b"POST", b"HEAD")
    headers, body = all_of(service, "charges", raw)

    assert headers[""].startswith("HTTP/1.1 405")
    assert (headers["Allow"], body) == ("POST", b"")


@pytest.mark.parametrize(
    ("port", "path", "allowed"),
    cases(
        "of {0}: {1} takes {2}",
        [
            ("charges", "/ping", "GET, HEAD"),
            ("control", "/v1/profile", "GET, HEAD, PUT, DELETE"),
            ("control", "/v1/reset", "POST"),
            ("ops", "/livez", "GET, HEAD, OPTIONS"),
        ],
    ),
)
def test_who_asks_otherwise_is_told_that_head_is_had(
    service: Service, port: str, path: str, allowed: str
) -> None:
    with Caller(number(service, port)) as caller:
        answer = caller.ask(a_head(f"PATCH {path} HTTP/1.1", "Host: payment", BEARER))

    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_a_head_request_that_http_forbids_gets_no_body(service: Service) -> None:
    headers, body = all_of(service, "charges", a_head("HEAD /ping HTTP/1.1"))

    assert headers[""].endswith("400 Bad Request")
    assert (int(headers["Content-Length"]) > 0, body) == (True, b"")


@pytest.fixture
def caller(service: Service) -> Iterator[Caller]:
    with Caller(service.charges.number) as connected:
        yield connected


CODINGS = ["gzip", "x-gzip", "deflate", "br", "identity, gzip", "gzip, identity", "nonsense"]


@pytest.mark.parametrize("coding", cases("the coding is {0}", CODINGS))
def test_a_charge_in_a_content_coding_is_told_so(caller: Caller, coding: str) -> None:
    body, headers = gzip.compress(TINJIS_BODY), f"Content-Encoding: {coding}\r\n"
    answer = caller.ask(a_request(body, headers=headers))

    assert answer.status == 415
    assert (answer.json["result"], answer.json["code"]) == ("false", "ContentEncoding")
    assert "Content-Encoding is not taken" in answer.json["error"]
    assert answer.headers["accept-encoding"] == "identity"
    assert caller.ask(a_request()).status == 200


@pytest.mark.parametrize(
    "coding", cases("the coding is {0}", ["identity", "Identity", "identity, identity", ""])
)
def test_no_content_coding_is_taken_by_whatever_name(caller: Caller, coding: str) -> None:
    headers = f"Content-Encoding: {coding}\r\n"

    assert caller.ask(a_request(headers=headers)).json == {"result": "true"}


def test_the_token_is_judged_before_the_content_coding(caller: Caller) -> None:
    assert caller.ask(a_request(token="x", headers="Content-Encoding: gzip\r\n")).status == 403


def test_a_body_in_a_content_coding_is_told_so_on_the_control_port(service: Service) -> None:
    control = Control(number(service, "control"))
    for path in ("/v1/faults/x", "/v1/profile"):
        body = gzip.compress(FAULT)
        answer = control.ask("PUT", path, raw=body, **{"Content-Encoding": "gzip"})

        assert answer.status == 415
        assert "Content-Encoding is not taken" in answer.json["detail"]
        assert answer.headers["accept-encoding"] == "identity"
    answer = control.ask("PUT", "/v1/faults/x", raw=FAULT, **{"Content-Encoding": "identity"})
    assert answer.status == 200


def test_a_refused_content_coding_is_told_in_every_record(
    service: Service, folder: Path, caller: Caller
) -> None:
    caller.ask(a_request(headers="Content-Encoding: gzip\r\nX-Request-Id: coded\r\n"))

    assert service.state.journal(Filter(request_id="coded"), 2)[0].reason == "ContentEncoding"
    [line] = [line for line in log_lines(folder) if line.get("request_id") == "coded"]
    assert line["reason"] == "ContentEncoding"
    page = get(service.ops.number, "/metrics").body
    assert sample(page, 'payment_charge_refusals_total{reason="ContentEncoding"}') >= 1


REPEATED = {
    "Idempotency-Key": (["a", "a"], 400, "Key"),
    "idempotency-key": (["a", "b"], 400, "Key"),
    "X-Charge-Attempt": (["1", "1"], 400, "Attempt"),
    "Content-Type": (["application/json"], 400, "ContentType"),
    "X-Token": ([TOKEN], 403, "Token"),
}


@pytest.mark.parametrize(
    ("name", "values", "status", "code"),
    [(name, *expected) for name, expected in REPEATED.items()],
    ids=[f"{name} stands there twice" for name in REPEATED],
)
@pytest.mark.parametrize("times", [1, 2], ids=["for the first time", "once more"])
def test_a_header_of_one_value_in_two_lines_is_refused_by_its_name(
    service: Service,
    caller: Caller,
    name: str,
    values: list[str],
    status: int,
    code: str,
    times: int,
) -> None:
    before = len(service.state.bookings(Filter(), 1000))
    request = a_request(headers="".join(f"{name}: {value}\r\n" for value in values))
    with Caller(service.charges.number) as caller:
        for _ in range(times):
            answer = caller.ask(request)

            assert (answer.status, answer.json["code"]) == (status, code)
            assert f"{name.title()} stands there twice" in answer.json["error"]
    assert len(service.state.bookings(Filter(), 1000)) == before


def test_two_tokens_that_make_one_when_joined_are_none(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one, two")
    with (
        a_controlled_service(tmp_path) as (service, _),
        Caller(service.charges.number) as caller,
    ):
        answer = caller.ask(a_request(token="one", headers="X-Token: two\r\n"))
        assert (answer.status, answer.json["code"]) == (403, "Token")
        assert caller.ask(a_request(token="one, two")).status == 200


def test_a_key_may_have_a_comma(caller: Caller) -> None:
    answers = [caller.ask(a_request(headers="Idempotency-Key: a, b\r\n")) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_two_preferences_are_both_heard(caller: Caller) -> None:
    headers = "Prefer: wait=1\r\nPrefer: return=representation\r\n"

    assert caller.ask(a_request(headers=headers)).json["charge_id"]


def test_a_request_of_two_ids_gets_one_of_its_own(folder: Path, caller: Caller) -> None:
    caller.ask(a_request(headers="X-Request-Id: two\r\nX-Request-Id: ids\r\n"))

    assert "two" not in log_lines(folder)[-1]["request_id"]


def asked(service: Service, *lines: str) -> Answer:
    head = a_head("PUT /v1/faults/x HTTP/1.1", "Host: payment", *lines)
    with Caller(number(service, "control")) as caller:
        return caller.ask(head + FAULT)


def test_two_credentials_let_nobody_into_the_control_port(service: Service) -> None:
    length, kind = f"Content-Length: {len(FAULT)}", "Content-Type: application/json"

    assert asked(service, length, kind, BEARER).status == 200
    answer = asked(service, length, kind, BEARER, BEARER)
    assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert answer.json["detail"].endswith("stands there twice")
    answer = asked(service, length, kind, kind, BEARER)
    assert (answer.status, answer.json["detail"]) == (400, "Content-Type stands there twice")


@pytest.mark.parametrize("port", cases("the port is {0}", ["charges", "ops", "control"]))
@pytest.mark.parametrize("accept", cases("what is accepted is {0}", [";;;", 'a/b;q="', "\xff"]))
def test_a_refusal_needs_no_wish_that_is_understood(
    service: Service, port: str, accept: str
) -> None:
    with Caller(number(service, port)) as caller:
        raw = a_head("GET /nowhere HTTP/1.1", "Host: payment", BEARER, f"Accept: {accept}")
        assert caller.ask(raw).status == 404
