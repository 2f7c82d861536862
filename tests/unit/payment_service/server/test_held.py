"""The timetable of the replies that are still to leave."""

import time

from payment_service.server.held import Held


def test_what_is_due_comes_in_the_order_of_its_times_and_only_once() -> None:
    held = Held[str]()
    for reply, due in {"late": 3.0, "early": 1.0, "as early": 1.0, "middle": 2.0}.items():
        held.enter(reply)
        held.wait(reply, due)

    assert held.due(0.5) == []
    assert held.due(2.5) == ["early", "as early", "middle"]
    assert held.due(2.5) == []
    assert len(held) == 4


def test_who_leaves_is_due_no_more_and_leaves_once() -> None:
    held = Held[str]()
    for reply in ("goes", "stays"):
        held.enter(reply)
        held.wait(reply, 1.0)

    assert held.leave("goes")
    assert not held.leave("goes")
    assert held.waiting() == ["stays"]
    assert held.due(2.0) == ["stays"]
    assert held.waiting() == []
    assert held.all() == ["stays"]


def test_who_has_left_waits_no_more() -> None:
    held = Held[str]()
    held.enter("gone")
    held.leave("gone")

    held.wait("gone", 1.0)

    assert held.due(2.0) == []
    assert not held


def test_the_pause_lasts_until_the_next_is_due() -> None:
    held = Held[str]()
    assert held.pause(1.0) == 1.0
    held.enter("reply")
    held.wait("reply", time.monotonic() + 0.5)
    assert 0.4 < held.pause(1.0) <= 0.501
    assert held.pause(0.05) == 0.05
    held.wait("reply", time.monotonic() - 1)
    assert held.pause(1.0) == 0.0
