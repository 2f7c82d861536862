"""Asks Antaeus and payment how far they are, while it matters whether somebody charges."""

import asyncio
import logging
from collections.abc import Callable

from billing_operator.apps.answers import Counts
from billing_operator.apps.api import Apps
from billing_operator.errors import Waiting
from billing_operator.invoices.readings import Reading, Readings
from billing_operator.kinds import Manifest
from billing_operator.memory import Memories
from billing_operator.observed.stack import Observed
from billing_operator.runs.activity import Activity, Sample, Stillness
from billing_operator.runs.report import RunReport
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)


class Sampler:
    """Takes samples of stacks, and keeps the readings of their invoices up with them."""

    def __init__(
        self, apps: Apps, readings: Readings, memories: Memories, *, clock: Callable[[], float]
    ) -> None:
        self._apps = apps
        self._readings = readings
        self._stillness = Stillness(memories, clock=clock)

    async def sample(self, stack: Stack, seen: Observed) -> Activity:
        """What both tell now, and for how long they have told the same."""
        return self._stillness.note(stack.uid, await self._ask(stack, seen))

    def take_in(self, stack: Stack, record: Manifest, report: RunReport) -> None:
        """Takes what a run read at its end for a reading: Antaeus may have gone by the next one."""
        last = self._readings.last(stack.uid)
        if report.paid_after is None or report.pending_after is None or last is None:
            return
        if last.life == record.get("life") and report.paid_after > last.counts.paid:
            counts = Counts(report.paid_after, report.pending_after)
            self._readings.note(stack.uid, Reading(counts, last.life))

    async def _ask(self, stack: Stack, seen: Observed) -> Sample:
        life, pods = seen.antaeus_life, seen.payment_answers
        reading, before = None, self._readings.last(stack.uid)
        try:
            if life:
                reading = Reading(await self._apps.invoices(stack), life)
                # Where somebody else has read meanwhile, this one may be older.
                if before is self._readings.last(stack.uid):
                    self._readings.note(stack.uid, reading)
            told = await asyncio.gather(*(self._apps.calls(stack, pod) for pod in pods))
        except Waiting as fault:
            log.debug("no sample", extra={"stack": str(stack.key), "why": fault.message})
            return Sample(reading, None)
        lives = (f"{pod.uid}/{pod.restarts}" for pod in pods)
        return Sample(reading, tuple(zip(lives, told, strict=True)) or None)
