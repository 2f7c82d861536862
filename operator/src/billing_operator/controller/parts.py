"""What looks after one stack after the other works with; each is there once for all of them."""

from dataclasses import dataclass

from billing_operator.books.counter import ChargeCounter
from billing_operator.children.writer import ChildWriter
from billing_operator.controller.event_recorder import EventRecorder
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Readings
from billing_operator.kube.api import Cluster
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.profile.rollout import ProfileRollout
from billing_operator.runs.controller import RunKeeper
from billing_operator.runs.metrics import RunMetrics
from billing_operator.tokens.rotation import TokenRotation
from billing_operator.tokens.store import TokenKeeper


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The parts between which there is no order."""

    cluster: Cluster
    inventory: Inventory
    memories: Memories
    writer: ChildWriter
    tokens: TokenKeeper
    profiles: ProfileRollout
    rotation: TokenRotation
    readings: Readings
    counter: ChargeCounter
    invoices: InvoiceReader
    runs: RunKeeper
    events: EventRecorder
    metrics: Metrics
    run_metrics: RunMetrics
