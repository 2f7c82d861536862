"""One replica of the operator: its real controller, with requests and watches of its own."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime
from typing import cast

from billing_operator.apps.api import Apps
from billing_operator.books.counter import ChargeCounter
from billing_operator.children.writer import ChildWriter
from billing_operator.controller.controller import Controller
from billing_operator.controller.event_recorder import EventRecorder
from billing_operator.controller.parts import Dependencies
from billing_operator.controller.reconcile import Reconciler
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Readings
from billing_operator.invoices.sampler import Sampler
from billing_operator.kube.api import Cluster
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.profile.rollout import ProfileRollout
from billing_operator.runs.controller import RunKeeper
from billing_operator.runs.metrics import RunMetrics
from billing_operator.settings import Settings
from billing_operator.tokens.rotation import TokenRotation
from billing_operator.tokens.store import TokenKeeper
from unit.billing_operator.model.antaeus import moment, now
from unit.billing_operator.model.server import Client, Server, Watches

QUIET_SECONDS = 60.0
SETTINGS = Settings(
    antaeus_image="example.test/antaeus:1",
    payment_image="example.test/payment:1",
    operator_image="example.test/operator:1",
    operator_namespace="billing-system",
    quiet_seconds=QUIET_SECONDS,
)
_tokens = itertools.count(1)


class OperatorProcess:
    """From its start to its end, which comes to it at any moment.

    Attributes:
        crashed: called where a request is its last.
    """

    def __init__(self, server: Server, apps: Apps, crashed: Callable[[], object]) -> None:
        self._server = server
        self.client = Client(server, crashed)
        self.inventory = Inventory()
        self.controller = self._controller(cast("Cluster", self.client), apps)
        self.watches = Watches(self.controller.on_watch_event)
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to watch and to work."""
        self._server.listeners.append(self.watches.on_change)
        self._starting = asyncio.get_running_loop().create_task(self.controller.start())

    async def end(self) -> None:
        """Ends it; what it has sent is on its way."""
        self.client.gone, self.watches.open = True, False
        if self.watches.on_change in self._server.listeners:
            self._server.listeners.remove(self.watches.on_change)
        if self._starting:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.controller.stop()

    def _controller(self, cluster: Cluster, apps: Apps) -> Controller:
        inventory, memories, metrics = self.inventory, Memories(), Metrics()
        tokens = TokenKeeper(
            cluster,
            memories,
            new_token=lambda: f"number-{next(_tokens):05}-hush",
            clock=now,
            now=_utc_now,
        )
        profiles = ProfileRollout(cluster, apps, memories, clock=now)
        readings = Readings(memories, clock=now)
        counter = ChargeCounter(apps, memories)
        reader = InvoiceReader(apps, counter, inventory, readings, metrics)
        sampler = Sampler(apps, reader, memories, clock=now)
        rotation = TokenRotation(
            *(cluster, apps, tokens, profiles, sampler, memories, now, _utc_now),
            quiet_seconds=2.2 * SETTINGS.invoices_seconds,
        )
        dependencies = Dependencies(
            cluster=cluster,
            inventory=inventory,
            memories=memories,
            writer=ChildWriter(cluster, inventory, metrics, memories, clock=now),
            tokens=tokens,
            profiles=profiles,
            rotation=rotation,
            readings=readings,
            counter=counter,
            invoices=reader,
            runs=RunKeeper(cluster, inventory, sampler, memories, quiet_seconds=QUIET_SECONDS),
            events=EventRecorder(cluster, metrics, now=_utc_now),
            metrics=metrics,
            run_metrics=RunMetrics(metrics.registry),
        )
        reconcile = Reconciler(dependencies, SETTINGS.installation, now=_utc_now)
        return Controller(dependencies, SETTINGS, metrics, reconcile=reconcile)


def _utc_now() -> datetime:
    return moment(now())
