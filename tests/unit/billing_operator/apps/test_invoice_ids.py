"""Ids of invoices as ranges: what is there, what is missing, and never spelled out."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_operator.apps.invoice_ids import LONGEST, missing, together, written

IDS = some.sets(some.integers(0, 40))


def spelled_out(text: str | None) -> set[int]:
    assert text is not None
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


@given(IDS, IDS)
def test_ranges_say_the_same_as_the_ids(one: set[int], other: set[int]) -> None:
    texts = written(one), written(other)

    assert [spelled_out(text) for text in texts] == [one, other]
    gone = missing(*texts)
    assert gone is not None
    assert (gone[0], spelled_out(gone[1])) == (len(one - other), one - other)
    assert spelled_out(together(*texts)) == one | other


def test_neighbours_are_one_range() -> None:
    assert written([8, 6, 1, 9, 10]) == "1,6,8-10"
    assert written([]) == ""


def test_a_huge_range_costs_nothing() -> None:
    assert missing("1-9223372036854775807", "2-9223372036854775806") == (
        2,
        "1,9223372036854775807",
    )


def test_what_would_be_too_long_is_not_known() -> None:
    assert written(range(0, 4 * LONGEST, 2)) is None
    assert missing(None, "1") is None
    assert missing("1", None) is None
    assert together("1", None) is None


@pytest.mark.parametrize(
    "text", ["a", "1;2", "1-2-3", "-1", "1,,x", " 1", "1" * 20, "1," * LONGEST]
)
def test_what_somebody_else_wrote_there_is_not_known(text: str) -> None:
    assert missing(text, "1") is None


def test_a_range_that_is_upside_down_has_nothing() -> None:
    assert missing("9-3", "1") == (0, "")
