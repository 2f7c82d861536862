"""The metrics, declared once, in a registry of their own."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from payment_service import __version__
from payment_service.charging.records import ChargeRecord
from payment_service.files.mounted import Mounted
from payment_service.log import Lines

REFUSAL_REASONS = ("token", "content_type", "size", "body", "attempt")
_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)


class Metrics:
    """Counts charge calls, as one of their recorders."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("payment_build", "The running version.", registry=registry).info(
            {"version": __version__}
        )
        outcomes = Counter(
            "payment_charges", "Charges that were decided.", ["outcome"], registry=registry
        )
        refusals = Counter(
            "payment_charge_refusals",
            "Charge calls that were refused before a decision.",
            ["reason"],
            registry=registry,
        )
        # Children made once, so that a charge finds its counter without a lock and a lookup, and
        # every series is there from the start with a 0.
        self._decided = {outcome: outcomes.labels(outcome) for outcome in ("accepted", "declined")}
        self._refused = {reason: refusals.labels(reason) for reason in REFUSAL_REASONS}
        self._seconds = Histogram(
            "payment_charge_seconds",
            "Time to read and decide a charge, without waiting for a thread.",
            buckets=_BUCKETS,
            registry=registry,
        )

    def __call__(self, record: ChargeRecord) -> None:
        """Counts a charge call."""
        if record.reason is not None:
            self._refused[record.reason].inc()
            return
        self._decided[record.outcome].inc()
        self._seconds.observe(record.seconds)


class State(Collector):
    """Shows what is in effect at the moment it is asked; register it with the registry."""

    def __init__(
        self,
        mounted: Mounted,
        draining: Callable[[], bool],
        held: Callable[[], int],
        lines: Lines,
    ) -> None:
        self._mounted = mounted
        self._draining = draining
        self._held = held
        self._lines = lines

    def collect(self) -> Iterator[Metric]:
        profile, tokens = self._mounted.profile, self._mounted.tokens
        loaded = profile.current
        yield InfoMetricFamily(
            "payment_profile", "The profile in effect.", {"hash": loaded.hash or ""}
        )
        yield _gauge("profile_success_rate", "Its success rate.", loaded.profile.success_rate)
        yield _gauge("profile_generation", "Good profiles read so far.", profile.generation)
        refusals = CounterMetricFamily(
            "payment_reload_failures", "Newer contents that were refused.", labels=["file"]
        )
        for live in self._mounted.all():
            refusals.add_metric([live.name], live.refusals)
        yield refusals
        if tokens is not None:
            yield _gauge("tokens_valid", "Tokens valid now.", len(tokens.current.valid))
            yield _gauge("token_generation", "Good sets of tokens so far.", tokens.generation)
        yield _gauge("draining", "1 from the signal to stop until the end.", self._draining())
        yield _gauge("replies_held", "Replies that leave later than they could.", self._held())
        yield CounterMetricFamily(
            "payment_log_lines_lost", "Lines that could not be written.", self._lines.lost
        )


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"payment_{name}", what, float(value))
