"""How the queue keeps its worker from being called too often; on a clock that needs no waiting."""

import asyncio

import pytest

from billing_operator.controller.queue import Failed, NotBefore
from support.operator.fake_time import in_fake_time
from support.operator.recording_worker import RecordingWorker, a_queue


@in_fake_time
async def test_a_storm_is_little_work_and_its_last_word_is_heard() -> None:
    worker = RecordingWorker()
    queue = a_queue(worker, min_interval=0.25)
    for _ in range(100):
        queue.put("a")
        await asyncio.sleep(0.05)
    last = 100 * 0.05
    await asyncio.sleep(1)

    assert worker.times[0] == 0.0
    assert len(worker.times) <= 21
    assert worker.times[-1] >= last - 0.05


@in_fake_time
async def test_after_a_calm_a_key_is_worked_on_at_once_again() -> None:
    worker = RecordingWorker()
    queue = a_queue(worker, min_interval=0.25)
    queue.put("a")
    await asyncio.sleep(0.1)
    queue.ensure("a")
    await asyncio.sleep(1)
    queue.put("a")
    await asyncio.sleep(1)

    assert worker.times == [0.0, 0.25, 1.1]


@in_fake_time
async def test_a_failure_is_not_repeated_at_once_whoever_asks() -> None:
    worker = RecordingWorker(Failed.BACK_OFF, takes=0.1)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(0.2)
    queue.put("a")
    await asyncio.sleep(30)

    assert worker.times[0] == 0.0
    assert 0.9 <= worker.times[1] - 0.1 <= 1.1
    assert len(worker.times) == 2


@in_fake_time
async def test_who_was_told_to_stay_away_does_so_whoever_asks() -> None:
    worker = RecordingWorker(NotBefore(7.0), NotBefore(7.0), takes=1.0)
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(0.5)
    queue.put("a")
    await asyncio.sleep(2)
    queue.put("a")
    await asyncio.sleep(30)

    assert worker.times == [0.0, 8.0, 16.0]


@pytest.mark.parametrize(("said", "waits"), [(0.0, 1.0), (86400.0, 8.0)])
@in_fake_time
async def test_however_soon_or_late_a_worker_was_told_to_come_back_the_backoff_bounds_it(
    said: float, waits: float
) -> None:
    worker = RecordingWorker(NotBefore(said))
    queue = a_queue(worker)
    queue.put("a")
    await asyncio.sleep(30)

    assert worker.times == [0.0, waits]
