"""A pay call that is no run is noticed by what is paid, or charged, or accepted."""

from typing import Any

from billing_operator.kinds import Manifest
from support.operator.admission_context import FIRST, INVOICES, QUIET, at, decided, observed_runs
from support.operator.builders import a_reading
from support.operator.run_manifests import a_job


def test_invoices_that_are_paid_without_a_run_are_noticed_and_hold_runs_up() -> None:
    found = decided(observed_runs(a_job()), reading=a_reading(3, 7))

    assert found["unmanagedRun"] == {
        "time": "2025-01-01T00:01:00Z",
        "antaeusInstance": FIRST,
        "paid": 2,
    }
    assert found["waiting"]["reason"] == "UnmanagedPayCall"
    later = decided(
        observed_runs(), {"unmanagedRun": found["unmanagedRun"]}, reading=a_reading(9, 1)
    )
    assert later["unmanagedRun"] == found["unmanagedRun"]


def test_a_charge_in_the_middle_is_noticed_before_any_invoice_is_paid() -> None:
    found = decided(observed_runs(a_job(), charging=True))
    assert (found["unmanagedRun"]["paid"], found["waiting"]["reason"]) == (2, "UnmanagedPayCall")


def test_a_direct_call_is_over_when_all_is_still() -> None:
    direct = {"time": "2025-01-01T00:01:00Z", "antaeusInstance": FIRST, "paid": 2}
    observed = observed_runs(a_job(), unchanged_seconds=QUIET)
    counts: dict[str, Any] = {"invoices": INVOICES | {"paid": 9}, "reading": a_reading(9, 1)}
    said = {"billing.antaeus.io/acknowledge-run": str(direct["time"])}

    def later(**changes: Any) -> Manifest:
        return decided(observed, {"unmanagedRun": direct}, **changes, **counts)

    assert "unmanagedRun" in later(now=at(QUIET - 1))
    assert "unmanagedRun" not in later(now=at(QUIET))
    assert "unmanagedRun" not in later(annotations=said)
