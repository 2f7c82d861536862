"""What payment counts, and which counters can be compared."""

import pytest

from billing_dev.clients.antaeus_api import Counts
from billing_dev.demo.readings import Charges, Reading, read_charges, uncounted

PAGE = """\
# HELP payment_charges_total Charges that were decided.
# TYPE payment_charges_total counter
payment_charges_total{currency="USD",outcome="accepted",reason=""} 50.0
payment_charges_total{currency="DKK",outcome="accepted",reason=""} 2.0
payment_charges_total{currency="USD",outcome="declined",reason="Generic"} 48.0
# TYPE payment_charges_created gauge
payment_charges_created{outcome="accepted"} 1.7e+09
payment_charge_refusals_total{reason="Token"} 3.0
"""


def test_accepted_and_declined_charges_are_found() -> None:
    assert read_charges(PAGE) == Charges(accepted=52, declined=48)


def test_large_counts_are_whole_numbers() -> None:
    page = PAGE.replace("50.0", "1.234565e+06")
    assert read_charges(page).accepted == 1_234_567


def test_a_page_without_the_counters_is_no_zero() -> None:
    with pytest.raises(KeyError):
        read_charges("# nothing to see\n")


def test_charges_of_all_pods_are_summed() -> None:
    reading = a_reading(a=Charges(1, 2), b=Charges(30, 40))
    assert reading.all_charges == Charges(31, 42)


@pytest.mark.parametrize(
    ("before", "after", "pods"),
    [
        ({"a": Charges(1, 1)}, {"a": Charges(2, 1)}, []),
        ({"a": Charges(1, 1)}, {"a": Charges(2, 1), "b": Charges()}, ["b"]),
        ({"a": Charges(1, 1), "b": Charges()}, {"a": Charges(2, 1)}, ["b"]),
        ({"a": Charges(5, 5)}, {"a": Charges(9, 4)}, ["a"]),
    ],
    ids=["the same pod", "a new pod", "a pod that is gone", "a pod that began anew"],
)
def test_pods_that_changed_are_named(
    before: dict[str, Charges], after: dict[str, Charges], pods: list[str]
) -> None:
    assert uncounted(a_reading(**before), a_reading(**after)) == pods


def a_reading(**charges: Charges) -> Reading:
    return Reading(Counts(paid=0, pending=100), charges)
