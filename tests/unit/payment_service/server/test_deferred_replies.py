"""The timetable of the replies that are still to leave."""

import time

from payment_service.server.deferred_replies import DeferredReplies


def test_what_is_due_comes_in_the_order_of_its_times_and_only_once() -> None:
    replies = DeferredReplies[str]()
    for reply, due in {"late": 3.0, "early": 1.0, "as early": 1.0, "middle": 2.0}.items():
        replies.enter(reply)
        replies.wait(reply, due)

    assert replies.due(0.5) == []
    assert replies.due(2.5) == ["early", "as early", "middle"]
    assert replies.due(2.5) == []
    assert len(replies) == 4


def test_who_leaves_is_due_no_more_and_leaves_once() -> None:
    replies = DeferredReplies[str]()
    for reply in ("goes", "stays"):
        replies.enter(reply)
        replies.wait(reply, 1.0)

    assert replies.leave("goes")
    assert not replies.leave("goes")
    assert replies.waiting() == ["stays"]
    assert replies.due(2.0) == ["stays"]
    assert replies.waiting() == []
    assert replies.all() == ["stays"]


def test_who_has_left_waits_no_more() -> None:
    replies = DeferredReplies[str]()
    replies.enter("gone")
    replies.leave("gone")

    replies.wait("gone", 1.0)

    assert replies.due(2.0) == []
    assert not replies


def test_the_pause_lasts_until_the_next_is_due() -> None:
    replies = DeferredReplies[str]()
    assert replies.pause(1.0) == 1.0
    replies.enter("reply")
    replies.wait("reply", time.monotonic() + 0.5)
    assert 0.4 < replies.pause(1.0) <= 0.501
    assert replies.pause(0.05) == 0.05
    replies.wait("reply", time.monotonic() - 1)
    assert replies.pause(1.0) == 0.0
