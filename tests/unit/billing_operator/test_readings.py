"""The last counts of every stack."""

from billing_operator.readings import Readings
from billing_operator.status import Counts


def test_a_reading_says_whether_it_is_news() -> None:
    readings = Readings()

    assert readings.note("a", Counts(1, 9))
    assert not readings.note("a", Counts(1, 9))
    assert readings.note("a", Counts(2, 8))
    assert readings.note("b", Counts(2, 8))
    assert readings.last("a") == Counts(2, 8)


def test_a_stack_that_has_gone_is_forgotten() -> None:
    readings = Readings()
    readings.note("a", Counts(1, 9))
    readings.forget("a")
    readings.forget("never known")

    assert readings.last("a") is None
