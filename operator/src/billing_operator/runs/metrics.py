"""What the operator counts of billing runs."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from billing_operator.books.ledger import new_doubles
from billing_operator.kinds import Key, Manifest
from billing_operator.runs.report import Outcome

_STACK = ("namespace", "stack")
_SKIPPED = "Skipped"
_OUTCOMES = (*Outcome, _SKIPPED)
# What a stack's status has while it holds.
_STATES = ("running", "waiting", "unresolvedRun", "unmanagedRun")


class RunMetrics:
    """The metrics of all stacks' runs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "billing_operator_billing_runs",
            "Billing runs that ended or were skipped, by outcome",
            (*_STACK, "outcome"),
            registry=registry,
        )
        self._success = Gauge(
            "billing_operator_billing_last_success_timestamp_seconds",
            "When a billing run last ended with nothing pending",
            _STACK,
            registry=registry,
        )
        self._doubles = Counter(
            "billing_operator_double_charges",
            "Charges that payment accepted shortly after one alike that it had accepted",
            _STACK,
            registry=registry,
        )
        self._states = Gauge(
            "billing_operator_billing_state",
            "Whether a billing run is in a state: 1 or 0",
            (*_STACK, "state"),
            registry=registry,
        )

    def tell(self, stack: Key, status: Manifest) -> None:
        """Takes in how a stack's billing is, by its status."""
        billing = status.get("billing") or {}
        for state in _STATES:
            self._states.labels(*stack, state).set(1 if billing.get(state) else 0)
        # There before the first of them, so that one shows as an increase.
        self._doubles.labels(*stack)
        for outcome in _OUTCOMES:
            self._runs.labels(*stack, outcome)
        if at := billing.get("lastSuccessfulTime"):
            self._success.labels(*stack).set(datetime.fromisoformat(at).timestamp())

    def count(self, stack: Key, before: Manifest, after: Manifest) -> None:
        """Counts what became of runs, and double charges, between two statuses of a stack."""
        self._doubles.labels(*stack).inc(new_doubles(before, after))
        old, new = before.get("billing") or {}, after.get("billing") or {}
        for name in ("lastRun", "lastSkipped"):
            entry = new.get(name) or {}
            if entry and entry["uid"] != (old.get(name) or {}).get("uid"):
                self._runs.labels(*stack, entry.get("outcome", _SKIPPED)).inc()

    def forget(self, stack: Key) -> None:
        """Drops the series of a stack that has gone."""
        for state in _STATES:
            self._states.remove(*stack, state)
        for outcome in _OUTCOMES:
            self._runs.remove(*stack, outcome)
        for series in (self._success, self._doubles):
            series.remove(*stack)
