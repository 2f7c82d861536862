"""What a status says of the invoices, and what it takes for a restart that forgot payments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing_operator.apps.answers import Counts
from billing_operator.invoices.readings import Reading
from billing_operator.invoices.reset import batch_under_way, invoices, reset_message
from billing_operator.kinds import Manifest
from billing_operator.names import ACKNOWLEDGE_RESET
from support.operator.builders import a_reading, a_stack, an_instance

NOW = datetime(2025, 1, 1, 12, 0, 0, tzinfo=UTC)
AT = "2025-01-01T12:00:00Z"
LATER = NOW + timedelta(hours=1)
INSTANCE: Manifest = {"podUID": "a", "restartCount": 0}


def told(
    old: Manifest | None, *reading: object, at: datetime = NOW, **annotations: str
) -> Manifest:
    """The invoices of a status after one with these, and a reading if there is one."""
    named = {ACKNOWLEDGE_RESET: annotations["acknowledged"]} if annotations else {}
    stack = a_stack(status={"invoices": old} if old else {}, annotations=named)
    found = invoices(stack, a_reading(*reading) if reading else None, at)  # type: ignore[arg-type]
    return {name: value for name, value in (found or {}).items() if value is not None}


def test_a_first_reading_forgets_nothing() -> None:
    assert told(None, 2, 8, "a/0") == {
        "paid": 2,
        "pending": 8,
        "total": 10,
        "lastChangeTime": AT,
        "antaeusInstance": INSTANCE,
    }


def test_the_same_counts_keep_their_time() -> None:
    first = told(None, 2, 8, "a/0")

    assert told(first, 2, 8, "a/0", at=LATER) == first
    assert told(first, 3, 7, "a/0", at=LATER)["lastChangeTime"] == "2025-01-01T13:00:00Z"


@pytest.mark.parametrize(
    "reading",
    [
        (0, 10, "b/0"),
        (0, 10, "a/1"),
        (5, 5, "b/0"),
        (0, 10, "a/0"),
    ],
    ids=[
        "another pod",
        "the container started anew",
        "another pod that has been paid since",
        "the watch lags behind the answer",
    ],
)
def test_another_instance_has_forgotten_what_was_paid(reading: tuple[int, int, str]) -> None:
    after = told(told(None, 2, 8, "a/0"), *reading, at=LATER)

    assert after["reset"] == {"paid": 2, "pending": 8, "time": "2025-01-01T13:00:00Z"}
    assert after["paid"] == reading[0]


def test_a_reset_that_was_seen_before_the_new_instance_is_not_told_twice() -> None:
    before_the_watch = told(told(None, 100, 0, "a/0"), 5, 95, "a/0")
    after = told(before_the_watch, 5, 95, "a/1")

    assert after["reset"]["paid"] == 100
    assert after["antaeusInstance"] == {"podUID": "a", "restartCount": 1}


def test_where_nothing_was_paid_nothing_is_forgotten() -> None:
    assert "reset" not in told(told(None, 0, 10, "a/0"), 0, 10, "b/0")


def test_a_status_of_an_earlier_version_is_no_reset() -> None:
    earlier = {"paid": 2, "pending": 8, "total": 10, "lastChangeTime": AT}

    assert "reset" not in told(earlier, 2, 8, "a/0")


def test_a_reset_stays_until_it_is_acknowledged_by_its_time() -> None:
    reset = told(told(None, 2, 8, "a/0"), 0, 10, "b/0")

    assert told(reset, 1, 9, "b/0", at=LATER)["reset"] == reset["reset"]
    assert told(reset)["reset"] == reset["reset"]
    assert "reset" in told(reset, acknowledged="2024-01-01T00:00:00Z")
    assert "reset" not in told(reset, acknowledged=AT)
    assert "reset" not in told(reset, 1, 9, "b/0", acknowledged=AT)


def test_a_second_reset_adds_to_what_the_first_forgot() -> None:
    first = told(told(None, 2, 8, "a/0"), 3, 7, "b/0")
    second = told(first, 0, 10, "c/0", at=LATER)

    assert second["reset"] == {"paid": 5, "pending": 7, "time": "2025-01-01T13:00:00Z"}


def test_the_message_has_the_counts_and_the_command() -> None:
    reset = told(told(None, 2, 8, "a/0"), 0, 10, "b/0")
    said = reset_message(a_stack(), reset)

    assert said is not None
    assert "2 invoices that were paid are pending again, and 8 were pending before" in said
    assert f"kubectl annotate --overwrite -n payments bst shop {ACKNOWLEDGE_RESET}={AT}" in said
    assert reset_message(a_stack(), told(None, 2, 8, "a/0")) is None
    assert reset_message(a_stack(), None) is None


RUN = {"job": "monthly", "uid": "1", "antaeusInstance": INSTANCE, "leaveTime": AT}


@pytest.mark.parametrize(
    ("billing", "named"),
    [
        ({"running": RUN}, "monthly"),
        ({"unresolvedRun": RUN}, "monthly"),
        (
            {"unmanagedRun": {"time": AT, "antaeusInstance": INSTANCE, "paid": 0}},
            "a call that was no run",
        ),
    ],
    ids=["a run under way", "a run whose end is not known", "a call that was no run"],
)
def test_an_antaeus_that_ended_in_the_middle_of_a_batch_has_forgotten_what_nobody_counted(
    billing: Manifest, named: str
) -> None:
    """Not one paid invoice was ever read, and yet some may have been charged."""
    known = told(None, 0, 10, "a/0")
    stack = a_stack(status={"invoices": known, "billing": billing})
    found = invoices(stack, a_reading(0, 10, "b/0"), NOW) or {}

    assert found["reset"] == {"paid": 0, "pending": 10, "time": AT, "run": named}
    said = reset_message(stack, found) or ""
    assert f"It was charging then ({named}), so more may be paid" in said
    same = invoices(stack, a_reading(0, 10, "a/0"), NOW) or {}
    assert same["reset"] is None


def test_a_run_of_another_life_has_lost_nothing() -> None:
    known = told(None, 0, 10, "b/0")
    stack = a_stack(status={"invoices": known, "billing": {"running": RUN}})

    assert (invoices(stack, a_reading(0, 10, "c/0"), NOW) or {})["reset"] is None


def test_what_a_run_counted_at_its_end_is_forgotten_as_well() -> None:
    """Antaeus may start anew before the next reading."""
    known = told(None, 2, 8, "a/0")
    last = {"uid": "1", "paidAfter": 8, "pendingAfter": 2, "antaeusInstance": INSTANCE}
    stack = a_stack(status={"invoices": known, "billing": {"lastRun": last}})
    found = invoices(stack, a_reading(0, 10, "b/0"), NOW) or {}

    assert (found["reset"]["paid"], found["reset"]["pending"]) == (8, 2)
    of_another = last | {"antaeusInstance": {"podUID": "before", "restartCount": 0}}
    stack = a_stack(status={"invoices": known, "billing": {"lastRun": of_another}})
    found = invoices(stack, a_reading(0, 10, "b/0"), NOW) or {}
    assert (found["reset"]["paid"], found["reset"]["pending"]) == (2, 8)


def test_a_batch_of_which_nobody_knows_the_antaeus_may_have_been_with_the_one_that_is_gone() -> (
    None
):
    known = told(None, 0, 10, "a/0")
    unresolved = {"job": "lost", "uid": "1", "time": AT}
    stack = a_stack(status={"invoices": known, "billing": {"unresolvedRun": unresolved}})
    found = invoices(stack, a_reading(0, 10, "b/0"), NOW) or {}

    assert found["reset"]["run"] == "lost"


def test_a_run_that_had_no_leave_to_pay_has_charged_nothing_that_could_be_forgotten() -> None:
    known = told(None, 0, 10, "a/0")
    begun = {"job": "begun", "uid": "1", "startTime": AT, "antaeusInstance": INSTANCE}
    stack = a_stack(status={"invoices": known, "billing": {"running": begun}})
    found = invoices(stack, a_reading(0, 10, "b/0"), NOW) or {}

    assert found["reset"] is None


KEPT: Manifest = {"persistence": {"mountPath": "/data", "existingClaim": "mine"}}


def with_ids(
    ids: str | None, pending: int, instance: str, old: Manifest | None = None, **spec: Any
) -> Manifest:
    """The invoices of a status after a reading that says which are paid."""
    paid = len((ids or "").split(",")) if ids else 0
    reading = Reading(Counts(paid, pending, ids), an_instance(instance))
    billing = {"running": RUN} if spec else {}
    stack = a_stack(status={"invoices": old, "billing": billing} if old else {}, **spec)
    found = invoices(stack, reading, NOW) or {}
    return {name: value for name, value in found.items() if value is not None}


def test_what_is_paid_from_the_start_on_is_not_forgotten_however_often_antaeus_restarts() -> None:
    """The original always begins with two of them."""
    found = with_ids("1,6", 8, "a/0")
    for restarts in range(1, 9):
        found = with_ids("1,6", 8, f"a/{restarts}", found)

    assert "reset" not in found
    assert found["paidIDs"] == "1,6"


def test_what_is_forgotten_is_told_by_its_ids() -> None:
    found = with_ids("1,6", 8, "b/0", with_ids("1,2,3,6", 6, "a/0"))

    assert found["reset"] == {"paid": 2, "pending": 6, "ids": "2-3", "time": AT}
    said = reset_message(a_stack(), found) or ""
    assert "2 invoices that were paid (2-3) are pending again" in said


def test_an_antaeus_that_keeps_its_invoices_forgets_none() -> None:
    paid = with_ids("1,2,3,6", 6, "a/0")

    assert "reset" not in with_ids("1,2,3,6", 6, "b/0", paid)
    assert "reset" not in with_ids("1,2,3,4,6", 5, "b/0", paid)


def test_a_volume_keeps_what_a_batch_paid_that_was_cut_off() -> None:
    paid = with_ids("1,6", 8, "a/0")

    assert "reset" not in with_ids("1,2,6", 7, "b/0", paid, antaeus=KEPT)
    without = {name: of for name, of in paid.items() if name != "paidIDs"}
    assert "reset" not in with_ids("1,2,6", 7, "b/0", without, antaeus=KEPT)


def test_what_a_volume_has_lost_is_told_all_the_same() -> None:
    """As where the image has its database in another place than the volume."""
    found = with_ids("1,6", 8, "b/0", with_ids("1,2,3,6", 6, "a/0"), antaeus=KEPT)

    assert (found["reset"]["paid"], found["reset"]["ids"]) == (2, "2-3")


def test_as_many_that_are_paid_hide_none_that_is_forgotten() -> None:
    """Before the watch has told of the new pod, somebody may have paid others there."""
    found = with_ids("1,6,7,8", 6, "a/0", with_ids("1,2,3,6", 6, "a/0"))

    assert (found["reset"]["paid"], found["reset"]["ids"]) == (2, "2-3")


def test_of_two_resets_all_ids_are_told() -> None:
    first = with_ids("6", 9, "b/0", with_ids("1,2,6", 7, "a/0"))
    second = with_ids("6", 9, "c/0", with_ids("3,6", 8, "b/0", first))

    assert (second["reset"]["paid"], second["reset"]["ids"]) == (3, "1-3")


@pytest.mark.parametrize("ids", [None, "no ids", "1-2-3"])
def test_without_ids_all_that_was_paid_may_be_forgotten(ids: str | None) -> None:
    old = with_ids("1,6", 8, "a/0")
    before = {name: of for name, of in old.items() if name != "paidIDs"}
    found = with_ids("1,6", 8, "b/0", before | ({"paidIDs": ids} if ids else {}))

    assert found["reset"] == {"paid": 2, "pending": 8, "time": AT}


@pytest.mark.parametrize(
    ("billing", "batch"),
    [
        ({}, None),
        ({"running": RUN, "unmanagedRun": {"time": AT}}, "run monthly"),
        ({"unresolvedRun": RUN}, "run monthly"),
        ({"unmanagedRun": {"time": AT}}, "a direct pay call"),
    ],
    ids=["nothing", "a run and a call", "a run whose end is not known", "a call that was no run"],
)
def test_what_charges_is_told_for_what_it_is(billing: Manifest, batch: str | None) -> None:
    assert batch_under_way(a_stack(status={"billing": billing})) == batch
