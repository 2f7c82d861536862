"""For how long nobody has charged, by what Antaeus and payment tell."""

import pytest

from billing_operator.apps.answers import Calls
from billing_operator.invoices.activity import ActivityTracker, Sample
from billing_operator.memory import Memories
from support.operator.builders import a_reading

CALM = Sample(a_reading(), (("pod/0", Calls(taken=5, held=0)),))


class Watch:
    """Samples, a minute apart."""

    def __init__(self) -> None:
        self.now = 0.0
        self.memories = Memories()
        self.stillness = ActivityTracker(self.memories, clock=lambda: self.now)

    def still(self, *samples: Sample) -> float:
        for sample in samples:
            self.now += 60.0
            found = self.stillness.note("uid", sample)
        return found.unchanged_seconds


def test_the_time_goes_by_while_all_is_the_same() -> None:
    assert Watch().still(CALM) == 0.0
    assert Watch().still(CALM, CALM, CALM) == 120.0


@pytest.mark.parametrize(
    "other",
    [
        Sample(a_reading(3, 7), CALM.calls),
        Sample(a_reading(instance="second"), CALM.calls),
        # A declined charge moves no invoice.
        Sample(a_reading(), (("pod/0", Calls(taken=6, held=0)),)),
        Sample(a_reading(), (("pod/1", Calls(taken=5, held=0)),)),
        Sample(a_reading(), (("pod/0", Calls(taken=5, held=0)), ("b/0", Calls(taken=0, held=0)))),
    ],
    ids=["paid", "another Antaeus", "a call", "a restart of payment", "one pod more"],
)
def test_whatever_moves_begins_the_time_anew(other: Sample) -> None:
    assert Watch().still(CALM, CALM, other) == 0.0
    assert Watch().still(CALM, CALM, other, other) == 60.0


@pytest.mark.parametrize(
    "sample",
    [
        Sample(a_reading(), (("pod/0", Calls(taken=5, held=1)),)),
        Sample(None, CALM.calls),
        Sample(a_reading(), None),
    ],
    ids=["in the middle of a charge", "Antaeus is silent", "payment is silent"],
)
def test_nothing_is_still_while_a_charge_is_under_way_or_nobody_tells(sample: Sample) -> None:
    assert Watch().still(sample, sample, sample) == 0.0
    assert Watch().still(CALM, sample, CALM) == 0.0


def test_who_does_not_tell_is_named() -> None:
    stillness = ActivityTracker(Memories(), clock=lambda: 0.0)

    assert "Antaeus" in stillness.note("a", Sample(None, None)).unknown_because
    assert "payment" in stillness.note("a", Sample(a_reading(), None)).unknown_because
    assert stillness.note("a", CALM).unknown_because == ""
    held = Sample(a_reading(), (("pod/0", Calls(taken=5, held=1)),))
    assert stillness.note("a", held).charging


def test_stacks_are_told_apart_and_forgotten() -> None:
    watch = Watch()
    watch.still(CALM)
    watch.now += 60.0
    assert watch.stillness.note("another", CALM).unchanged_seconds == 0.0
    watch.memories.drop("uid")

    assert watch.still(CALM) == 0.0
