"""Asks Antaeus and payment how far they are, while it matters whether somebody charges."""

import asyncio
import logging
from collections.abc import Callable

from billing_operator.apps.answers import Counts
from billing_operator.apps.api import Apps
from billing_operator.errors import Waiting
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.kinds import Manifest
from billing_operator.memory import Memories
from billing_operator.observed.stack import AntaeusInstance, Observed, Pod
from billing_operator.runs.activity import Activity, ActivityTracker, Sample
from billing_operator.runs.report import RunReport
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)


class Sampler:
    """Takes samples of stacks, and keeps the readings of their invoices up with them."""

    def __init__(
        self, apps: Apps, reader: InvoiceReader, memories: Memories, *, clock: Callable[[], float]
    ) -> None:
        self._apps = apps
        self._reader = reader
        self._tracker = ActivityTracker(memories, clock=clock)

    async def sample(self, stack: Stack, seen: Observed) -> Activity:
        """What both tell now, and for how long they have told the same."""
        return self._tracker.note(stack.uid, await self._ask(stack, seen.payment_answers))

    def record_final_counts(self, stack: Stack, record: Manifest, report: RunReport) -> None:
        """Takes what a run read at its end for a reading."""
        if report.paid_after is not None and report.pending_after is not None:
            counts = Counts(report.paid_after, report.pending_after)
            self._reader.record_final_counts(stack, AntaeusInstance.of(record), counts)

    async def _ask(self, stack: Stack, pods: tuple[Pod, ...]) -> Sample:
        reading = None
        try:
            reading = (await self._reader.read(stack)).reading
            calls = await asyncio.gather(*(self._apps.calls(stack, pod) for pod in pods))
        except Waiting as fault:
            log.debug("no sample", extra={"stack": str(stack.key), "why": fault.message})
            return Sample(reading, None)
        starts = (f"{pod.uid}/{pod.restarts}" for pod in pods)
        return Sample(reading, tuple(zip(starts, calls, strict=True)) or None)
