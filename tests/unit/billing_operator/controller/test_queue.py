"""One worker a key, later the more often it fails; on a clock that needs no waiting."""

import asyncio

import pytest

from billing_operator.controller.queue import Backoff, Failed
from support.operator.fake_time import in_fake_time
from support.operator.recording_worker import RecordingWorker, Watch, a_queue


@in_fake_time
async def test_a_key_is_worked_on_at_once() -> None:
    worker = RecordingWorker()
    a_queue(worker).put("a")
    await asyncio.sleep(1)

    assert worker.began == [("a", 0.0)]


@in_fake_time
async def test_a_key_that_is_put_often_is_worked_on_once() -> None:
    worker = RecordingWorker()
    queue = a_queue(worker)
    for _ in range(10):
        queue.put("a")
    await asyncio.sleep(1)

    assert worker.times == [0.0]


@in_fake_time
async def test_a_key_that_is_put_while_it_is_worked_on_is_worked_on_once_more() -> None:
    worker = RecordingWorker(takes=5.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(1)
    queue.put("a")
    queue.put("a")
    await asyncio.sleep(20)

    assert worker.times == [0.0, 5.0]
    assert worker.most_at_once == 1


@in_fake_time
async def test_keys_are_worked_on_side_by_side_up_to_a_limit() -> None:
    worker = RecordingWorker(takes=1.0)
    queue = a_queue(worker, at_once=2)
    for key in "abc":
        queue.put(key)
    await asyncio.sleep(0.5)
    assert len(queue) == 3
    await asyncio.sleep(5)

    assert worker.times == [0.0, 0.0, 1.0]
    assert worker.most_at_once == 2
    assert len(queue) == 0


@in_fake_time
async def test_a_key_that_is_put_while_it_waits_for_its_turn_is_worked_on_once() -> None:
    worker = RecordingWorker(takes=1.0)
    queue = a_queue(worker, at_once=1)
    queue.put("a")
    queue.put("b")
    await asyncio.sleep(0.5)
    queue.put("b")
    await asyncio.sleep(5)

    assert worker.began == [("a", 0.0), ("b", 1.0)]


@in_fake_time
async def test_a_worker_says_when_it_wants_to_be_called_again() -> None:
    worker = RecordingWorker(10.0, 20.0)
    a_queue(worker).put("a")
    await asyncio.sleep(100)

    assert worker.times == [0.0, 10.0, 30.0]


@in_fake_time
async def test_asking_is_sooner_than_a_worker_wanted_and_takes_the_place_of_it() -> None:
    worker = RecordingWorker(10.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(4)
    queue.put("a")
    await asyncio.sleep(100)

    assert worker.times == [0.0, 4.0]


@in_fake_time
async def test_to_ensure_a_key_leaves_one_that_waits_as_it_is() -> None:
    worker = RecordingWorker(10.0)
    queue = a_queue(worker)
    queue.ensure("a")
    await asyncio.sleep(4)
    queue.ensure("a")
    await asyncio.sleep(100)

    assert worker.times == [0.0, 10.0]


@in_fake_time
async def test_to_ensure_a_key_that_is_done_has_it_worked_on_once_more() -> None:
    worker = RecordingWorker()
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(4)
    queue.ensure("a")
    await asyncio.sleep(1)

    assert worker.times == [0.0, 4.0]


FAILURES = [ValueError("broken"), Failed.BACK_OFF]


@pytest.mark.parametrize("failure", FAILURES, ids=["raised", "said"])
@in_fake_time
async def test_the_more_often_a_key_fails_the_longer_it_waits(failure: Exception | Failed) -> None:
    worker = RecordingWorker(*[failure] * 6)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(60)
    waits = [after - before for before, after in zip(worker.times, worker.times[1:], strict=False)]

    for wait, wanted in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert wanted * 0.9 <= wait <= wanted * 1.1


@in_fake_time
async def test_a_success_ends_the_count_of_failures() -> None:
    worker = RecordingWorker(Failed.BACK_OFF, Failed.BACK_OFF, 100.0, Failed.BACK_OFF)
    a_queue(worker).put("a")
    await asyncio.sleep(150)
    last, again = worker.times[-2:]

    assert 0.9 <= again - last <= 1.1


@in_fake_time
async def test_asking_while_a_key_fails_waits_for_the_shortest_backoff() -> None:
    worker = RecordingWorker(*[Failed.BACK_OFF] * 4, takes=1.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(13)
    began = len(worker.began)
    assert began == 4
    queue.put("a")
    await asyncio.sleep(0.5)
    assert len(worker.began) == began + 1


@in_fake_time
async def test_one_key_that_fails_delays_no_other() -> None:
    worker = RecordingWorker(Failed.BACK_OFF, None)
    queue = a_queue(worker)
    queue.put("broken")
    await asyncio.sleep(0.1)
    queue.put("well")
    await asyncio.sleep(0.1)

    assert worker.began == [("broken", 0.0), ("well", 0.1)]


@in_fake_time
async def test_a_call_that_takes_too_long_is_a_failure() -> None:
    worker = RecordingWorker(takes=100.0)
    queue = a_queue(worker, timeout=5.0)
    queue.put("a")
    await asyncio.sleep(8)

    assert len(worker.began) == 2
    assert worker.times[1] >= 5.9


@in_fake_time
async def test_what_a_worker_raises_is_logged_with_its_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = a_queue(RecordingWorker(ValueError("broken")))
    queue.put("a")
    await asyncio.sleep(0.5)

    (record,) = caplog.records
    assert vars(record)["key"] == "a"
    assert "broken" in str(record.exc_info)


@in_fake_time
async def test_a_closed_queue_cancels_what_is_under_way_and_takes_nothing_more() -> None:
    worker = RecordingWorker(10.0, takes=5.0)
    queue = a_queue(worker)
    queue.put("waits for its time")
    await asyncio.sleep(7)
    queue.put("is under way")
    await asyncio.sleep(1)
    async with asyncio.timeout(0.1):
        await queue.close()
    queue.put("too late")
    await asyncio.sleep(100)

    assert worker.began == [("waits for its time", 0.0), ("is under way", 7.0)]
    assert len(queue) == 0


@in_fake_time
async def test_a_forgotten_key_is_not_called_again() -> None:
    worker = RecordingWorker(10.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(1)
    queue.forget("a")
    queue.forget("never known")
    await asyncio.sleep(100)

    assert worker.times == [0.0]


@in_fake_time
async def test_forgetting_a_key_that_is_worked_on_lets_the_worker_end() -> None:
    worker = RecordingWorker(takes=5.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(1)
    queue.forget("a")
    queue.put("a")
    await asyncio.sleep(100)

    assert worker.most_at_once == 1
    assert worker.times == [0.0, 5.0]


@in_fake_time
async def test_the_watcher_is_told_how_long_keys_wait_and_take() -> None:
    queue = a_queue(RecordingWorker(None, Failed.BACK_OFF, takes=2.0), at_once=1)
    queue.put("a")
    queue.put("b")
    await asyncio.sleep(4.5)
    watch = queue.watcher

    assert isinstance(watch, Watch)
    assert watch.waits == [0.0, 2.0]
    assert watch.ends == [(2.0, False), (2.0, True)]


def test_backoff_grows_to_a_limit_and_never_overflows() -> None:
    backoff = Backoff(first=1.0, most=300.0)

    for failures, wanted in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (10**6, 300)]:
        assert wanted * 0.9 <= backoff.seconds(failures) <= wanted * 1.1
