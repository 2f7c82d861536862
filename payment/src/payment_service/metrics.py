"""The metrics, declared once, in a registry of their own."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from payment_service import __version__
from payment_service.cashier.records import REFUSALS, REPLAYS, CallOutcome, ChargeRecord
from payment_service.live.effective import EffectiveProfile
from payment_service.live.mounted import Mounted
from payment_service.log.lines import Lines
from payment_service.text.currencies import KNOWN

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)
_CURRENCY = re.compile("[A-Z]{3}")
MOST_INVENTED = 50
"""How many codes that nobody knows have series of their own; those of ISO 4217 always have."""
OTHER = "other"
"""Stands for currencies that are no code, or one too many: a caller must not fill a disk."""

_Place = tuple[str, str | None, str]


class Metrics:
    """Counts charge calls, as one of their recorders."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        build = Info("payment_build", "The running version.", registry=self.registry)
        build.info({"version": __version__})
        counter = self._counter
        self._charges = counter(
            "charges", "Charges that were decided.", "outcome", "reason", "currency"
        )
        refusals = counter(
            "charge_refusals", "Charge calls that were refused before a decision.", "reason"
        )
        self._faults = counter(
            "faults_injected", "Replies that went wrong as the profile asks for.", "kind", "charged"
        )
        replays = counter("replays", "Calls that got the answer of an earlier one.", "by")
        self._doubles = counter(
            "duplicates", "Charges accepted shortly after one alike was accepted."
        )
        self._repeats = counter(
            "repeats",
            "Other charges decided shortly after one alike.",
        )
        # Children made once, so that a charge finds its counter without a lock and a lookup, and
        # every series that can be named is there from the start with a 0.
        self._refused: dict[str, Counter] = {reason: refusals.labels(reason) for reason in REFUSALS}
        self._replayed: dict[str, Counter] = {by: replays.labels(by) for by in REPLAYS}
        self._decided: dict[_Place, Counter] = {}
        self._invented: set[str] = set()
        self._seconds = Histogram(
            "payment_charge_seconds",
            "Time to read and decide a charge, without waiting for a thread.",
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def __call__(self, record: ChargeRecord) -> None:
        """Counts a charge call."""
        outcome = record.outcome
        if outcome is CallOutcome.REFUSED:
            self._refused[record.reason or OTHER].inc()
            return
        if outcome is CallOutcome.REPLAYED:
            self._replayed[record.reason or OTHER].inc()
            return
        charged = outcome is not CallOutcome.FAILED
        if record.fault_kind is not None:
            self._faults.labels(record.fault_kind, "true" if charged else "false").inc()
        if not charged or record.charge is None:
            return
        place = outcome, record.reason, record.charge.currency
        counter = self._decided.get(place)
        if counter is None:
            counter = self._first_of(place)
        counter.inc()
        if record.is_double:
            self._doubles.inc()
        elif record.duplicate_of is not None:
            self._repeats.inc()
        self._seconds.observe(record.seconds)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"payment_{name}", what, labels, registry=self.registry)

    def _first_of(self, place: _Place) -> Counter:
        outcome, reason, currency = str(place[0]), place[1], place[2]
        label = currency or "none"
        if label != "none" and label not in KNOWN and label not in self._invented:
            if not _CURRENCY.fullmatch(label) or len(self._invented) >= MOST_INVENTED:
                return self._charges.labels(outcome, reason or "", OTHER)
            self._invented.add(label)
        counter = self._decided[place] = self._charges.labels(outcome, reason or "", label)
        return counter


@dataclass(frozen=True, slots=True)
class Moment:
    """How the process is at the moment it is asked."""

    draining: Callable[[], bool]
    deferred: Callable[[], int]
    """How many replies are deferred."""
    scope: Callable[[], str]
    """Who shares what is remembered."""
    skipped: Callable[[], Mapping[str, int]]
    """How many entries of the store could not be read, by kind."""


class State(Collector):
    """Shows what is in effect at the moment it is asked; register it with the registry."""

    def __init__(
        self, mounted: Mounted, effective: EffectiveProfile, moment: Moment, lines: Lines
    ) -> None:
        self._mounted = mounted
        self._effective = effective
        self._moment = moment
        self._lines = lines

    def collect(self) -> Iterator[Metric]:
        yield from self._of_files()
        moment = self._moment
        yield _gauge("draining", "1 from the signal to stop until the end.", moment.draining())
        about = "Replies that leave later than they could."
        yield _gauge("replies_deferred", about, moment.deferred())
        yield InfoMetricFamily(
            "payment_state", "Who shares what is remembered.", {"scope": moment.scope()}
        )
        about = "Entries of the store that this version cannot read."
        yield _counters("state_entries_skipped", about, "kind", moment.skipped())
        yield CounterMetricFamily(
            "payment_log_lines_lost", "Lines that could not be written.", self._lines.lost
        )
        about = "Bytes of log lines that wait for the log's reader."
        yield _gauge("log_waiting_bytes", about, self._lines.waiting_bytes)
        about = "For how long the log's reader has taken nothing of them."
        yield _gauge("log_stuck_seconds", about, self._lines.stuck_seconds())

    def _of_files(self) -> Iterator[Metric]:
        """Of the profile and the tokens."""
        profile, tokens = self._mounted.profile, self._mounted.tokens
        effective = self._effective.in_effect
        loaded = effective.loaded
        yield InfoMetricFamily(
            "payment_profile", "The profile in effect.", {"hash": loaded.hash or ""}
        )
        yield _gauge("profile_success_rate", "Its success rate.", loaded.profile.success_rate)
        yield _gauge("profile_generation", "Good profiles read so far.", profile.generation)
        yield _gauge("profile_replaced", "1 if another one is in effect.", effective.replaced)
        yield _gauge("faults_set", "Faults set while running.", len(effective.faults))
        refusals = {live.name: live.refusals for live in self._mounted.all()}
        about = "Newer contents that were refused."
        yield _counters("reload_failures", about, "file", refusals)
        if tokens is not None:
            yield _gauge("tokens_valid", "Tokens valid now.", len(tokens.current.valid))
            yield _gauge("token_generation", "Good sets of tokens so far.", tokens.generation)


def _counters(name: str, what: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"payment_{name}", what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"payment_{name}", what, float(value))
