"""Keeps all stacks in sight: takes in what the watches tell, and compares everything in between."""

import asyncio
import itertools
import logging
import random
import time
from collections.abc import Awaitable, Callable

from billing_operator.controller.parts import Dependencies
from billing_operator.controller.queue import Backoff, Failed, KeyedQueue, Next
from billing_operator.errors import ClusterError, Fault, NotFound, Waiting
from billing_operator.kinds import BILLING_STACK, OPTIONAL, POD, WATCHED, Key, Kind, Manifest, key
from billing_operator.kube.cache import stack_of
from billing_operator.kube.live import look_at_pods
from billing_operator.metrics import InvoiceWatch, Metrics, ReconcileWatch
from billing_operator.names import BILLING, PAYMENT
from billing_operator.observed.stack import observe
from billing_operator.settings import Settings
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)

_RECONCILE_SECONDS = 120.0
# A hundred changes in five seconds are some twenty pieces of work, and one change is not delayed.
_MIN_INTERVAL_SECONDS = 0.3
_READING_SECONDS = 10.0
_READERS = 16


class Controller:
    """Started once the event loop runs, stopped before it ends."""

    def __init__(
        self,
        dependencies: Dependencies,
        settings: Settings,
        metrics: Metrics,
        *,
        reconcile: Callable[[Key], Awaitable[Next]],
    ) -> None:
        self._dependencies = dependencies
        self._settings = settings
        self._metrics = metrics
        self._stacks: KeyedQueue[Key] = KeyedQueue(
            reconcile,
            settings.workers,
            _RECONCILE_SECONDS,
            ReconcileWatch(self._metrics),
            min_interval=_MIN_INTERVAL_SECONDS,
        )
        self._metrics.queue_depth.set_function(lambda: len(self._stacks))
        self._metrics.stacks.set_function(lambda: len(list(dependencies.inventory.stacks())))
        self._invoices: KeyedQueue[Key] = KeyedQueue(
            self._read_invoices,
            _READERS,
            _READING_SECONDS,
            InvoiceWatch(self._metrics),
            Backoff(first=settings.invoices_seconds, most=60.0),
        )
        self._resyncing: asyncio.Task[None] | None = None
        self.last_resync: float | None = None

    async def start(self) -> None:
        """Lists everything, so that no decision rests on a part of it; then begins to work."""
        backoff = Backoff(first=1.0, most=30.0)
        for failures in itertools.count(1):
            try:
                await self.resync()
                break
            except Fault as fault:
                log.error("can't list", extra={"why": fault.message})
                await asyncio.sleep(backoff.seconds(failures))
        self._resyncing = asyncio.create_task(self._resync_for_ever())

    async def stop(self) -> None:
        """Ends what is under way; the next start takes it up where it stood."""
        if self._resyncing:
            self._resyncing.cancel()
            await asyncio.gather(self._resyncing, return_exceptions=True)
        await self._invoices.close()
        await self._stacks.close()

    def on_watch_event(self, kind: Kind, live: Manifest, *, deleted: bool) -> None:
        """Takes in what a watch told."""
        self._metrics.last_event.labels(kind.name).set_to_current_time()
        stack = stack_of(kind, live)
        if stack and kind == POD:
            self._note_end(stack, live)
        if deleted:
            self._dependencies.inventory.drop(kind, live)
            if kind == BILLING_STACK:
                self._forget(key(live), live["metadata"]["uid"])
                return
        elif not self._dependencies.inventory.put(kind, live):
            return
        if stack:
            self._look_at(stack)

    def _note_end(self, stack: Key, live: Manifest) -> None:
        """Keeps what a container left at its end, since its pod may be gone by the next pass."""
        pods = observe((), [live])
        body = self._dependencies.inventory.stack(stack)
        if body is None or not any(pod.termination_messages for pod in (*pods.pods, *pods.unowned)):
            return
        uid = body["metadata"]["uid"]
        self._dependencies.counter.note_pods(uid, pods.all_of(PAYMENT))
        if pods.all_of(BILLING):
            self._dependencies.runs.note_report(uid, live)

    async def resync(self) -> None:
        """Compares everything again, whatever the watches told or failed to tell."""
        cluster, inventory = self._dependencies.cluster, self._dependencies.inventory
        before = inventory.uids()
        # Children first: a stack without its children in sight would look as if it had none.
        for kind in WATCHED:
            await inventory.renew(kind, cluster.pages(kind))
        for kind in OPTIONAL:
            await self._look_for(kind)
        await inventory.renew(BILLING_STACK, cluster.pages(BILLING_STACK))
        self._dependencies.tokens.ask_again()
        self._dependencies.profiles.ask_again()
        self._dependencies.writer.ask_again()
        now = inventory.uids()
        for place, uid in before.items():
            if place not in now:
                self._forget(place, uid)
        self._dependencies.memories.keep_only(set(now.values()))
        for place in now:
            self._look_at(place)
        self.last_resync = time.monotonic()
        self._metrics.resyncs.inc()
        self._metrics.last_resync.set_to_current_time()

    async def _look_for(self, kind: Kind) -> None:
        try:
            await self._dependencies.inventory.renew(kind, self._dependencies.cluster.pages(kind))
        except NotFound:
            self._dependencies.inventory.note_absence(kind)
        except ClusterError as error:
            # Forbidden, or its API is not up. It must not keep us from all else: only a stack that
            # wants one is worse for it, and says so by its condition.
            log.info("not listed", extra={"why": error.message})

    async def _resync_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.resync_seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                async with asyncio.timeout(max(60.0, self._settings.resync_seconds)):
                    await self.resync()
            except (Fault, TimeoutError) as error:
                log.warning("no resync", extra={"why": str(error)})

    def _look_at(self, stack: Key) -> None:
        self._stacks.put(stack)
        self._invoices.ensure(stack)

    def _forget(self, place: Key, uid: str) -> None:
        """Drops all that is known of a stack that has gone, the one place where that is done."""
        self._dependencies.memories.drop(uid)
        # Another stack of this name may have come.
        if self._dependencies.inventory.stack(place) is None:
            self._stacks.forget(place)
            self._invoices.forget(place)
            self._metrics.forget(place)
            self._dependencies.run_metrics.forget(place)

    async def _read_invoices(self, place: Key) -> Next:
        body = self._dependencies.inventory.stack(place)
        if body is None:
            return None
        uid, readings = body["metadata"]["uid"], self._dependencies.readings
        before = readings.fault(uid)
        try:
            answer = await self._dependencies.invoices.read(Stack.from_body(body))
        except Waiting as fault:
            log.debug("no invoices", extra={"stack": str(place), "why": fault.message})
            if readings.fault(uid) != before:
                self._stacks.put(place)
            return Failed.BACK_OFF
        if self._dependencies.inventory.stack(place) is None:
            return None
        if answer.doubtful:
            await self._look_at_pods(place)
            return answer.doubtful
        if answer.news:
            self._stacks.put(place)
        # Not all stacks at the same moment.
        return self._settings.invoices_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - jitter

    async def _look_at_pods(self, place: Key) -> None:
        """Finds out whether another Antaeus answers by now."""
        inventory = self._dependencies.inventory
        before = inventory.revision(place)
        try:
            await look_at_pods(self._dependencies.cluster, inventory, place)
        except Fault as fault:
            log.debug("no pods", extra={"stack": str(place), "why": fault.message})
        if inventory.revision(place) != before:
            # The watch's own word of it is old news by then, and leads to nothing.
            self._stacks.put(place)
