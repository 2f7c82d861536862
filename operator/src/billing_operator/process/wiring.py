"""Puts the parts of one operator together; the same whether it runs in a pod or in a test."""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from kubernetes.aio.client import ApiClient

from billing_operator.apps.api import Apps
from billing_operator.apps.http import HttpApps, open_session
from billing_operator.books.counter import ChargeCounter
from billing_operator.children.writer import ChildWriter
from billing_operator.controller.controller import Controller
from billing_operator.controller.event_recorder import EventRecorder
from billing_operator.controller.parts import Dependencies
from billing_operator.controller.reconcile import Reconciler, utc_now
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Readings
from billing_operator.invoices.sampler import Sampler
from billing_operator.kinds import Kind, Manifest
from billing_operator.kube.cache import Inventory
from billing_operator.kube.client import ApiCluster
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.process.health import Health
from billing_operator.profile.rollout import ProfileRollout
from billing_operator.runs.controller import RunKeeper
from billing_operator.runs.metrics import RunMetrics
from billing_operator.settings import Settings
from billing_operator.status.judge import Judge, judge
from billing_operator.tokens.rotation import TokenRotation
from billing_operator.tokens.store import TokenKeeper


def new_token() -> str:
    """A token that nobody guesses: 256 bits from the system's source."""
    return secrets.token_urlsafe(32)


@dataclass
class Operator:
    """One operator, from its settings to its last request.

    Attributes:
        connect: opens the client of the API server, once the event loop runs.
        apps: speaks to the stacks' services; None for plain HTTP to their pods.
        judge: makes the statuses.
    """

    settings: Settings
    connect: Callable[[], Awaitable[ApiClient]]
    apps: Apps | None = None
    judge: Judge = judge
    metrics: Metrics = field(default_factory=Metrics)
    # Once, since a start that failed is tried again, and a registry takes each name once.
    _run_metrics: RunMetrics = field(init=False)
    _client: ApiClient | None = None
    _session: aiohttp.ClientSession | None = None
    _controller: Controller | None = None
    _health: Health | None = None

    def __post_init__(self) -> None:
        self._run_metrics = RunMetrics(self.metrics.registry)

    async def stand_by(self) -> None:
        """Tells of itself by HTTP, and does nothing else."""
        if self._health:
            return
        self._health = Health(
            self.metrics,
            port=self.settings.http_port,
            leads=lambda: self._controller is not None,
            last_resync=lambda: self._controller.last_resync if self._controller else None,
            resync=self.settings.resync_seconds,
        )
        await self._health.start()

    async def start(self) -> None:
        """Opens all connections, reads what there is and begins to work."""
        self._client = await self.connect()
        self._session = open_session()
        self._controller = self._make_controller(self._client, self._session)
        self.metrics.leader.set(1)
        await self.stand_by()
        await self._controller.start()

    async def stop(self) -> None:
        """Ends in the opposite order; to be asked for it again does no harm."""
        controller, self._controller = self._controller, None
        if controller:
            await controller.stop()
        self.metrics.leader.set(0)
        health, self._health = self._health, None
        if health:
            await health.stop()
        session, self._session = self._session, None
        if session:
            await session.close()
        client, self._client = self._client, None
        if client:
            await client.close()

    async def resync(self) -> None:
        """Compares everything now, besides the times at which it does so anyhow."""
        if self._controller:
            await self._controller.resync()

    def on_watch_event(self, kind: Kind, live: Manifest, *, deleted: bool) -> None:
        """Passes on what a watch told."""
        if self._controller:
            self._controller.on_watch_event(kind, live, deleted=deleted)

    def _make_controller(self, client: ApiClient, session: aiohttp.ClientSession) -> Controller:
        settings, apps = self.settings, self.apps or HttpApps(session)
        cluster = ApiCluster(
            client,
            self.metrics,
            namespaces=settings.namespaces,
            timeout=settings.request_timeout_seconds,
        )
        inventory, memories = Inventory(), Memories()
        clock = time.monotonic
        tokens = TokenKeeper(cluster, memories, new_token=new_token, clock=clock, now=utc_now)
        profiles = ProfileRollout(cluster, apps, memories, clock=time.monotonic)
        readings = Readings(memories, clock=time.monotonic)
        counter = ChargeCounter(apps, memories)
        reader = InvoiceReader(apps, counter, inventory, readings, self.metrics)
        sampler = Sampler(apps, reader, memories, clock=time.monotonic)
        # Two readings, with a tenth of jitter.
        alike = 2.2 * settings.invoices_seconds
        dependencies = Dependencies(
            cluster=cluster,
            inventory=inventory,
            memories=memories,
            writer=ChildWriter(cluster, inventory, self.metrics, memories, clock=time.monotonic),
            tokens=tokens,
            profiles=profiles,
            rotation=TokenRotation(
                cluster, apps, tokens, profiles, sampler, memories, time.monotonic, utc_now, alike
            ),
            readings=readings,
            counter=counter,
            invoices=reader,
            runs=RunKeeper(
                cluster, inventory, sampler, memories, quiet_seconds=settings.quiet_seconds
            ),
            events=EventRecorder(cluster, self.metrics, now=utc_now),
            metrics=self.metrics,
            run_metrics=self._run_metrics,
        )
        reconcile = Reconciler(dependencies, settings.installation, judge=self.judge)
        return Controller(dependencies, settings, self.metrics, reconcile=reconcile)
