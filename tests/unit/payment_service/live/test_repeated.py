"""Threads that do one thing again and again."""

import threading

import pytest

from billing_dev.eventually import eventually
from payment_service.live.repeated import Repeated
from support.payment.state_makers import Clock


class Task:
    """Something to do, which can hang or fail."""

    def __init__(self) -> None:
        self.begun = self.done = 0
        self.error: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self) -> None:
        self.begun += 1
        self.may_go_on.wait(30)
        if self.error is not None:
            raise self.error
        self.done += 1


def repeated(task: Task, clock: Clock) -> Repeated:
    again = Repeated("task", task, late_seconds=10, interval=0.01, now=lambda: clock.seconds)
    again.start()
    return again


def test_it_is_alive_until_it_is_stopped() -> None:
    task = Task()
    again = repeated(task, Clock())
    eventually(lambda: task.done > 2, within=5, every=0.01)
    assert again.alive()

    again.stop()

    assert not again.alive()


def test_what_hangs_is_not_alive_until_it_comes_back() -> None:
    task, clock = Task(), Clock()
    task.may_go_on.clear()
    again = repeated(task, clock)
    clock.seconds += 9.5
    assert again.alive()
    clock.seconds += 1
    assert not again.alive()

    task.may_go_on.set()

    eventually(again.alive, within=5, every=0.01)
    again.stop()


def test_what_hangs_does_not_hold_up_the_end() -> None:
    task = Task()
    task.may_go_on.clear()
    again = repeated(task, Clock())
    eventually(lambda: task.begun, within=5, every=0.01)

    again.stop()

    assert task.done == 0
    task.may_go_on.set()


def test_what_fails_is_told_once_and_goes_on_but_is_not_alive_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    task, clock = Task(), Clock()
    task.error = ZeroDivisionError("of a kind")
    again = repeated(task, clock)
    eventually(lambda: task.begun > 5, within=5, every=0.01)
    assert [record.getMessage() for record in caplog.records] == ["task failed"]
    assert again.alive()
    clock.seconds += 10.5
    assert not again.alive()

    task.error = None

    eventually(again.alive, within=5, every=0.01)
    again.stop()
