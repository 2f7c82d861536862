"""How the services are asked: each at its own address, and none can lead the operator elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from billing_operator.apps.answers import Counts
from billing_operator.apps.http import HttpApps, open_session
from billing_operator.errors import Waiting
from billing_operator.observed.stack import Pod, observe
from support.operator.builders import a_pod, a_stack

INVOICES = json.dumps([{"status": "PAID"}]).encode()


class WrittenDown(HttpApps):
    """Asks nobody, and writes down what it would have asked."""

    async def _get(self, url: str) -> bytes:
        self.asked = url
        return json.dumps({"hash": "a"} if url.endswith("/profile") else []).encode()


class Nowhere(aiohttp.abc.AbstractResolver):
    """Knows no name."""

    async def resolve(self, *_: object, **__: object) -> list[aiohttp.abc.ResolveResult]:
        raise OSError("no such host")

    async def close(self) -> None: ...


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as opened:
        yield opened


class Pods:
    """What a stack's pods answer, and what they were asked with."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.connections: set[object] = set()
        self.answer = web.Response(body=INVOICES)
        self.speaks = asyncio.Event()
        self.address = ""

    async def said(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.connections.add(request.transport)
        if request.path == "/profile":
            return web.Response(status=500, body=b'{"hash": "x"}')
        if request.path == "/metrics":
            await self.speaks.wait()
        return self.answer


@pytest.fixture
async def pods() -> AsyncIterator[Pods]:
    made, app = Pods(), web.Application()
    app.router.add_get("/{path:.*}", made.said)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.speaks.set()
    await runner.cleanup()


class FromHere(HttpApps):
    """Asks one port of this machine in place of a pod's."""

    def __init__(self, session: aiohttp.ClientSession, pods: Pods, *, seconds: float = 3.0) -> None:
        super().__init__(session, seconds=seconds)
        self._pods = pods

    async def _get(self, url: str) -> bytes:
        return await super()._get(self._pods.address + "/" + url.rpartition("/")[2])


def a_ready_pod(ip: str = "10.0.0.1") -> Pod:
    live = a_pod()
    live["status"]["podIP"] = ip
    (pod,) = observe([], [live]).pods
    return pod


async def test_antaeus_is_asked_through_its_service(session: aiohttp.ClientSession) -> None:
    apps = WrittenDown(session)
    await apps.invoices(a_stack())

    assert apps.asked == "http://shop-antaeus.payments.svc:8000/rest/v1/invoices"


@pytest.mark.parametrize(
    ("ip", "host"),
    [
        pytest.param("10.0.0.7", "10.0.0.7", id="IPv4"),
        pytest.param("fd00::7", "[fd00::7]", id="IPv6"),
    ],
)
async def test_a_payment_pod_is_asked_itself(
    session: aiohttp.ClientSession, ip: str, host: str
) -> None:
    apps = WrittenDown(session)
    await apps.profile(a_stack(), a_ready_pod(ip))

    assert apps.asked == f"http://{host}:9001/profile"


async def test_a_name_that_leads_nowhere_is_no_answer() -> None:
    connector = aiohttp.TCPConnector(resolver=Nowhere())
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(Waiting, match="/rest/v1/invoices"):
            await HttpApps(session).invoices(a_stack())


async def test_an_answer_is_read(session: aiohttp.ClientSession, pods: Pods) -> None:
    assert await FromHere(session, pods).invoices(a_stack()) == Counts(1, 0)
    assert [request.path for request in pods.requests] == ["/invoices"]


async def test_an_error_is_no_answer(session: aiohttp.ClientSession, pods: Pods) -> None:
    with pytest.raises(Waiting, match="500"):
        await FromHere(session, pods).profile(a_stack(), a_ready_pod())


async def test_a_pod_that_says_nothing_is_not_waited_for(
    session: aiohttp.ClientSession, pods: Pods
) -> None:
    with pytest.raises(Waiting, match="/metrics"):
        await FromHere(session, pods, seconds=0.2).calls(a_stack(), a_ready_pod())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_pod_can_not_lead_the_operator_to_another_address(
    session: aiohttp.ClientSession, pods: Pods, status: int
) -> None:
    elsewhere = {"Location": f"{pods.address}/elsewhere"}
    pods.answer = web.Response(status=status, body=INVOICES, headers=elsewhere)
    with pytest.raises(Waiting, match=f"answered with status {status}"):
        await FromHere(session, pods).invoices(a_stack())

    assert [request.path for request in pods.requests] == ["/invoices"]


async def test_no_cookie_of_a_pod_is_kept(session: aiohttp.ClientSession, pods: Pods) -> None:
    for _ in range(2):
        pods.answer = web.Response(body=INVOICES)
        pods.answer.set_cookie("who", "the operator")
        await FromHere(session, pods).invoices(a_stack())

    assert [request.headers.get("Cookie") for request in pods.requests] == [None, None]


async def test_no_connection_is_kept_since_it_could_lead_to_a_pod_that_is_to_leave(
    session: aiohttp.ClientSession, pods: Pods
) -> None:
    for _ in range(2):
        pods.answer = web.Response(body=INVOICES)
        await FromHere(session, pods).invoices(a_stack())

    assert len(pods.connections) == 2
