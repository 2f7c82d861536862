"""What the operator counts; names follow controller-runtime where it has the same."""

import contextlib

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from billing_operator import __version__
from billing_operator.kinds import Key


class Metrics:
    """The metrics of one operator, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.reconciles = Counter(
            "billing_operator_reconcile",
            "Reconciles by how they ended",
            ["result"],
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            "billing_operator_reconcile_seconds",
            "How long one reconcile took",
            registry=self.registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120),
        )
        self.queue_seconds = Histogram(
            "billing_operator_queue_seconds",
            "How long a stack was due before it was looked at",
            registry=self.registry,
            buckets=(0.001, 0.01, 0.1, 1, 10, 60, 600),
        )
        self.queue_depth = Gauge(
            "billing_operator_queue_depth", "Stacks that are due", registry=self.registry
        )
        self.api_requests = Counter(
            "billing_operator_api_requests",
            "Requests to the API server by verb and status",
            ["method", "code"],
            registry=self.registry,
        )
        self.changes = Counter(
            "billing_operator_changes",
            "Children written, by kind and why",
            ["kind", "action"],
            registry=self.registry,
        )
        self.invoice_reads = Counter(
            "billing_operator_invoice_reads",
            "Readings of Antaeus' invoices by result",
            ["result"],
            registry=self.registry,
        )
        self.last_invoice_read = Gauge(
            "billing_operator_last_invoice_read_timestamp_seconds",
            "When a stack's invoices were last read",
            ["namespace", "stack"],
            registry=self.registry,
        )
        self.stacks = Gauge("billing_operator_stacks", "Stacks known", registry=self.registry)
        self.resyncs = Counter(
            "billing_operator_resyncs", "Full resyncs completed", registry=self.registry
        )
        self.last_resync = Gauge(
            "billing_operator_last_resync_timestamp_seconds",
            "When the last full resync was completed",
            registry=self.registry,
        )
        self.loop_lag = Gauge(
            "billing_operator_loop_lag_seconds",
            "How late the event loop last was",
            registry=self.registry,
        )
        Info("billing_operator_build", "Version of the operator", registry=self.registry).info(
            {"version": __version__}
        )

    def forget(self, stack: Key) -> None:
        """Drops the series of a stack that has gone."""
        with contextlib.suppress(KeyError):
            self.last_invoice_read.remove(*stack)


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
