"""Reads the invoices of each Antaeus: how often, and what an answer is worth to whoever asks.

An answer takes a while, and what it means may have changed by then. So it is kept only where the
same Antaeus still answers and nobody has read anything newer.
"""

from dataclasses import dataclass, replace

from billing_operator.apps.answers import Counts
from billing_operator.apps.api import Apps
from billing_operator.books.counter import ChargeCounter
from billing_operator.books.ledger import Ledger, Processes, Snapshot, accepted_between, advanced
from billing_operator.errors import Waiting
from billing_operator.invoices.readings import DOUBT_SECONDS, LOOK_SECONDS, Reading, Readings
from billing_operator.kinds import Key
from billing_operator.kube.cache import Inventory
from billing_operator.metrics import Metrics
from billing_operator.names import ANTAEUS
from billing_operator.observed.stack import AntaeusInstance, Observed, observe
from billing_operator.spec.stack import Stack


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one reading.

    Attributes:
        reading: None where no Antaeus answers now, or nobody knows which one did.
        news: whether it was kept and says something new.
        doubtful: for so many seconds another Antaeus may have answered, of which no watch has told.
    """

    reading: Reading | None = None
    news: bool = False
    doubtful: float = 0.0


class InvoiceReader:
    """Asks each Antaeus, and keeps the last readings up with its answers."""

    def __init__(
        self,
        apps: Apps,
        counter: ChargeCounter,
        inventory: Inventory,
        readings: Readings,
        metrics: Metrics,
    ) -> None:
        self._apps = apps
        self._counter = counter
        self._inventory = inventory
        self._readings = readings
        self._metrics = metrics

    async def read(self, stack: Stack) -> Answer:
        """Asks the Antaeus of a stack, if one answers now.

        Raises:
            Waiting: it gave no good answer.
        """
        seen, before = self._seen(stack.key), self._readings.last(stack.uid)
        instance = seen.antaeus_instance
        if instance is None:
            self._readings.note_fault(stack.uid, "")
            return Answer()
        # Before the invoices, so that none is paid of whose charge payment did not tell.
        charges = await self._charges(stack, seen)
        counts = await self._counts(stack)
        if self._inventory.stack(stack.key) is None:
            return Answer()
        self._metrics.last_invoice_read.labels(*stack.key).set_to_current_time()
        # Where another instance has started meanwhile, nobody knows whose answer it is.
        if instance != self._seen(stack.key).antaeus_instance:
            return Answer()
        if isinstance(charges, Waiting):
            if _may_have_forgotten(stack, counts, instance):
                raise charges
            reading = Reading(counts, instance)
        else:
            reading = Reading(counts, instance, Snapshot(charges, counts.paid))
        doubt = _doubt_seconds(stack, reading, seen)
        if doubt and self._readings.doubt(stack.uid, doubt):
            return Answer(doubtful=doubt)
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
            # The ids that are known stay known; more are paid than these.
            counts = replace(counts, paid_ids=last.counts.paid_ids)
            self._readings.note(stack.uid, replace(last, counts=counts))

    async def _counts(self, stack: Stack) -> Counts:
        try:
            return await self._apps.invoices(stack)
        except Waiting as fault:
            self._readings.note_fault(stack.uid, fault.message)
            raise

    async def _charges(self, stack: Stack, seen: Observed) -> Processes | Waiting:
        try:
            charges = await self._counter.ask(stack, seen)
        except Waiting as fault:
            self._readings.note_fault(stack.uid, fault.message)
            return fault
        self._readings.note_fault(stack.uid, "")
        return charges

    def _seen(self, place: Key) -> Observed:
        return observe((), self._inventory.pods(place))


def _doubt_seconds(stack: Stack, reading: Reading, seen: Observed) -> float:
    """For how long the answer may be of another Antaeus than the one that is in sight."""
    known, before = stack.status.get("invoices") or {}, Ledger.of_stack(stack)
    same = AntaeusInstance.of(known) == reading.instance
    paid = known.get("paid", 0)
    # The Service leads to one that ends where no other is ready, and for a moment after that.
    if any(pod.leaving and pod.running for pod in seen.all_of(ANTAEUS)):
        return DOUBT_SECONDS if not same or reading.counts.paid != paid else 0.0
    # No payment is ever taken back.
    if same and reading.counts.paid < paid:
        return DOUBT_SECONDS
    # Payment accepted charges, and this Antaeus has none of them as paid: so it looks where a new
    # one answers under the name of the one before, which charged.
    if before is None or not same or reading.counts.paid > paid:
        return 0.0
    accepted = accepted_between(before, advanced(before, reading.accepted))
    return 0.0 if accepted == {} else LOOK_SECONDS


def _may_have_forgotten(stack: Stack, counts: Counts, instance: AntaeusInstance) -> bool:
    """Whether payments may be forgotten; how many were made last, only payment knows then."""
    known = stack.status.get("invoices") or {}
    another = AntaeusInstance.of(known) not in (None, instance)
    return another or counts.paid < known.get("paid", 0)
