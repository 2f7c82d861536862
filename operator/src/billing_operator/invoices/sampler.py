"""Asks Antaeus and payment how far they are, while it matters whether somebody charges."""

import asyncio
import logging
from collections.abc import Callable

from billing_operator.apps.answers import Calls, Counts
from billing_operator.apps.api import Apps
from billing_operator.errors import Waiting
from billing_operator.invoices.activity import Activity, ActivityTracker, Sample
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Reading
from billing_operator.kinds import Manifest
from billing_operator.memory import Memories
from billing_operator.names import PAYMENT
from billing_operator.observed.stack import AntaeusInstance, Observed
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
        reading, calls = await asyncio.gather(self._read(stack, seen), self._count(stack, seen))
        return self._tracker.note(stack.uid, Sample(reading, calls))

    def record_final_counts(self, stack: Stack, record: Manifest, counts: Counts | None) -> None:
        """Takes what a run read at its end, if it did, for a reading."""
        if counts:
            self._reader.record_final_counts(stack, AntaeusInstance.of(record), counts)

    async def _read(self, stack: Stack, seen: Observed) -> Reading | None:
        try:
            reading = (await self._reader.read(stack)).reading
        except Waiting as fault:
            _log_silence(stack, fault)
            return None
        # Of an Antaeus that somebody else has not seen yet, or not any more, it tells nothing.
        return reading if reading and reading.instance == seen.antaeus_instance else None

    async def _count(self, stack: Stack, seen: Observed) -> tuple[tuple[str, Calls], ...] | None:
        pods = seen.payment_answers
        if not pods and any(pod.mounted for pod in seen.all_of(PAYMENT)):
            return None
        try:
            calls = await asyncio.gather(*(self._apps.calls(stack, pod) for pod in pods))
        except Waiting as fault:
            _log_silence(stack, fault)
            return None
        starts = (f"{pod.uid}/{pod.restarts}" for pod in pods)
        return tuple(zip(starts, calls, strict=True))


def _log_silence(stack: Stack, fault: Waiting) -> None:
    log.debug("no sample", extra={"stack": str(stack.key), "why": fault.message})
