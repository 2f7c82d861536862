"""What is done as the leader begins with the lease, and ends before it or with it."""

import asyncio

import pytest

from billing_operator.process.election import Elector, LeaseLost, Times, work_while_leading
from support.operator.fake_leases import FakeLeases, a_candidate
from support.operator.fake_time import in_fake_time

TIMES = Times()


def now() -> float:
    return asyncio.get_running_loop().time()


async def seconds(of: "asyncio.Task[None]") -> float:
    began = now()
    await of
    return now() - began


class Work:
    """What the leader does, in the hands of a test."""

    def __init__(self, elector: Elector) -> None:
        self.stop = asyncio.Event()
        self.began = asyncio.Event()
        self.winds_up = 3.0
        self.ended = False
        self.fault: Exception | None = None
        self.whole = asyncio.create_task(work_while_leading(elector, self._work, self.stop))

    async def _work(self) -> None:
        self.began.set()
        if self.fault:
            raise self.fault
        await self.stop.wait()
        await asyncio.sleep(self.winds_up)
        self.ended = True


@in_fake_time
async def test_the_lease_is_kept_until_the_work_has_ended_and_then_released() -> None:
    leases = FakeLeases()
    work = Work(a_candidate(leases, "a"))
    await work.began.wait()
    work.winds_up = 25.0
    work.stop.set()
    await asyncio.sleep(24)
    assert leases.holder == "a"
    assert leases.writes[-1][1] > now() - TIMES.retry - 0.1
    await work.whole

    assert work.ended
    assert leases.holder == ""


@in_fake_time
async def test_on_standby_it_ends_when_it_is_told_to() -> None:
    leases = FakeLeases()
    await a_candidate(leases, "a").win()
    work = Work(a_candidate(leases, "b"))
    await asyncio.sleep(3)
    work.stop.set()

    assert await seconds(work.whole) < 0.1
    assert not work.began.is_set()
    assert leases.holder == "a"


@in_fake_time
async def test_who_loses_the_lease_ends_without_waiting_for_its_work() -> None:
    leases = FakeLeases()
    work = Work(a_candidate(leases, "a"))
    await work.began.wait()
    leases.cut_off.add("a")
    began = now()
    with pytest.raises(LeaseLost):
        await work.whole

    assert now() - began <= TIMES.renew
    assert not work.ended


@in_fake_time
async def test_work_that_fails_gives_the_lease_to_another() -> None:
    leases = FakeLeases()
    work = Work(a_candidate(leases, "a"))
    work.fault = ValueError("defect")
    with pytest.raises(ValueError, match="defect"):
        await work.whole

    assert leases.holder == ""
