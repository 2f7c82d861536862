"""The control port: off unless it is asked for, and who may use it."""

import base64
import hashlib
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.api.control_schema import INTERFACE
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.control import CONTROL_TOKEN, Control, a_controlled_service
from support.payment.service import TOKEN, Caller, a_request, a_service, log_lines

PATHS = [
    (operation.method, operation.path.replace("{name}", "outage"))
    for operation in INTERFACE.operations
    if not operation.open_to_all
]


def test_without_being_asked_for_there_is_no_control_port(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        assert service.control is None
    assert log_lines(tmp_path)[0]["control_port"] is None


@pytest.mark.parametrize(("method", "path"), cases("the call is {0} {1}", PATHS))
@pytest.mark.parametrize(
    "token", cases("the token is {0}", [None, "", "wrong", TOKEN, CONTROL_TOKEN + "x"])
)
def test_nothing_is_told_or_done_without_the_control_token(
    tmp_path: Path, method: str, path: str, token: str | None
) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        answer = Control(control.port, token).ask(method, path)

    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert set(answer.json) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("scheme", "status"),
    cases("the scheme {0} is answered {1}", [("Bearer", 200), ("bearer", 200), ("Basic", 401)]),
)
def test_the_control_token_is_sent_as_that_of_a_bearer(
    tmp_path: Path, scheme: str, status: int
) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        sent = f"{scheme} {CONTROL_TOKEN}"
        assert control.ask("GET", "/v1/faults", Authorization=sent).status == status


def test_the_page_needs_no_token_and_may_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        answer = Control(control.port, None).ask("GET", "/")

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'self'; base-uri 'none'; form-action 'none'" in policy
    for kind in ("script", "style"):
        [text] = re.findall(f"(?s)<{kind}>(.*?)</{kind}>", answer.body.decode())
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'; " in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert b"http:" not in answer.body
    assert b"https:" not in answer.body


def test_the_control_token_opens_no_charge(tmp_path: Path) -> None:
    with (
        a_controlled_service(tmp_path) as (service, _),
        Caller(service.charges.number) as caller,
    ):
        assert caller.ask(a_request(token=CONTROL_TOKEN)).status == 403


def test_a_new_control_token_is_followed(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        (tmp_path / "control-token").write_text("another-one")

        other = Control(control.port, "another-one")
        eventually(lambda: other.ask("GET", "/v1/faults").status == 200, within=1)
        assert control.ask("GET", "/v1/faults").status == 401


def test_a_token_for_charges_is_none_for_the_control_api(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CONTROL_TOKEN)
    with (
        pytest.raises(MistakesError, match=r"control-token: the token is one for charges as well"),
        a_controlled_service(tmp_path),
    ):
        pass


def test_a_new_control_token_that_is_one_for_charges_is_refused(tmp_path: Path) -> None:
    (tmp_path / "previous").write_text("of-before")
    with a_controlled_service(tmp_path) as (service, control):
        (tmp_path / "control-token").write_text("of-before")

        following = service.mounted.control_token
        assert following is not None
        eventually(lambda: following.refusals == 1, within=1)
        assert control.ask("GET", "/v1/faults").status == 200


def test_every_answer_says_which_process_answered(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        for method, path in [*PATHS, ("GET", "/"), ("GET", "/nowhere")]:
            answer = control.ask(method, path)
            assert answer.headers["payment-replica"] == socket.gethostname(), path
            assert answer.headers["cache-control"] == "no-store", path


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    cases(
        "the call {0} {1} is answered {2}",
        [
            ("GET", "/nowhere", 404, None),
            ("GET", "/v1/profile/", 404, None),
            ("POST", "/v1/profile", 405, "GET, HEAD, PUT, DELETE"),
            ("GET", "/v1/faults/outage", 405, "PUT, DELETE"),
            ("OPTIONS", "/v1/reset", 405, "POST"),
            ("BREW", "/v1/ledger", 405, "GET, HEAD"),
            ("POST", "/", 405, "GET, HEAD"),
        ],
    ),
)
def test_another_path_or_method_is_a_problem_too(
    tmp_path: Path, method: str, path: str, status: int, allow: str | None
) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        answer = control.ask(method, path)

    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    assert answer.json["status"] == status


def test_a_body_that_is_too_large_or_no_json_is_a_problem(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        huge = control.ask("PUT", "/v1/profile", raw=b" " * 65537)
        toml = control.ask("PUT", "/v1/profile", raw=b"", **{"Content-Type": "text/plain"})

    assert (huge.status, toml.status) == (413, 415)
    assert (huge.json["status"], toml.json["status"]) == (413, 415)


def test_a_request_that_is_broken_below_the_application_is_a_problem_too(tmp_path: Path) -> None:
    with (
        a_controlled_service(tmp_path) as (_, control),
        Caller(control.port) as caller,
    ):
        answer = caller.ask(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n")

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["title"] == "Bad Request"


def test_idle_callers_of_the_control_port_hold_up_no_charge_and_no_probe(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        assert service.control is not None
        idle = [Caller(control.port) for _ in range(20)]
        for caller in idle:
            caller.send(b"GET /v1/profile HTTP/1.1\r\n")
        began = time.monotonic()
        with Caller(service.charges.number) as caller:
            assert caller.ask(a_request()).status == 200
        assert control.ask("GET", "/v1/profile").status == 200
        assert time.monotonic() - began < 1
        for caller in idle:
            caller.socket.close()


def test_its_threads_end_with_the_service(tmp_path: Path) -> None:
    before = threading.active_count()
    with a_controlled_service(tmp_path) as (_, control):
        control.get("/v1/profile")

    eventually(threading.active_count, lambda count: count <= before, within=2)
