"""Runs the operator inside the tests' own process, as kopf runs it, with no rights but its own."""

import asyncio
import gc
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import kopf
from kopf.testing import KopfRunner
from kubernetes.aio.client import ApiClient, Configuration

from billing_dev.clients.api_server import Access
from billing_dev.eventually import eventually
from billing_operator.kinds import Kind, Manifest
from billing_operator.kube.client import open_client
from billing_operator.process.handlers import kopf_settings, register
from billing_operator.process.wiring import Operator
from billing_operator.settings import Settings
from billing_operator.status.judge import Judge, judge
from support.cluster.limits import NOTICED
from support.cluster.proxy_apps import ProxyApps

_STOP_SECONDS = 20.0


class InProcess:
    """An operator that runs in another thread, in an event loop of its own."""

    def __init__(
        self, access: Access, token: str, settings: Settings, judge: Judge, server: str
    ) -> None:
        self.settings = settings
        self._access = access
        self._server = server
        self._token = token
        self._apps = ProxyApps(access)
        self._operator = Operator(settings, self._connect, self._apps, judge)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Called by kopf, in its loop."""
        self._loop = asyncio.get_running_loop()
        await self._apps.open()
        await self._operator.start()

    async def stop(self) -> None:
        """Called by kopf, in its loop."""
        await self._operator.stop()
        await self._apps.close()

    def on_watch_event(self, kind: Kind, live: Manifest, *, deleted: bool) -> None:
        """Called by kopf for each event."""
        self._operator.on_watch_event(kind, live, deleted=deleted)

    def registry(self) -> kopf.OperatorRegistry:
        """All that kopf has to know."""
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        register(registry, self)
        return registry

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            with urlopen(f"http://127.0.0.1:{self.settings.http_port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            return False

    def count(self, metric: str, **labels: str) -> float:
        """A metric's value now, 0 where there is none yet."""
        return self._operator.metrics.registry.get_sample_value(metric, labels) or 0.0

    def last_told(self, kind: str) -> float:
        """When a watch last told something of a kind, in seconds since 1970."""
        return self.count("billing_operator_last_event_timestamp_seconds", kind=kind)

    def resync(self) -> None:
        """Has everything compared at once, and waits until every stack has been looked at."""
        if self._loop is None:
            raise RuntimeError("not started")
        done: Future[None] = asyncio.run_coroutine_threadsafe(self._operator.resync(), self._loop)
        done.result(timeout=NOTICED)
        self.until_idle()

    def until_idle(self) -> None:
        """Waits until no stack is worked on: a status is seen before its Event is posted."""
        depth = "billing_operator_queue_depth"
        eventually(lambda: self.count(depth) == 0, within=NOTICED, every=0.02)

    def passes(self) -> float:
        """How many reconciles have ended."""
        results = ("done", "failed")
        return sum(self.count("billing_operator_reconcile_total", result=of) for of in results)

    async def _connect(self) -> ApiClient:
        configuration = Configuration(
            host=self._server,
            ssl_ca_cert=str(self._access.ca),
            api_key={"BearerToken": f"Bearer {self._token}"},
        )
        return open_client(configuration)

    def _login(self, **_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=self._server, ca_path=self._access.ca, token=self._token)


@contextmanager
def running(
    access: Access,
    token: str,
    settings: Settings,
    *,
    judge: Judge = judge,
    server: str | None = None,
) -> Iterator[InProcess]:
    """Runs an operator until the block ends; it must end without any error.

    Args:
        server: what stands between it and the API server, if anything does.
    """
    operator = InProcess(access, token, settings, judge, server or access.server)
    scope = [word for namespace in settings.namespaces for word in ("-n", namespace)]
    runner = KopfRunner(
        ["run", "--standalone", *scope],
        registry=operator.registry(),
        settings=kopf_settings(settings),
        timeout=_STOP_SECONDS,
    )
    try:
        with runner:
            eventually(lambda: operator.is_ready() or runner.future.done(), within=NOTICED)
            yield operator
    finally:
        sweep_up()
    assert runner.exit_code == 0, runner.output


def sweep_up() -> None:
    """Collects what a loop leaves that ended before its last connections were quite closed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed (transport|<socket)", ResourceWarning)
        gc.collect()
