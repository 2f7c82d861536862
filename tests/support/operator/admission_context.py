"""Builds what the admission of billing runs is decided by; all is well unless told otherwise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing_operator.invoices.activity import Activity
from billing_operator.kinds import Manifest
from billing_operator.runs.admission import billing
from billing_operator.runs.context import AdmissionContext, ObservedRuns
from billing_operator.runs.jobs import runs_of, with_leave
from billing_operator.status.conditions import pruned
from support.operator.builders import a_reading, a_stack, an_instance
from support.operator.run_manifests import CRON_UID

NOW = datetime(2025, 1, 1, 0, 1, tzinfo=UTC)
QUIET = 150.0
FIRST: Manifest = {"podUID": "first", "restartCount": 0}
INVOICES: Manifest = {"paid": 2, "pending": 8, "antaeusInstance": FIRST}


def at(seconds: float) -> datetime:
    """A moment, counted from when the tests' Jobs were made and a minute."""
    return NOW + timedelta(seconds=seconds)


def observed_runs(
    *jobs: Manifest, pods: tuple[Manifest, ...] = (), **activity: Any
) -> ObservedRuns:
    """Runs, and what nobody moves; keywords are what an Activity tells otherwise."""
    min_interval = Activity(charging=False, unchanged_seconds=0.0, unknown_because="")
    runs = runs_of(jobs, pods, CRON_UID)
    return ObservedRuns(runs, replace(min_interval, **activity), QUIET, with_leave(pods))


def a_context(**changes: Any) -> AdmissionContext:
    """A stack that is ready, with 2 invoices paid and 8 pending."""
    usual = AdmissionContext(
        a_reading(),
        an_instance(),
        unready="",
        reset=False,
        rotating=False,
        now=NOW,
        takes_charges=True,
    )
    return replace(usual, **changes)


def decided(
    observed: ObservedRuns,
    known: Manifest | None = None,
    *,
    spec: Manifest | None = None,
    annotations: dict[str, str] | None = None,
    invoices: Manifest = INVOICES,
    status: Manifest | None = None,
    **changes: Any,
) -> Manifest:
    """What the status says of billing then.

    Args:
        known: what it said before.
        status: what else it said.
        changes: of the circumstances.
    """
    status = {"billing": known or {}, "invoices": invoices} | (status or {})
    stack = a_stack(status=status, annotations=annotations, **(spec or {}))
    return pruned(billing(stack, observed, a_context(**changes)))
