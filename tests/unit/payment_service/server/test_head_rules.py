"""What HTTP forbids in a head, on every port: refused, and the connection is closed."""

from collections.abc import Iterator

import pytest

from payment_service.service import Service
from payment_service.state.records import Totals
from support.cases import cases
from support.payment.control import a_controlled_service
from support.payment.service import TINJIS_BODY, Answer, Caller, a_head, a_request

TARGETS = {"charges": "/ping", "ops": "/livez", "control": "/"}
HOST = "Host: payment:9000"
CHUNKED = "Transfer-Encoding: chunked"

on_every_port = pytest.mark.parametrize("port", cases("the port is {0}", TARGETS))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_controlled_service(tmp_path_factory.mktemp("service")) as (running, _):
        yield running


def number(service: Service, port: str) -> int:
    found = getattr(service, port)
    return int(found.number)


def get(port: str, *lines: str, version: str = "1.1") -> bytes:
    return a_head(f"GET {TARGETS[port]} HTTP/{version}", *lines)


def refused(service: Service, port: str, raw: bytes) -> Answer:
    """Its answer; fails unless the connection is closed behind it."""
    with Caller(number(service, port)) as caller:
        answer = caller.ask(raw)
        assert answer.headers.get("connection") == "close"
        assert caller.closed()
    text = answer.json["detail" if port == "control" else "error"]
    assert text
    return answer


REFUSED = {
    "no host": ([], 400),
    "two hosts": ([HOST, HOST], 400),
    "two hosts of different spelling": ([HOST, "HOST: payment:9000"], 400),
    "two hosts in one line": (["Host: payment, payment"], 400),
    "a host with a space": (["Host: pay ment"], 400),
    "a host with a user": (["Host: somebody@payment"], 400),
    "a host with a path": (["Host: payment/charge"], 400),
    "a host whose port is a name": (["Host: payment:http"], 400),
    "a host in half a bracket": (["Host: [::1"], 400),
    "chunked twice": ([HOST, "Transfer-Encoding: chunked, chunked"], 400),
    "chunked in two lines": ([HOST, CHUNKED, "transfer-encoding: CHUNKED"], 400),
    "chunked and an empty coding": ([HOST, "Transfer-Encoding: chunked,"], 400),
    "a transfer coding of no name": ([HOST, "Transfer-Encoding:"], 400),
    "chunked and an unknown coding": ([HOST, "Transfer-Encoding: gzip, chunked"], 501),
    "chunked and a length that is none": ([HOST, CHUNKED, "Content-Length: five"], 400),
    "chunked and two lengths": ([HOST, CHUNKED, "Content-Length: 5", "Content-Length: 6"], 400),
    "two lengths alike": ([HOST, "Content-Length: 0", "Content-Length: 0"], 400),
    "a folded header": ([HOST, "X-Folded: one\r\n two"], 400),
    "a fold by a tab": ([HOST, "X-Folded: one\r\n\ttwo"], 400),
    "an expectation that nobody knows": ([HOST, "Expect: the-unexpected"], 417),
    "an expectation with a parameter": ([HOST, "Expect: 100-continue;now"], 417),
}


@on_every_port
@pytest.mark.parametrize(
    ("lines", "status"), REFUSED.values(), ids=[f"the head has {name}" for name in REFUSED]
)
def test_a_head_that_http_forbids_is_refused(
    service: Service, port: str, lines: list[str], status: int
) -> None:
    assert refused(service, port, get(port, *lines)).status == status


REQUEST_LINES = {
    "no version, as in HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "the version of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "a version that is to come": (a_head("GET / HTTP/1.2", HOST), 505),
    "a version before HTTP/1.0": (a_head("GET / HTTP/0.9", HOST), 505),
    "a version of two digits": (a_head("GET / HTTP/1.10", HOST), 400),
    "a version in small letters": (a_head("GET / http/1.1", HOST), 400),
    "a carriage return alone": (a_head("GET /\rX HTTP/1.1", HOST), 400),
    "a zero byte": (a_head("GET /\0 HTTP/1.1", HOST), 400),
}


@on_every_port
@pytest.mark.parametrize(
    ("raw", "status"),
    REQUEST_LINES.values(),
    ids=[f"the request line has {name}" for name in REQUEST_LINES],
)
def test_a_request_line_that_http_forbids_is_refused(
    service: Service, port: str, raw: bytes, status: int
) -> None:
    assert refused(service, port, raw).status == status


@on_every_port
def test_chunks_under_the_old_protocol_are_refused(service: Service, port: str) -> None:
    raw = get(port, CHUNKED, "Connection: keep-alive", version="1.0")

    assert refused(service, port, raw + b"0\r\n\r\n").status == 400


TAKEN = {
    "a name and a port": ([HOST], "1.1"),
    "a name in capitals": (["HOST: PAYMENT"], "1.1"),
    "a name with an underscore": (["Host: my_payment"], "1.1"),
    "an address": (["Host: 192.0.2.1:9000"], "1.1"),
    "an address of IPv6": (["Host: [::1]:9000"], "1.1"),
    "nothing": (["Host:"], "1.1"),
    "a port of no digits": (["Host: payment:"], "1.1"),
    "escaped letters": (["Host: p%C3%A9"], "1.1"),
    "no line, under the old protocol": ([], "1.0"),
}


@on_every_port
@pytest.mark.parametrize(
    ("lines", "version"), TAKEN.values(), ids=[f"the host is {name}" for name in TAKEN]
)
def test_a_host_that_http_allows_is_taken(
    service: Service, port: str, lines: list[str], version: str
) -> None:
    with Caller(number(service, port)) as caller:
        assert caller.ask(get(port, *lines, version=version)).status == 200


@on_every_port
@pytest.mark.parametrize(
    "target",
    cases("the target is that of {0}", ["http://payment:9000", "http://elsewhere", "//elsewhere"]),
)
def test_the_host_of_a_target_changes_nothing(service: Service, port: str, target: str) -> None:
    with Caller(number(service, port)) as caller:
        raw = a_head(f"GET {target}{TARGETS[port]} HTTP/1.1", HOST)
        expected = 404 if target.startswith("//") else 200

        assert caller.ask(raw).status in (expected, 401)


@on_every_port
@pytest.mark.parametrize(
    "line",
    cases(
        "the head has {0}",
        [
            "Upgrade: h2c",
            "Upgrade: websocket",
            "Expect:",
            "TE: trailers",
            "Connection: keep-alive, Upgrade",
            "Transfer_Encoding: gzip",
        ],
    ),
)
def test_what_a_server_may_overlook_is_overlooked(service: Service, port: str, line: str) -> None:
    with Caller(number(service, port)) as caller:
        for _ in range(2):
            assert caller.ask(get(port, HOST, line)).status == 200


@on_every_port
@pytest.mark.parametrize(
    ("lines", "version"),
    cases(
        "the head has {0} under HTTP/{1}",
        [(["Connection: TE, Close"], "1.1"), (["Connection: close", "Connection: TE"], "1.1")],
    ),
)
def test_a_connection_is_closed_where_that_is_one_of_several_wishes(
    service: Service, port: str, lines: list[str], version: str
) -> None:
    with Caller(number(service, port)) as caller:
        answer = caller.ask(get(port, HOST, *lines, version=version))
        assert answer.headers.get("connection") == "close"
        assert caller.closed()


LENGTHS = ["Content-Length: 5", "content-length: 5", "CONTENT-LENGTH:5", "Content-Length: 000"]


@pytest.mark.parametrize("coding", cases("chunks as {0}", [CHUNKED, "TRANSFER-ENCODING:Chunked"]))
@pytest.mark.parametrize("length", cases("a length as {0}", LENGTHS))
@pytest.mark.parametrize("first", cases("{0} comes first", ["the length", "the coding"]))
def test_a_body_of_chunks_and_a_length_is_the_last_of_its_connection(
    service: Service, length: str, coding: str, first: str
) -> None:
    framing = [length, coding] if first == "the length" else [coding, length]
    whole = a_request(headers="".join(f"{line}\r\n" for line in framing))
    headers, _, body = whole.partition(b"\r\n\r\n")
    headers = headers.replace(b"\r\nContent-Length: %d" % len(TINJIS_BODY), b"", 1)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    before = service.state.totals()
    with Caller(service.charges.number) as caller:
        caller.send(headers + b"\r\n\r\n" + chunks + a_request() * 3)
        answer = caller.answer()

        assert answer.json == {"result": "true"}
        assert answer.headers.get("connection") == "close"
        assert caller.closed()
    assert charges(service.state.totals()) == charges(before) + 1


def charges(totals: Totals) -> int:
    return sum(total.accepted.count for total in totals.rows.values())
