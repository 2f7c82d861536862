"""What is counted of billing runs: each once, however often its status is written."""

import pytest
from prometheus_client import CollectorRegistry

from billing_operator.kinds import Key, Manifest
from billing_operator.runs.metrics import RunMetrics

SHOP = Key("payments", "shop")
LAST: Manifest = {"lastRun": {"uid": "1", "outcome": "Declined"}}
SKIPPED: Manifest = {"lastSkipped": {"uid": "2"}}
_PREFIX = "billing_operator_billing_"


class Told:
    """Metrics, and what they tell of the shop."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = RunMetrics(self.registry)

    def value(self, name: str, **labels: str) -> float | None:
        named = {"namespace": "payments", "stack": "shop", **labels}
        return self.registry.get_sample_value(f"{_PREFIX}{name}", named)

    def doubles(self) -> float | None:
        labels = {"namespace": "payments", "stack": "shop"}
        return self.registry.get_sample_value("billing_operator_double_charges_total", labels)


def test_a_run_is_counted_when_it_has_ended_and_not_again() -> None:
    told = Told()
    told.metrics.count(SHOP, {}, {"billing": LAST})
    told.metrics.count(SHOP, {"billing": LAST}, {"billing": LAST | SKIPPED})
    told.metrics.count(SHOP, {"billing": LAST | SKIPPED}, {"billing": LAST | SKIPPED})

    assert told.value("runs_total", outcome="Declined") == 1
    assert told.value("runs_total", outcome="Skipped") == 1


def test_every_outcome_is_there_before_the_first_run() -> None:
    told = Told()
    told.metrics.tell(SHOP, {})

    assert told.value("runs_total", outcome="Unknown") == 0
    assert told.value("last_success_timestamp_seconds") is None


@pytest.mark.parametrize("state", ["running", "waiting", "unresolvedRun", "unmanagedRun"])
def test_a_state_is_told_while_it_lasts(state: str) -> None:
    told = Told()
    told.metrics.tell(SHOP, {"billing": {state: {"job": "run"}}})
    assert told.value("state", state=state) == 1

    told.metrics.tell(SHOP, {"billing": {}})
    assert told.value("state", state=state) == 0


def test_when_a_run_last_went_well_is_known_to_the_next_operator_too() -> None:
    told = Told()
    told.metrics.tell(SHOP, {"billing": {"lastSuccessfulTime": "1970-01-01T00:01:00Z"}})

    assert told.value("last_success_timestamp_seconds") == 60


def test_a_stack_that_has_gone_has_no_series() -> None:
    told = Told()
    told.metrics.tell(SHOP, {"billing": {"lastSuccessfulTime": "1970-01-01T00:01:00Z"}})
    told.metrics.forget(SHOP)

    assert list(told.registry.collect()) != []
    assert [each for of in told.registry.collect() for each in of.samples] == []


def test_double_charges_are_counted_when_they_are_news() -> None:
    told = Told()
    told.metrics.tell(SHOP, {})
    assert told.doubles() == 0

    status = {"payment": {"accepted": {"doubles": 3}}}
    told.metrics.count(SHOP, {}, status)
    told.metrics.count(SHOP, status, status)
    assert told.doubles() == 3
