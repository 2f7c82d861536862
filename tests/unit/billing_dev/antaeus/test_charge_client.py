"""How a charge travels: kept connections, the silent repeat, time-outs, redirects."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException, InvalidURL

import pytest

from billing_dev.antaeus.charge_client import Attempt, ChargeClient, RedirectError, UnansweredError
from unit.billing_dev.antaeus.fake_payment import (
    CLOSED,
    LIMIT_SECONDS,
    PAID,
    RESET,
    FakePayment,
    Reply,
    Then,
    answer,
)

TOKEN = "secret-token"
BODY = b'{"currency":"USD","customer_id":1,"value":181.62}'


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake() -> Iterator[FakePayment]:
    with FakePayment.running() as running:
        yield running


@pytest.fixture
def client(fake: FakePayment, clock: Clock) -> Iterator[ChargeClient]:
    made = ChargeClient(f"{fake.url}/api/v1/charge", {"X-Token": TOKEN}, now=clock)
    yield made
    made.close()


def post_once(
    endpoint: str, attempt: Attempt, *, token: str = TOKEN, timeout: float = LIMIT_SECONDS
) -> None:
    """Posts with a client of its own, which keeps nothing for later."""
    with closing(ChargeClient(endpoint, {"X-Token": token}, timeout=timeout)) as client:
        client.post(BODY, attempt)


def test_a_charge_is_a_post_to_the_endpoint(fake: FakePayment, client: ChargeClient) -> None:
    attempt = Attempt()
    assert client.post(BODY, attempt) == b'{"result":"true"}'
    assert attempt == Attempt(sent=1, status=200)
    (received,) = fake.received
    assert received.line == "POST /api/v1/charge HTTP/1.1"
    assert received.body == BODY
    assert received.headers["x-token"] == TOKEN


def test_an_endpoint_without_a_path_gets_the_root(fake: FakePayment) -> None:
    post_once(fake.url, Attempt())
    assert fake.received[0].line == "POST / HTTP/1.1"


@pytest.mark.parametrize("status", [200, 201, 400, 403, 404, 409, 429, 500, 503])
def test_no_status_is_an_error(fake: FakePayment, client: ChargeClient, status: int) -> None:
    fake.script.append(answer("said", status=status, **{"Retry-After": "1"}))
    attempt = Attempt()
    assert client.post(BODY, attempt) == b"said"
    assert attempt == Attempt(sent=1, status=status)


def test_a_connection_is_used_again_within_five_seconds(
    fake: FakePayment, client: ChargeClient, clock: Clock
) -> None:
    for _ in range(3):
        client.post(BODY, Attempt())
        clock.seconds += 5
    assert [received.connection for received in fake.received] == [1, 1, 1]


def test_a_connection_is_not_used_again_later(
    fake: FakePayment, client: ChargeClient, clock: Clock
) -> None:
    client.post(BODY, Attempt())
    clock.seconds += 5.1
    client.post(BODY, Attempt())
    assert [received.connection for received in fake.received] == [1, 2]


def test_an_answer_that_ends_its_connection_is_obeyed(
    fake: FakePayment, client: ChargeClient
) -> None:
    fake.script.append(answer("{}", Connection="close"))
    client.post(BODY, Attempt())
    client.post(BODY, Attempt())
    assert [received.connection for received in fake.received] == [1, 2]


@pytest.mark.parametrize("ended", [CLOSED, RESET], ids=["closed", "reset"])
def test_a_post_without_an_answer_is_silently_sent_again(
    fake: FakePayment, client: ChargeClient, ended: Reply
) -> None:
    fake.script.append(ended)
    attempt = Attempt()
    assert client.post(BODY, attempt) == b'{"result":"true"}'
    assert attempt == Attempt(sent=2, status=200)
    first, second = fake.received
    assert (first.line, first.headers, first.body) == (second.line, second.headers, second.body)
    assert (first.connection, second.connection) == (1, 2)


@pytest.mark.parametrize("ended", [CLOSED, RESET], ids=["closed", "reset"])
def test_it_is_sent_again_only_once(fake: FakePayment, client: ChargeClient, ended: Reply) -> None:
    fake.always = ended
    attempt = Attempt()
    with pytest.raises(UnansweredError):
        client.post(BODY, attempt)
    assert attempt == Attempt(sent=2, status=None)
    assert len(fake.received) == 2


def test_a_kept_connection_that_has_died_meanwhile_costs_the_repeat(
    fake: FakePayment, client: ChargeClient
) -> None:
    client.post(BODY, Attempt())
    fake.connections[0].shutdown(socket.SHUT_RDWR)
    attempt = Attempt()
    assert client.post(BODY, attempt) == b'{"result":"true"}'
    assert attempt.sent == 2
    assert [received.connection for received in fake.received] == [1, 2]


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(b"H", id="after one byte"),
        pytest.param(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"result":', id="in the body"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{"result":',
            id="in a chunk",
        ),
    ],
)
def test_an_answer_that_breaks_off_is_an_error_without_repeat(
    fake: FakePayment, client: ChargeClient, cut: bytes
) -> None:
    fake.script.append(Reply(cut, Then.CLOSE))
    attempt = Attempt()
    with pytest.raises(HTTPException):
        client.post(BODY, attempt)
    assert attempt.sent == 1
    assert len(fake.received) == 1


def test_silence_is_an_error_without_repeat() -> None:
    attempt = Attempt()
    with FakePayment.running(always=Reply()) as silent:
        with pytest.raises(TimeoutError):
            post_once(silent.url, attempt, timeout=0.05)
        assert attempt == Attempt(sent=1)
        assert len(silent.received) == 1


def test_nobody_listening_is_an_error_with_nothing_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    attempt = Attempt()
    with pytest.raises(ConnectionRefusedError):
        post_once(f"http://127.0.0.1:{port}", attempt)
    assert attempt == Attempt(sent=0)


@pytest.mark.parametrize("token", ["abc\n", "abc\r\n", "a\nb"])
def test_a_token_with_a_line_break_fails_without_a_connection(
    fake: FakePayment, token: str
) -> None:
    attempt = Attempt()
    with pytest.raises(ValueError, match="Invalid header value"):
        post_once(fake.url, attempt, token=token)
    assert attempt == Attempt(sent=0)
    assert fake.connections == []


@pytest.mark.parametrize("token", ["'abc'", '"abc"', " abc", ""], ids=repr)
def test_any_other_token_travels_raw(fake: FakePayment, token: str) -> None:
    post_once(fake.url, Attempt(), token=token)
    assert fake.received[0].headers["x-token"] == token.strip()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_repeats_the_post_and_its_token_at_the_target(
    fake: FakePayment, client: ChargeClient, status: int
) -> None:
    with FakePayment.running() as target:
        fake.script.append(answer("", status=status, Location=f"{target.url}/other?a=b"))
        attempt = Attempt()
        assert client.post(BODY, attempt) == b'{"result":"true"}'
        assert attempt == Attempt(sent=2, status=200)
        assert target.received[0].line == "POST /other?a=b HTTP/1.1"
        assert target.received[0].body == BODY
        assert target.received[0].headers["x-token"] == TOKEN


def test_a_redirect_may_name_only_a_path(fake: FakePayment, client: ChargeClient) -> None:
    fake.script.append(answer("", status=302, Location="/"))
    client.post(BODY, Attempt())
    assert [received.line for received in fake.received] == [
        "POST /api/v1/charge HTTP/1.1",
        "POST / HTTP/1.1",
    ]


@pytest.mark.parametrize(
    "redirect",
    [
        pytest.param(answer("", status=302), id="to nowhere"),
        pytest.param(answer("", status=302, Location="/"), id="for ever"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_an_error(redirect: Reply) -> None:
    with FakePayment.running(always=redirect) as fake, pytest.raises(RedirectError):
        post_once(fake.url, Attempt())


@pytest.mark.parametrize("endpoint", ["", "payment:9000", "https://payment:9000", "/api/v1/charge"])
def test_an_endpoint_that_is_no_http_url_is_an_error(endpoint: str) -> None:
    attempt = Attempt()
    with pytest.raises(InvalidURL):
        post_once(endpoint, attempt)
    assert attempt == Attempt(sent=0)


def test_a_chunked_answer_is_read_whole(fake: FakePayment, client: ChargeClient) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    fake.script.append(Reply(head + b'9\r\n{"result"\r\n6\r\n:true}\r\n0\r\n\r\n'))
    assert client.post(BODY, Attempt()) == b'{"result":true}'
    assert client.post(BODY, Attempt()) == PAID.send.partition(b"\r\n\r\n")[2]
    assert len(fake.connections) == 1
