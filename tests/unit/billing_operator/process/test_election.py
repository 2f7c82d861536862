"""Never two at work, and never long without one; on a clock that needs no waiting."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from billing_operator.process.election import Elector, LeaseLost, Times, is_free, steady
from support.operator.fake_leases import FakeLeases, a_candidate
from support.operator.fake_time import freeze, in_fake_time

TIMES = Times()
# What is promised to users, and what a start takes besides.
TAKEN_OVER = 18.0


def now() -> float:
    return asyncio.get_running_loop().time()


async def seconds(of: "asyncio.Task[None]") -> float:
    began = now()
    await of
    return now() - began


@contextmanager
def keeping(elector: Elector) -> Iterator["asyncio.Task[None]"]:
    task = asyncio.create_task(elector.keep())
    yield task
    task.cancel()


@pytest.mark.parametrize(
    ("spec", "unchanged", "free"),
    [
        ({}, 0, True),
        ({"holderIdentity": ""}, 0, True),
        ({"holderIdentity": "me"}, 0, True),
        ({"holderIdentity": "other", "leaseDurationSeconds": 15}, 14.9, False),
        ({"holderIdentity": "other", "leaseDurationSeconds": 15}, 15, True),
        ({"holderIdentity": "other", "leaseDurationSeconds": 60}, 30, False),
        ({"holderIdentity": "other"}, 14.9, False),
        ({"holderIdentity": "other"}, 15, True),
    ],
    ids=[
        "nobody ever held it",
        "it was given back",
        "we hold it ourselves",
        "another holds it until just before its end",
        "it has just run out",
        "it lasts longer than we would take it for",
        "it has no duration and ours is not over",
        "it has no duration and ours is over",
    ],
)
def test_a_lease_is_free_by_its_own_word(
    spec: dict[str, object],
    unchanged: float,
    free: bool,  # noqa: FBT001 - a column
) -> None:
    assert is_free(spec, "me", unchanged, 15.0) is free


def test_a_holder_stops_writing_well_before_another_begins() -> None:
    assert TIMES.renew + TIMES.request <= TIMES.lease
    assert TIMES.lease + TIMES.retry + 2 * 0.5 <= TAKEN_OVER


@in_fake_time
async def test_the_first_one_makes_the_lease_and_a_second_one_waits() -> None:
    leases = FakeLeases()
    first, second = a_candidate(leases, "a"), a_candidate(leases, "b")
    await first.win()
    with keeping(first), pytest.raises(TimeoutError):
        await asyncio.wait_for(second.win(), 300)

    assert leases.live is not None
    spec = leases.live["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("a", 15)
    assert (spec["leaseTransitions"], {who for who, _ in leases.writes}) == (1, {"a"})
    assert (first.may_write(), second.may_write()) == (True, False)


@in_fake_time
async def test_a_dead_one_is_succeeded_in_time_whenever_it_died() -> None:
    for died in (0.0, 0.1, 1.0, 1.9, 2.0, 3.5):
        leases = FakeLeases()
        first, second = a_candidate(leases, "a"), a_candidate(leases, "b")
        await first.win()
        winning = asyncio.create_task(second.win())
        with keeping(first):
            await asyncio.sleep(30 + died)

        last = leases.last_write("a")
        await winning
        assert TIMES.lease <= now() - last <= TIMES.lease + TIMES.retry + 0.1
        assert now() - last < TAKEN_OVER


@in_fake_time
async def test_one_that_has_ended_well_is_succeeded_at_once() -> None:
    leases = FakeLeases()
    first, second = a_candidate(leases, "a"), a_candidate(leases, "b")
    await first.win()
    winning = asyncio.create_task(second.win())
    await asyncio.sleep(5)
    await first.release()

    assert not first.may_write()
    assert leases.holder == ""
    assert await seconds(winning) < TIMES.retry + 0.1
    assert leases.holder == "b"


@in_fake_time
async def test_the_next_one_of_the_same_name_need_not_wait() -> None:
    leases = FakeLeases()
    await a_candidate(leases, "a").win()

    assert await seconds(asyncio.create_task(a_candidate(leases, "a").win())) < 0.1


@in_fake_time
async def test_one_that_is_cut_off_stops_before_another_begins() -> None:
    for cut in (0.0, 0.5, 1.0, 1.99):
        leases = FakeLeases()
        first, second = a_candidate(leases, "a"), a_candidate(leases, "b")
        await first.win()
        winning = asyncio.create_task(second.win())
        with keeping(first) as kept:
            await asyncio.sleep(20 + cut)
            leases.cut_off.add("a")
            began = now()
            with pytest.raises(LeaseLost):
                await kept
            lost = now()

            assert lost - began <= TIMES.renew
            assert lost - leases.last_write("a") <= TIMES.renew
            assert not first.may_write()
            assert not winning.done()
        await winning
        assert now() - lost >= TIMES.lease - TIMES.renew - TIMES.retry


@in_fake_time
async def test_one_that_was_frozen_may_not_write_when_it_goes_on() -> None:
    leases = FakeLeases()
    first = a_candidate(leases, "a")
    await first.win()
    with keeping(first) as kept:
        await asyncio.sleep(20)
        freeze(TIMES.renew)

        assert not first.may_write()
        before = len(leases.writes)
        with pytest.raises(LeaseLost):
            await kept
        assert len(leases.writes) == before


@in_fake_time
async def test_a_lease_counts_from_when_it_was_asked_for() -> None:
    leases = FakeLeases()
    first = a_candidate(leases, "a")
    winning = asyncio.create_task(first.win())
    await asyncio.sleep(0.015)
    freeze(2.0)
    await winning

    assert first.may_write()
    await asyncio.sleep(TIMES.renew - 2.0)
    assert not first.may_write()


@in_fake_time
async def test_an_answer_that_was_lost_costs_no_lease() -> None:
    leases = FakeLeases()
    first = a_candidate(leases, "a")
    await first.win()
    with keeping(first) as kept:
        await asyncio.sleep(3)
        leases.loses_answers = True
        await asyncio.sleep(4)
        leases.loses_answers = False
        await asyncio.sleep(60)

        assert not kept.done()
        assert first.may_write()


@in_fake_time
async def test_a_lease_that_somebody_took_is_lost_at_once() -> None:
    leases = FakeLeases()
    first = a_candidate(leases, "a")
    await first.win()
    assert leases.live is not None
    leases.store({**leases.live, "spec": {**leases.live["spec"], "holderIdentity": "b"}}, "thief")
    began = now()
    with keeping(first) as kept, pytest.raises(LeaseLost):
        await kept
    assert now() - began < TIMES.retry + 0.1


@in_fake_time
async def test_a_lease_that_somebody_deleted_is_made_again_by_its_holder() -> None:
    for deleted in (0.0, 0.7, 1.3, 1.9):
        leases = FakeLeases()
        first, second = a_candidate(leases, "a"), a_candidate(leases, "b")
        await first.win()
        winning = asyncio.create_task(second.win())
        with keeping(first) as kept:
            await asyncio.sleep(20 + deleted)
            leases.live = None
            await asyncio.sleep(20)

            assert leases.holder == "a"
            assert not kept.done()
            assert not winning.done()
        winning.cancel()


@in_fake_time
async def test_of_many_that_begin_at_once_one_works_at_any_time() -> None:
    leases = FakeLeases()
    many = [a_candidate(leases, name) for name in "abcdef"]
    for alive in itertools.count(len(many), -1):
        winning = {one: asyncio.create_task(one.win()) for one in many}
        await asyncio.wait(winning.values(), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(1)
        (leader,) = [one for one, task in winning.items() if task.done()]
        assert [one for one in many if one.may_write()] == [leader]
        for task in winning.values():
            task.cancel()
        many.remove(leader)
        if alive == 2:
            break


@in_fake_time
async def test_on_standby_little_is_asked_and_nothing_written() -> None:
    leases = FakeLeases()
    await a_candidate(leases, "a").win()
    assert leases.live is not None
    leases.live["spec"]["leaseDurationSeconds"] = 1000
    asked, written = leases.asked, len(leases.writes)
    standby = asyncio.create_task(a_candidate(leases, "b").win())
    await asyncio.sleep(100)
    standby.cancel()

    assert leases.asked - asked <= 100 / TIMES.retry
    assert len(leases.writes) == written


@in_fake_time
async def test_without_the_right_it_waits_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    leases = FakeLeases()
    leases.forbids = True
    winning = asyncio.create_task(a_candidate(leases, "a").win())
    await asyncio.sleep(5)
    assert [record.message for record in caplog.records] == ["no lease"] * 3
    leases.forbids = False

    assert await seconds(winning) < TIMES.retry


def test_its_clock_goes_on_by_itself() -> None:
    before = steady()

    assert steady() >= before


@in_fake_time
@pytest.mark.parametrize("spec", [{}, {"spec": None}], ids=["no spec", "a spec that is null"])
async def test_a_lease_that_says_nothing_is_nobodys(spec: dict[str, object]) -> None:
    leases = FakeLeases()
    leases.live = {"metadata": {"name": "billing-operator", "resourceVersion": "0"}, **spec}
    first = a_candidate(leases, "a")

    assert await seconds(asyncio.create_task(first.win())) < 0.1
    assert leases.holder == "a"


@in_fake_time
async def test_one_that_is_emptied_ends_no_replica() -> None:
    leases = FakeLeases()
    first = a_candidate(leases, "a")
    await first.win()
    assert leases.live is not None
    del leases.live["spec"]
    with keeping(first) as kept:
        await asyncio.sleep(5)
        assert not kept.done()
    assert leases.holder == "a"
    leases.live.pop("spec")
    await first.release()
