"""What the services answer, and that no odd answer is taken for a good one."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from billing_operator.apps.answers import Accepted, Calls, Counts, ProfileAnswer
from billing_operator.apps.http import HttpApps, count_invoices, read_calls, read_profile
from billing_operator.errors import Waiting
from billing_operator.kinds import Manifest
from billing_operator.observed.stack import Pod, observe
from support.operator.builders import a_pod, a_stack
from support.payment.service import Caller, a_request, a_service, get


def invoices(*states: str) -> bytes:
    return json.dumps([{"id": n, "status": state} for n, state in enumerate(states)]).encode()


def test_invoices_are_counted_by_their_state() -> None:
    assert count_invoices(invoices("PAID", "PENDING", "PAID")) == Counts(paid=2, pending=1)
    assert count_invoices(b"[]") == Counts(paid=0, pending=0)


def test_an_invoice_in_a_state_of_its_own_is_not_paid() -> None:
    assert count_invoices(invoices("FAILED")) == Counts(paid=0, pending=1)


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


class Resolver(aiohttp.abc.AbstractResolver):
    """Leads every name to one address, and writes the names down."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, *_: object, **__: object
    ) -> list[aiohttp.abc.ResolveResult]:
        self.asked.append(f"{host}:{port}")
        raise OSError("no such host")

    async def close(self) -> None: ...


@pytest.fixture
async def resolver() -> Resolver:
    return Resolver()


@pytest.fixture
async def apps(resolver: Resolver) -> AsyncIterator[HttpApps]:
    connector = aiohttp.TCPConnector(resolver=resolver)
    timeout = aiohttp.ClientTimeout(total=1)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield HttpApps(session)


async def test_antaeus_is_asked_through_its_service(apps: HttpApps, resolver: Resolver) -> None:
    with pytest.raises(Waiting, match="/rest/v1/invoices"):
        await apps.invoices(a_stack())

    assert resolver.asked == ["shop-antaeus.payments.svc:8000"]


@pytest.mark.parametrize(("ip", "url"), [("127.0.0.1", "127.0.0.1"), ("::1", r"\[::1\]")])
async def test_a_payment_pod_is_asked_itself(apps: HttpApps, ip: str, url: str) -> None:
    live = a_pod()
    live["status"]["podIP"] = ip
    (pod,) = observe([], [live]).pods

    with pytest.raises(Waiting, match=f"http://{url}:9001/profile"):
        await apps.profile(a_stack(), pod)


class AnsweringApps(HttpApps):
    """Speaks to one port of this machine in place of a pod's."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        super().__init__(session)
        self._base = base

    async def _get(self, url: str) -> bytes:
        return await super()._get(self._base + "/" + url.rpartition("/")[2])


async def test_an_answer_is_read_and_an_error_is_none() -> None:
    async def good(_: web.Request) -> web.Response:
        return web.Response(body=invoices("PAID"))

    async def bad(_: web.Request) -> web.Response:
        return web.Response(status=500, body=b'{"hash": "x"}')

    app = web.Application()
    app.add_routes([web.get("/invoices", good), web.get("/profile", bad)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession() as session:
        apps = AnsweringApps(session, f"http://127.0.0.1:{runner.addresses[0][1]}")

        assert await apps.invoices(a_stack()) == Counts(1, 0)
        with pytest.raises(Waiting, match="500"):
            await apps.profile(a_stack(), a_ready_pod())
    await runner.cleanup()


def a_ready_pod() -> Pod:
    (pod,) = observe([], [a_pod()]).pods
    return pod


async def test_no_connection_is_kept_since_it_could_lead_to_a_pod_that_is_to_leave() -> None:
    connections: set[object] = set()

    async def good(request: web.Request) -> web.Response:
        connections.add(request.transport)
        return web.Response(body=invoices("PAID"))

    app = web.Application()
    app.add_routes([web.get("/invoices", good)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        apps = AnsweringApps(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
        for _ in range(2):
            await apps.invoices(a_stack())
    await runner.cleanup()

    assert len(connections) == 2


def test_calls_are_counted_whatever_became_of_them(tmp_path: Path) -> None:
    """By payment's own metrics: a new one that no call escapes must be named here."""
    with a_service(tmp_path) as service:
        before = read_calls(get(service.ops.number, "/metrics").body)
        with Caller(service.charges.number) as caller:
            caller.ask(a_request())
            caller.ask(a_request(token="wrong"))
        after = read_calls(get(service.ops.number, "/metrics").body)

    assert before == Calls(taken=0, held=0)
    assert after == Calls(taken=2, held=0)


def test_of_all_metrics_only_those_of_calls_count() -> None:
    text = b"""
# TYPE payment_charges counter
payment_charges_total{outcome="accepted"} 3.0
payment_charges_total{outcome="declined"} 2.0
payment_charges_created{outcome="accepted"} 1.7e+09
# TYPE payment_replays counter
payment_replays_total{by="key"} 1.0
# TYPE payment_replies_held gauge
payment_replies_held 4.0
"""

    assert read_calls(text) == Calls(taken=6, held=4)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"payment_charges_total 1.0\n"])
def test_a_payment_without_these_metrics_does_not_tell(body: bytes) -> None:
    with pytest.raises(Waiting):
        read_calls(body)
