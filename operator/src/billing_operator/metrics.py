"""What the operator counts; names follow controller-runtime where it has the same."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from billing_operator import __version__
from billing_operator.kinds import Key, Manifest

_PREFIX = "billing_operator_"
_WORK_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120)
_WAIT_SECONDS = (0.001, 0.01, 0.1, 1, 10, 60, 600)


class Metrics:
    """The metrics of one operator, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._told: dict[Key, set[str]] = {}
        self._steps: dict[Key, str] = {}
        ProcessCollector(registry=self.registry)
        self.reconciles = self._counter("reconcile", "Reconciles by how they ended", "result")
        self.reconcile_seconds = self._histogram(
            "reconcile_seconds", "How long one reconcile took", _WORK_SECONDS
        )
        self.queue_seconds = self._histogram(
            "queue_seconds", "How long a stack was due before it was looked at", _WAIT_SECONDS
        )
        self.queue_depth = self._gauge("queue_depth", "Stacks that are worked on or are to be")
        self.api_requests = self._counter(
            "api_requests", "Requests to the API server by verb and status", "method", "code"
        )
        self.changes = self._counter(
            "changes", "Children written, by kind and why", "kind", "action"
        )
        self._about_invoices()
        self._about_tokens()
        self._about_the_operator()

    def _about_invoices(self) -> None:
        self.invoice_reads = self._counter(
            "invoice_reads", "Readings of Antaeus' invoices by result", "result"
        )
        self.last_invoice_read = self._gauge(
            "last_invoice_read_timestamp_seconds",
            "When a stack's invoices were last read",
            "namespace",
            "stack",
        )
        self.invoice_resets = self._counter(
            "invoice_resets",
            "Restarts of Antaeus that forgot payments",
            "namespace",
            "stack",
        )

    def _about_tokens(self) -> None:
        self.token_rotated = self._gauge(
            "token_rotated_timestamp_seconds",
            "When a rotation of a stack's token was last complete",
            "namespace",
            "stack",
        )
        self.token_rotation = self._gauge(
            "token_rotation_step_timestamp_seconds",
            "Since when a rotation that is wanted or under way has been at its step",
            "namespace",
            "stack",
            "step",
        )

    def _about_the_operator(self) -> None:
        self.leader = self._gauge("leader", "Whether this replica works: 1, or 0 on standby")
        self.stacks = self._gauge("stacks", "Stacks known")
        self.conditions = self._gauge(
            "stack_condition",
            "Whether a condition holds for a stack: 1 or 0",
            "namespace",
            "stack",
            "type",
        )
        self.resyncs = self._counter("resyncs", "Full resyncs completed")
        self.last_resync = self._gauge(
            "last_resync_timestamp_seconds", "When the last full resync was completed"
        )
        self.last_event = self._gauge(
            "last_event_timestamp_seconds", "When a watch last told something, by kind", "kind"
        )
        self.loop_lag = self._gauge("loop_lag_seconds", "How late the event loop last was")
        build = Info(f"{_PREFIX}build", "Version of the operator", registry=self.registry)
        build.info({"version": __version__})

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(_PREFIX + name, meaning, buckets=buckets, registry=self.registry)

    def tell(self, stack: Key, status: Manifest) -> None:
        """Takes in how a stack is; a condition that it has no more is no longer told of."""
        self._tell_token(stack, status.get("token") or {})
        holds = {each["type"]: each["status"] == "True" for each in status["conditions"]}
        for kind in self._told.get(stack, set()) - holds.keys():
            self.conditions.remove(*stack, kind)
        for kind, value in holds.items():
            self.conditions.labels(*stack, kind).set(value)
        self._told[stack] = set(holds)
        # There before the first reset, so that one shows as an increase.
        self.invoice_resets.labels(*stack)

    def _tell_token(self, stack: Key, token: Manifest) -> None:
        # A step that is over is no longer told of.
        if rotated := token.get("lastRotationTime"):
            self.token_rotated.labels(*stack).set(_seconds(rotated))
        if step := self._steps.pop(stack, None):
            self.token_rotation.remove(*stack, step)
        if rotation := token.get("rotation"):
            self._steps[stack] = rotation["step"]
            since = _seconds(rotation["lastTransitionTime"])
            self.token_rotation.labels(*stack, rotation["step"]).set(since)

    def forget(self, stack: Key) -> None:
        """Drops the series of a stack that has gone."""
        self._tell_token(stack, {})
        for kind in self._told.pop(stack, set()):
            self.conditions.remove(*stack, kind)
        for series in (self.last_invoice_read, self.invoice_resets, self.token_rotated):
            series.remove(*stack)


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()


class ReconcileWatch:
    """Tells the metrics what the queue of stacks does."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def waited(self, seconds: float) -> None:
        """A stack was taken up this long after it was due."""
        self._metrics.queue_seconds.observe(max(0.0, seconds))

    def finished(self, seconds: float, *, failed: bool) -> None:
        """A reconcile ended."""
        self._metrics.reconcile_seconds.observe(seconds)
        self._metrics.reconciles.labels("failed" if failed else "done").inc()


class InvoiceWatch:
    """Tells the metrics how the reading of invoices goes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def waited(self, seconds: float) -> None:
        """Nobody waits for a reading."""

    def finished(self, seconds: float, *, failed: bool) -> None:  # noqa: ARG002 - the queue's protocol
        """A reading ended."""
        self._metrics.invoice_reads.labels("failed" if failed else "done").inc()
