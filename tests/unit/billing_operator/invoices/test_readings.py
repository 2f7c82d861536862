"""The last reading of every stack."""

from billing_operator.invoices.readings import Reading, Readings
from billing_operator.memory import Memories
from support.operator.builders import a_reading


def reading(paid: int, instance: str = "pod/0") -> Reading:
    return a_reading(paid, 10 - paid, instance)


def test_a_reading_says_whether_it_is_news() -> None:
    readings = Readings(Memories(), clock=float)

    assert readings.note("a", reading(1))
    assert not readings.note("a", reading(1))
    assert readings.note("a", reading(2))
    assert readings.note("a", reading(2, "pod/1"))
    assert readings.note("b", reading(2))
    assert readings.last("a") == reading(2, "pod/1")


def test_a_stack_that_has_gone_is_forgotten() -> None:
    memories = Memories()
    readings = Readings(memories, clock=float)
    readings.note("a", reading(1))
    memories.drop("a")

    assert readings.last("a") is None


def test_a_doubt_lasts_for_a_while_and_ends_with_a_reading() -> None:
    now = 0.0
    readings = Readings(Memories(), clock=lambda: now)
    assert readings.doubt("a", 2.0)
    now = 1.9
    assert readings.doubt("a", 2.0)
    now = 2.0
    assert not readings.doubt("a", 2.0)

    readings.note("a", reading(1))
    assert readings.doubt("a", 2.0)
