"""The parts of one operator, put together; that they work together is tested on a cluster."""

import asyncio
import base64
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration

from billing_dev.ports import free_port
from billing_operator.errors import ClusterError
from billing_operator.kinds import BILLING_STACK, OPTIONAL, WATCHED
from billing_operator.process.wiring import Operator, new_token
from billing_operator.settings import Settings
from billing_operator.tokens.choice import token_fault
from support.operator.builders import a_body


class EmptyServer:
    """An API server that has nothing, and writes down what it is asked for.

    Attributes:
        answers: cleared, it takes requests and says nothing.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.clients: list[ApiClient] = []
        self._runner = web.AppRunner(self._app())

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def stop(self) -> None:
        self.answers.set()
        await self._runner.cleanup()

    async def connect(self) -> ApiClient:
        host = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.clients.append(ApiClient(Configuration(host=host)))
        return self.clients[-1]

    def operator(self, *namespaces: str) -> Operator:
        """One that speaks to this server."""
        settings = Settings(
            antaeus_image="a",
            payment_image="p",
            operator_image="o",
            operator_namespace="billing-system",
            namespaces=namespaces,
            request_timeout_seconds=0.5,
            http_port=free_port(),
        )
        return Operator(settings, self.connect)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._list)
        return app

    async def _list(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        await self.answers.wait()
        return web.json_response({"items": [], "metadata": {"resourceVersion": "1"}})


@pytest.fixture
async def server() -> AsyncIterator[EmptyServer]:
    made = EmptyServer()
    await made.start()
    yield made
    await made.stop()


def test_a_new_token_is_a_good_one_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(10)}

    assert len(tokens) == 10
    for token in tokens:
        assert len(token) >= 43
        assert token_fault(base64.b64encode(token.encode()).decode()) is None


async def test_what_is_seen_before_the_start_is_for_the_first_list_to_tell(
    server: EmptyServer,
) -> None:
    operator = server.operator()
    operator.on_watch_event(BILLING_STACK, a_body(), deleted=False)
    await operator.resync()
    await operator.stop()


async def test_only_the_namespaces_that_were_set_are_looked_into(server: EmptyServer) -> None:
    operator = server.operator("payments", "payments-test")
    await operator.start()
    await operator.stop()

    assert set(server.asked) == {
        kind.path(namespace)
        for kind in (BILLING_STACK, *WATCHED, *OPTIONAL)
        for namespace in ("payments", "payments-test")
    }


async def test_it_says_on_the_port_that_was_set_that_it_is_ready(server: EmptyServer) -> None:
    operator = server.operator()
    await operator.start()
    url = f"http://127.0.0.1:{operator.settings.http_port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        status = answer.status
    await operator.stop()

    assert status == 200


async def test_what_a_watch_tells_after_the_start_is_taken_in(server: EmptyServer) -> None:
    operator = server.operator()
    await operator.start()
    operator.on_watch_event(BILLING_STACK, a_body(), deleted=False)
    known = operator.metrics.registry.get_sample_value("billing_operator_stacks")
    await operator.stop()

    assert known == 1.0


async def test_a_server_that_says_nothing_is_waited_for_no_longer_than_was_set(
    server: EmptyServer,
) -> None:
    operator = server.operator()
    await operator.start()
    server.answers.clear()
    async with asyncio.timeout(10):
        with pytest.raises(ClusterError):
            await operator.resync()
    await operator.stop()


async def test_no_connection_is_left_open_at_the_end(server: EmptyServer) -> None:
    operator = server.operator()
    await operator.start()
    (client,) = server.clients
    session = client.rest_client.pool_manager
    assert session is not None
    assert not session.closed
    await operator.stop()

    assert session.closed


async def test_on_standby_it_answers_and_asks_the_server_nothing(server: EmptyServer) -> None:
    operator = server.operator()
    leads = partial(operator.metrics.registry.get_sample_value, "billing_operator_leader")
    await operator.stand_by()
    said = await readiness(operator)
    assert (said, server.asked, leads()) == ("standby\n", [], 0.0)
    await operator.start()

    assert (await readiness(operator), leads()) == ("leader\n", 1.0)
    await operator.stop()
    await operator.stop()
    assert leads() == 0.0


async def readiness(operator: Operator) -> str:
    url = f"http://127.0.0.1:{operator.settings.http_port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()
