"""Reads the invoices of each Antaeus: how often, and what an answer is worth to whoever asks.

An answer takes a while, and what it means may have changed by then. So it is kept only where the
same Antaeus still answers and nobody has read anything newer.
"""

import random
from dataclasses import dataclass

from billing_operator.apps.answers import Counts
from billing_operator.apps.api import Apps
from billing_operator.invoices.readings import Reading, Readings
from billing_operator.kinds import Key
from billing_operator.kube.cache import Inventory
from billing_operator.metrics import Metrics
from billing_operator.observed.stack import AntaeusInstance, observe
from billing_operator.spec.stack import Stack


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one reading.

    Attributes:
        reading: None where no Antaeus answers now, or nobody knows which one did.
        news: whether it was kept and says something new.
    """

    reading: Reading | None = None
    news: bool = False


class InvoiceReader:
    """Asks each Antaeus, and keeps the last readings up with its answers.

    Attributes:
        every_seconds: between two readings of a stack, on average.
    """

    def __init__(
        self,
        apps: Apps,
        inventory: Inventory,
        readings: Readings,
        metrics: Metrics,
        *,
        every_seconds: float,
    ) -> None:
        self.every_seconds = every_seconds
        self._apps = apps
        self._inventory = inventory
        self._readings = readings
        self._metrics = metrics

    def seconds_to_next(self) -> float:
        """When to read the same stack again: not all stacks at the same moment."""
        return self.every_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - jitter

    async def read(self, stack: Stack) -> Answer:
        """Asks the Antaeus of a stack, if one answers now.

        Raises:
            Waiting: it gave no good answer.
        """
        instance, before = self._instance(stack.key), self._readings.last(stack.uid)
        if instance is None:
            return Answer()
        counts = await self._apps.invoices(stack)
        if self._inventory.stack(stack.key) is None:
            return Answer()
        self._metrics.last_invoice_read.labels(*stack.key).set_to_current_time()
        # Where another instance has started meanwhile, nobody knows whose answer it is.
        if instance != self._instance(stack.key):
            return Answer()
        reading = Reading(counts, instance)
        # Where somebody else has read meanwhile, this one may be older: fewer paid than are known
        # would look like a restart.
        if before is not self._readings.last(stack.uid):
            return Answer(reading)
        return Answer(reading, self._readings.note(stack.uid, reading))

    def record_final_counts(
        self, stack: Stack, instance: AntaeusInstance | None, counts: Counts
    ) -> None:
        """Takes what a run read at its end for a reading: Antaeus may have gone by the next one.

        Args:
            instance: the Antaeus that the run had pay.
        """
        last = self._readings.last(stack.uid)
        if last and last.instance == instance and counts.paid > last.counts.paid:
            self._readings.note(stack.uid, Reading(counts, last.instance))

    def _instance(self, place: Key) -> AntaeusInstance | None:
        return observe((), self._inventory.pods(place)).antaeus_instance
