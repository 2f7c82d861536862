"""The last reading of every stack."""

from billing_operator.invoices.readings import Reading, Readings
from billing_operator.memory import Memories
from support.operator.builders import a_reading


def reading(paid: int, instance: str = "pod/0") -> Reading:
    return a_reading(paid, 10 - paid, instance)


def test_a_reading_says_whether_it_is_news() -> None:
    readings = Readings(Memories(), lambda: 0.0, unchanged_seconds=1.0)

    assert readings.note("a", reading(1))
    assert not readings.note("a", reading(1))
    assert readings.note("a", reading(2))
    assert readings.note("a", reading(2, "pod/1"))
    assert readings.note("b", reading(2))
    assert readings.last("a") == reading(2, "pod/1")


def test_whoever_pays_shows_in_the_readings_for_a_while() -> None:
    moments = iter([0.0, 21.9, 22.0, 30.0, 30.0])
    memories = Memories()
    readings = Readings(memories, lambda: next(moments), unchanged_seconds=22.0)
    assert not readings.recently_changed("a")

    readings.note("a", reading(1))
    assert readings.recently_changed("a")
    readings.note("a", reading(1))
    assert not readings.recently_changed("a")
    readings.note("a", reading(2))
    assert readings.recently_changed("a")
    memories.drop("a")
    assert not readings.recently_changed("a")


def test_a_stack_that_has_gone_is_forgotten() -> None:
    memories = Memories()
    readings = Readings(memories, lambda: 0.0, unchanged_seconds=1.0)
    readings.note("a", reading(1))
    memories.drop("a")

    assert readings.last("a") is None
