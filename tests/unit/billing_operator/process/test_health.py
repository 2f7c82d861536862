"""The operator's own HTTP port."""

import socket
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from billing_operator.metrics import Metrics
from billing_operator.process.health import Health


class Scene:
    """A server whose operator was last in step when it is told."""

    def __init__(self) -> None:
        with socket.create_server(("", 0)) as free:
            port = free.getsockname()[1]
        self.last: float | None = None
        self.leads = True
        self.health = Health(
            Metrics(),
            port=port,
            leads=lambda: self.leads,
            last_resync=lambda: self.last,
            resync=10.0,
        )
        self._base = f"http://127.0.0.1:{port}"

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self._base + path) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    await made.health.start()
    yield made
    await made.health.stop()


async def test_it_is_ready_once_everything_has_been_listed(scene: Scene) -> None:
    assert (await scene.get("/readyz"))[0] == 503
    scene.last = time.monotonic()
    assert await scene.get("/readyz") == (200, "leader\n")


async def test_it_is_ready_on_standby_and_says_which_it_is(scene: Scene) -> None:
    scene.leads = False

    assert await scene.get("/readyz") == (200, "standby\n")
    assert await scene.get("/healthz") == (200, "ok\n")


async def test_it_lives_while_it_begins(scene: Scene) -> None:
    assert await scene.get("/healthz") == (200, "ok\n")


@pytest.mark.parametrize(("seconds", "status"), [(80, 200), (100, 500)])
async def test_it_is_ill_when_it_has_long_compared_nothing(
    scene: Scene, seconds: float, status: int
) -> None:
    scene.last = time.monotonic() - seconds

    assert (await scene.get("/healthz"))[0] == status


async def test_it_shows_its_metrics(scene: Scene) -> None:
    status, text = await scene.get("/metrics")

    assert status == 200
    assert "billing_operator_resyncs_total 0.0" in text


async def test_what_never_began_can_be_stopped() -> None:
    await Scene().health.stop()
