"""Nothing is written by a replica that may not, however late that turns out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from billing_operator.errors import ClusterError
from billing_operator.kinds import CONFIG_MAP, Key
from billing_operator.kube.client import ApiCluster, open_client
from billing_operator.metrics import Metrics
from support.operator.builders import a_body, an_object
from support.operator.http_server import serving

# As many as there are.
_CONNECTIONS = 16
SHOP = Key("payments", "shop")
CHILD = an_object("ConfigMap", "shop-profile", uid="1")


class Server:
    """Takes requests, and answers reads once it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.may_write = True
        self.busy = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.method)
        if len(self.asked) == _CONNECTIONS:
            self.busy.set()
        await self.answers.wait()
        return web.json_response({"metadata": {}})


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def cluster(server: Server) -> AsyncIterator[ApiCluster]:
    async with (
        serving(server.answer) as address,
        open_client(Configuration(host=address), lambda: server.may_write) as client,
    ):
        yield ApiCluster(client, Metrics(), namespaces=(), timeout=5.0)


WRITES: list[Callable[[ApiCluster], Awaitable[object]]] = [
    lambda cluster: cluster.apply(CHILD),
    lambda cluster: cluster.apply_status(a_body(), {}),
    lambda cluster: cluster.create(CHILD),
    lambda cluster: cluster.replace(CHILD),
    lambda cluster: cluster.delete(CHILD),
    lambda cluster: cluster.annotate_pod(SHOP, {}),
    lambda cluster: cluster.rewrite_field_owners(CHILD, []),
]


@pytest.mark.parametrize("write", WRITES)
async def test_no_write_reaches_the_server_and_each_fails(
    cluster: ApiCluster, server: Server, write: Callable[[ApiCluster], Awaitable[object]]
) -> None:
    server.may_write = False
    with pytest.raises(ClusterError, match="does not hold the lease"):
        await write(cluster)
    assert server.asked == []

    server.may_write = True
    await write(cluster)
    assert len(server.asked) == 1


async def test_it_may_still_look(cluster: ApiCluster, server: Server) -> None:
    server.may_write = False
    await cluster.read(CONFIG_MAP, SHOP)

    assert server.asked == ["GET"]


async def test_a_write_that_waited_for_a_connection_is_held_back_at_the_last_moment(
    cluster: ApiCluster, server: Server
) -> None:
    server.answers.clear()
    reads = [asyncio.create_task(cluster.read(CONFIG_MAP, SHOP)) for _ in range(_CONNECTIONS)]
    await server.busy.wait()
    write = asyncio.create_task(cluster.apply(CHILD))
    await asyncio.sleep(0)
    server.may_write = False
    server.answers.set()
    with pytest.raises(ClusterError, match="does not hold the lease"):
        await write
    await asyncio.gather(*reads)

    assert set(server.asked) == {"GET"}
