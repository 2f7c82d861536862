"""Whatever happens in whatever order, no pay call begins while another may still charge.

Nor does one where Antaeus has forgotten charges and nobody has dealt with that. The operator may
end between any two of its steps. hypothesis chooses what happens.
"""

from hypothesis import given, settings
from hypothesis import strategies as some

from unit.billing_operator.runs.run_world import Shop

HAPPENINGS = (
    # What a run takes happens more often than what disturbs it.
    *("make", "pass", "pass", "pass", "pay", "pay", "pay"),
    *("make", "pass", "status only", "pay", "answer", "break off", "lose answer"),
    *("delete job", "delete pod", "suspend job", "restart antaeus", "acknowledge reset"),
    *("look away", "wait", "charge", "charge", "read", "watch", "read", "watch"),
    *("drain antaeus", "pod goes", "fall silent", "speak", "speak"),
    *("copy job", "begin by hand", "say by hand", "give up"),
    *("resume job", "suspend and resume job", "orphan pod", "orphan ends"),
)
# From here on it can go wrong.
BEGINNING = ("watch", "read", "make", "make", "pass", "pass", "pay")


@settings(max_examples=500, deadline=None, derandomize=True)
@given(some.lists(some.sampled_from(HAPPENINGS), min_size=20, max_size=60))
def test_no_sequence_of_events_begins_a_call_beside_another(events: list[str]) -> None:
    shop = Shop()
    for what in (*BEGINNING, *events):
        shop.happens(what)


def test_the_world_is_one_in_which_runs_take_place() -> None:
    shop = Shop()
    run = ("pass", "pass", "pay", "charge", "pass", "answer", "pass")
    for what in ("watch", "read", "make", "make", *run, *run):
        shop.happens(what)

    assert shop.calls == 2
    assert shop.charged == {"antaeus-1": 2}
    assert shop.batches == []


def test_a_batch_that_went_to_the_next_antaeus_is_not_over_with_the_one_before() -> None:
    """Leave was given for the one, and nothing was charged before the other answered."""
    shop = Shop()
    for what in (
        *("watch", "read", "make", "pass", "pass", "restart antaeus", "watch", "read"),
        *("pay", "lose answer", "pass", "acknowledge reset", "make", "pass", "pass", "pass", "pay"),
    ):
        shop.happens(what)

    assert shop.calls == 1
