"""What is answered below the application, seen through bare sockets."""

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from payment_service.server import wire
from payment_service.server.wire import HEADS_KEPT
from payment_service.service import Service
from support.cases import cases
from support.payment.arranged_app import everything, serving
from support.payment.service import CHARGE_PATHS, Answer, Caller, a_head, a_request, a_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("service")
    (folder / "profile.json").write_text('{"successRate": 1}')
    with a_service(folder) as running:
        yield running


@pytest.fixture
def caller(service: Service) -> Iterator[Caller]:
    with Caller(service.charges.number) as connected:
        yield connected


def assert_refused(answer: Answer, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["result"] == "false"
    assert answer.json["error"]
    assert answer.json["code"]


def head(first: str, *lines: str) -> bytes:
    return a_head(first, "Host: payment", *lines)


BROKEN = {
    "no request line": (head("rubbish"), 400),
    "a method in small letters": (head("post / HTTP/1.1"), 400),
    "white space in the path": (head("POST / / HTTP/1.1"), 400),
    "a host that is no address": (head("POST http://[::1 HTTP/1.1"), 400),
    "a header without a colon": (head("POST / HTTP/1.1", "rubbish"), 400),
    "white space before the colon": (head("POST / HTTP/1.1", "Content-Length : 5"), 400),
    "a line feed alone": (b"POST / HTTP/1.1\nX: y\r\nHost: payment\r\n\r\n", 400),
    "a length that is no number": (head("POST / HTTP/1.1", "Content-Length: five"), 400),
    "a negative length": (head("POST / HTTP/1.1", "Content-Length: -1"), 400),
    "two lengths": (head("POST / HTTP/1.1", "Content-Length: 5", "Content-Length: 6"), 400),
    "a length of 5000 digits": (head("POST / HTTP/1.1", "Content-Length: " + "9" * 5000), 400),
    "a length over all limits": (head("POST / HTTP/1.1", "Content-Length: 99999999"), 413),
    "an unknown transfer coding": (head("POST / HTTP/1.1", "Transfer-Encoding: gzip"), 501),
    "a chunk of no size": (head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"x\r\n", 400),
    "a chunk with junk behind it": (
        head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"1\r\nabc\r\n",
        400,
    ),
    "a chunk extension over the limit": (
        head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"1;" + b"x" * 70000,
        413,
    ),
    "a head over the limit": (head("POST / HTTP/1.1", "X: " + "x" * 40000), 431),
    "a refused body that waits to be asked for": (
        head("POST / HTTP/1.1", "Content-Length: 99999999", "Expect: 100-continue"),
        413,
    ),
}


@pytest.mark.parametrize(("raw", "status"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_request_is_answered_with_a_result(
    caller: Caller, raw: bytes, status: int
) -> None:
    assert_refused(caller.ask(raw), status)
    assert caller.closed()


@pytest.mark.parametrize("path", cases("the path is {0}", CHARGE_PATHS))
def test_the_answer_to_a_body_that_is_too_large_arrives_while_it_is_still_sent(
    caller: Caller, path: str
) -> None:
    caller.send(head(f"POST {path} HTTP/1.1", "Content-Length: 4000000"))
    for _ in range(40):
        caller.send(b"x" * 25_000)

    assert_refused(caller.answer(), 413)


LONG_READING = {
    "a target that may be a host": head("GET x://" + "1" * 30000 + " z HTTP/1.1"),
    "a host that may be a port": head("GET x://" + "1" * 30000 + "\0 HTTP/1.1"),
    "a value behind much space": head("GET / HTTP/1.1", "X:" + " " * 30000 + "x"),
    "much space and a zero byte": head("GET / HTTP/1.1", "X:" + "\t" * 30000 + "\0"),
    "a host and a slash": a_head("GET / HTTP/1.1", "Host: " + "a" * 30000 + "/"),
    "a host of escapes": a_head("GET / HTTP/1.1", "Host: " + "%C3" * 10000 + "%"),
    "a value in many lines": head("GET / HTTP/1.1", "X:" + "\r\n  " * 7500 + "x"),
    "many names": head("GET / HTTP/1.1", *(f"{n:x}:" for n in range(4500))),
    "a name many times": head("GET / HTTP/1.1", *("x:" for n in range(7500))),
}


@pytest.mark.timeout(20)  # what holds up the process for seconds holds up this test as well
@pytest.mark.parametrize("raw", LONG_READING.values(), ids=[f"it has {x}" for x in LONG_READING])
def test_a_head_is_read_before_the_next_caller_is_tired(service: Service, raw: bytes) -> None:
    for _ in range(10):
        with Caller(service.charges.number) as caller, Caller(service.charges.number) as other:
            caller.send(raw)
            assert other.ask(a_request()).status == 200


def test_a_body_without_end_in_chunks_is_refused(caller: Caller) -> None:
    caller.send(head("POST / HTTP/1.1", "Transfer-Encoding: chunked"))
    for _ in range(20):
        caller.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")

    assert_refused(caller.answer(), 413)


def test_a_body_over_the_limit_is_refused_on_a_connection_that_stays(caller: Caller) -> None:
    assert_refused(caller.ask(a_request(b" " * 16385)), 413)
    assert caller.ask(a_request()).status == 200


@pytest.mark.parametrize(
    ("extension", "trailers"),
    [
        pytest.param(b"", b"", id="nothing but the chunks"),
        pytest.param(b';a;b=c;d="e f"', b"", id="chunks with extensions"),
        pytest.param(b"", b"X-Trailer: one\r\nX-Token: two\r\n", id="trailers behind the chunks"),
    ],
)
def test_a_charge_in_chunks_is_taken(caller: Caller, extension: bytes, trailers: bytes) -> None:
    whole = a_request()
    headers, _, body = whole.partition(b"\r\n\r\n")
    chunked = headers.replace(b"Content-Length: 49", b"Transfer-Encoding: chunked")
    chunk = b"%x%s\r\n%s\r\n" % (len(body), extension, body)

    for _ in range(2):
        answer = caller.ask(chunked + b"\r\n\r\n" + chunk + b"0\r\n" + trailers + b"\r\n")
        assert answer.json == {"result": "true"}


@pytest.mark.parametrize(
    "expectation", cases("{0} is expected", ["100-continue", "100-Continue", "100-continue, ,"])
)
def test_a_charge_that_asks_first_is_told_to_go_on(caller: Caller, expectation: str) -> None:
    headers, _, body = a_request(headers=f"Expect: {expectation}\r\n").partition(b"\r\n\r\n")

    assert caller.ask(headers + b"\r\n\r\n").status == 100
    assert caller.ask(body).json == {"result": "true"}


def test_a_request_that_asks_first_but_has_no_body_is_answered(caller: Caller) -> None:
    raw = head("POST / HTTP/1.1", "Expect: 100-continue")

    assert_refused(caller.ask(raw), 403)


def test_what_is_expected_is_not_heard_under_the_old_protocol(caller: Caller) -> None:
    raw = a_request(headers="Expect: anything\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")

    assert caller.ask(raw).json == {"result": "true"}


def test_an_answer_of_unknown_length_has_no_body_for_head() -> None:
    def app(_: object, start_response: Callable[..., object]) -> Iterator[bytes]:
        start_response("200 OK", [])
        return iter(())

    with serving(app) as port, Caller(port.number) as caller:
        caller.send(head("HEAD / HTTP/1.1"))
        _, _, body = everything(caller).partition(b"\r\n\r\n")
    assert body == b""


def test_a_charge_sent_byte_by_byte_is_taken(caller: Caller) -> None:
    for byte in a_request():
        caller.send(bytes([byte]))

    assert caller.answer().json == {"result": "true"}


@pytest.mark.parametrize("path", cases("the path is {0}", CHARGE_PATHS))
@pytest.mark.parametrize(
    "method", cases("the method is {0}", ["FROB", "CONNECT", "TRACE", "OPTIONS"])
)
def test_any_other_method_is_told_which_is_allowed(caller: Caller, path: str, method: str) -> None:
    answer = caller.ask(head(f"{method} {path} HTTP/1.1"))

    assert_refused(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", cases("the path is {0}", ["*", "http://payment/nowhere", "/%ff%00", "//nowhere", "/?q"])
)
def test_odd_paths_are_answered_with_a_result(caller: Caller, path: str) -> None:
    answer = caller.ask(a_request(path=path))

    assert answer.json["result"] == ("true" if path == "/?q" else "false")


def test_a_connection_is_kept_over_many_charges_and_refusals(caller: Caller) -> None:
    for _ in range(50):
        assert caller.ask(a_request()).json == {"result": "true"}
        assert_refused(caller.ask(a_request(token="wrong")), 403)


def test_charges_sent_at_once_are_answered_in_turn(caller: Caller) -> None:
    caller.send(a_request() * 5)

    assert [caller.answer().status for _ in range(5)] == [200] * 5


def test_a_caller_of_the_old_protocol_is_answered(caller: Caller) -> None:
    answer = caller.ask(a_request().replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert answer.json == {"result": "true"}
    assert answer.headers["connection"].lower() == "keep-alive"


def test_no_answer_names_the_software(caller: Caller) -> None:
    assert "server" not in caller.ask(a_request()).headers


def test_the_date_of_an_answer_is_that_of_its_own_second(caller: Caller) -> None:
    seen = set[float]()
    while len(seen) < 3:
        seen.add(date := parsedate_to_datetime(caller.ask(a_request()).headers["date"]).timestamp())
        assert 0 <= time.time() - date < 1.9


def test_heads_do_not_pile_up_whatever_callers_send(caller: Caller) -> None:
    for count in range(HEADS_KEPT * 2):
        caller.ask(a_request().replace(b"keep-alive", b"keep-%d" % count))

    assert len(wire._heads) <= HEADS_KEPT
