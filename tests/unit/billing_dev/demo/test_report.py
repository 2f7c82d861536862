"""The table that people see, and when the demo calls itself good."""

from pathlib import Path

import pytest

from billing_dev.clients.antaeus_api import Counts
from billing_dev.demo.readings import Charges, Reading
from billing_dev.demo.report import Report

GOLDEN = Path(__file__).parent / "golden"


def a_reading(paid: int, pending: int, **charges: Charges) -> Reading:
    named = {f"demo-payment-65b7f5c949-{name}": counts for name, counts in charges.items()}
    return Reading(Counts(paid, pending), named)


FRESH = a_reading(0, 100, ltcl4=Charges())
USUAL = Report(FRESH, a_reading(51, 49, ltcl4=Charges(51, 49)), 0.5)
LATER = Report(
    a_reading(2, 8, h2x9k=Charges(1051, 949), ltcl4=Charges(7, 0)),
    a_reading(8, 2, h2x9k=Charges(1054, 950), ltcl4=Charges(10, 1)),
    0.5,
)
LOST = Report(FRESH, a_reading(20, 80, ltcl4=Charges(19, 80)), 0.5)
RESTARTED = Report(
    a_reading(0, 100, ltcl4=Charges(60, 40)), a_reading(51, 49, ltcl4=Charges(20, 20)), 0.5
)


@pytest.mark.parametrize(
    ("name", "report"),
    [("usual", USUAL), ("two-pods", LATER), ("lost", LOST), ("restarted", RESTARTED)],
    ids=["one run", "a second pod", "a charge lost", "a pod that began anew"],
)
def test_the_table_reads_as_it_did(name: str, report: Report) -> None:
    assert f"{report}\n" == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("report", [USUAL, LATER], ids=["fresh", "with a past"])
def test_a_run_is_good_when_the_numbers_agree(report: Report) -> None:
    assert report.good


def test_only_what_was_added_since_counts() -> None:
    assert (LATER.newly_paid, LATER.accepted) == (6, 6)


def test_one_accepted_charge_too_few_is_not_good() -> None:
    report = Report(FRESH, a_reading(51, 49, ltcl4=Charges(50, 50)), 0.5)
    assert not report.good


def test_one_accepted_charge_too_many_is_not_good() -> None:
    report = Report(FRESH, a_reading(51, 49, ltcl4=Charges(52, 49)), 0.5)
    assert not report.good


@pytest.mark.parametrize(("paid", "good"), [(33, False), (34, True), (66, True), (67, False)])
def test_a_share_that_chance_does_not_explain_is_not_good(paid: int, *, good: bool) -> None:
    after = a_reading(paid, 100 - paid, ltcl4=Charges(paid, 100 - paid))
    assert Report(FRESH, after, 0.5).good is good


def test_a_pod_that_began_anew_is_not_good_even_where_sums_agree() -> None:
    before = a_reading(0, 100, a=Charges(60, 40), b=Charges(0, 0))
    after = a_reading(50, 50, a=Charges(10, 20), b=Charges(100, 30))
    report = Report(before, after, 0.5)
    assert report.newly_paid == report.accepted
    assert not report.good


def test_nothing_pending_is_no_division_by_zero() -> None:
    done = a_reading(100, 0, ltcl4=Charges(100, 0))
    assert "0 of 0 that were pending\n" in str(Report(done, done, 0.5))
