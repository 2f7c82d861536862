"""Answers /healthz, /readyz and /metrics from the same event loop that does the work."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from billing_operator.metrics import Metrics

# A loop that is this late has been blocked by something that should not have been on it.
_LATE_SECONDS = 5.0
_TICK = 0.5


class Health:
    """The operator's own HTTP server. That it answers at all shows that the loop turns."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        port: int,
        leads: Callable[[], bool],
        last_resync: Callable[[], float | None],
        resync: float,
    ) -> None:
        self._metrics = metrics
        self._port = port
        self._leads = leads
        self._last_resync = last_resync
        self._resync = resync
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._lag = 0.0

    async def start(self) -> None:
        """Listens, and begins to measure how late the loop is."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, port=self._port).start()
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Stops listening."""
        if self._ticking:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            self._lag = loop.time() - due
            self._metrics.loop_lag.set(self._lag)

    async def _healthz(self, _: web.Request) -> web.Response:
        last = self._last_resync()
        overdue = last is not None and time.monotonic() - last > 3 * self._resync + 60
        if self._lag > _LATE_SECONDS:
            return web.Response(status=500, text=f"the event loop is {self._lag:.1f} s late\n")
        if overdue:
            return web.Response(status=500, text="the last full resync is too long ago\n")
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        if not self._leads():
            return web.Response(text="standby\n")
        if self._last_resync() is None:
            return web.Response(status=503, text="not everything has been listed yet\n")
        return web.Response(text="leader\n")

    async def _show_metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
