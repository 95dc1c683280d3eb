"""What every room may rely on of the queue, on every engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.jobs import pruning
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import INTERACTIVE, Lease
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.lane import Transaction
from gateway.store.interfaces import Database
from gateway.store.rows import jobs as rows
from tests.queue_house import QueueHouse, new_job, open_queue_house

_LONGER_THAN_A_LEASE = timedelta(minutes=3)


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[QueueHouse]:
    async with open_queue_house(tmp_path, database) as opened:
        yield opened


def test_it_is_a_queue(house: QueueHouse) -> None:
    queue: JobQueue = house.queue
    assert queue is house.queue


async def test_a_job_is_claimed_with_all_that_it_was_enqueued_with(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    claimed = await house.only()
    assert (claimed.kind, claimed.key, claimed.share, claimed.subject, claimed.payload) == (
        "seal",
        "a",
        "east/erp",
        "batch-1",
        b"a",
    )
    assert (claimed.attempt, claimed.lease.fence) == (1, 1)
    assert claimed.lease.until > house.clock.now()


async def test_a_job_in_somebodys_hand_is_claimed_by_nobody_else(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    await house.only()
    assert await house.claim() == ()


async def test_each_kind_is_claimed_by_itself(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("a", kind="deliver"))
    assert await house.claimed(5, "deliver") == ["a"]
    assert await house.claimed(5, "seal") == ["a"]


async def test_shares_can_be_left_out(house: QueueHouse) -> None:
    await house.enqueue(new_job("a", share="slow"), new_job("b", share="fast"))
    (job,) = await house.queue.claim("seal", most=5, besides={"slow"})
    assert job.key == "b"
    assert await house.claimed(5) == ["a"]


async def test_the_same_key_again_is_the_same_job(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    await house.enqueue(new_job("a", subject="batch-2"), new_job("b"))
    assert await house.claimed(5) == ["a", "b"]


async def test_what_a_unit_that_raises_enqueued_does_not_exist(house: QueueHouse) -> None:
    def unit(transaction: Transaction) -> None:
        house.queue.enqueue(transaction, [new_job("a")])
        raise ValueError("the caller thinks better of it")

    with pytest.raises(ValueError, match="thinks better"):
        await house.lane.write(unit)
    assert await house.claim() == ()


async def test_what_is_finished_is_gone(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    await house.finish((await house.only()).lease)
    assert not await house.states()


async def test_it_is_finished_once(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    await house.finish(lease)
    with pytest.raises(LeaseLostProblem):
        await house.finish(lease)


async def test_the_lease_of_a_job_that_is_over_fits_no_other(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    await house.finish(lease)
    await house.enqueue(new_job("b"))
    other = await house.only()
    with pytest.raises(LeaseLostProblem):
        await house.bury(lease)
    await house.finish(other.lease)


async def test_two_who_finish_it_in_one_commit_are_one_too_many(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    results = await asyncio.gather(house.finish(lease), house.finish(lease), return_exceptions=True)
    assert [type(each) for each in results] == [type(None), LeaseLostProblem]


async def test_a_lease_that_runs_out_goes_to_the_next_who_claims(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    first = await house.only()
    house.clock.move(_LONGER_THAN_A_LEASE)
    second = await house.only()
    assert (second.lease.fence, second.attempt) == (first.lease.fence + 1, 2)
    with pytest.raises(LeaseLostProblem):
        await house.finish(first.lease)
    await house.finish(second.lease)
    assert not await house.states()


async def test_whoever_is_late_may_finish_what_nobody_has_claimed_since(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"))
    first = await house.only()
    house.clock.move(_LONGER_THAN_A_LEASE)
    assert (await house.claimed(1, "deliver"), await house.states()) == ([], {"waiting": 2})
    await house.finish(first.lease)
    assert await house.claimed(5) == ["b"]


async def test_a_late_job_is_ended_or_claimed_and_never_both(house: QueueHouse) -> None:
    """In one transaction it is ended; where claims have one of their own, the first wins."""
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    house.clock.move(_LONGER_THAN_A_LEASE)
    ended, claimed = await asyncio.gather(
        house.finish(lease), house.claim(), return_exceptions=True
    )
    if isinstance(ended, LeaseLostProblem):
        assert isinstance(claimed, tuple)
        assert [each.key for each in claimed] == ["a"]
        await house.finish(claimed[0].lease)
    else:
        assert claimed == ()
    assert not await house.states()


async def test_a_heartbeat_prolongs_a_lease(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    house.clock.move(timedelta(minutes=1))
    (longer,) = await house.queue.heartbeat([lease])
    assert longer.until == lease.until + timedelta(minutes=1)
    house.clock.move(timedelta(seconds=90))
    assert await house.claim() == ()
    await house.finish(longer)


async def test_a_heartbeat_tells_what_is_lost(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"), new_job("c"))
    first, second, third = await house.claim(3)
    await house.finish(first.lease)
    house.clock.move(_LONGER_THAN_A_LEASE)
    (again,) = await house.claim(1)
    assert await house.queue.heartbeat([first.lease, second.lease, third.lease]) == ()
    assert [each.job for each in await house.queue.heartbeat([again.lease])] == [second.lease.job]


async def test_what_is_given_back_for_later_waits_until_then(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    lease = (await house.only()).lease
    await house.retry(lease, house.clock.now() + timedelta(minutes=5))
    assert await house.claim() == ()
    house.clock.move(timedelta(minutes=5))
    again = await house.only()
    assert (again.attempt, await house.reason("a")) == (2, b"away")
    with pytest.raises(LeaseLostProblem):
        await house.finish(lease)


async def test_what_nobody_could_do_keeps_its_place_and_its_attempts(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"))
    await house.give_back((await house.only()).lease)
    again, _ = await house.claim(5)
    assert (again.key, again.attempt) == ("a", 1)


async def test_a_dead_letter_is_kept_with_its_reason_until_it_is_revived(
    house: QueueHouse,
) -> None:
    await house.enqueue(new_job("a"))
    await house.bury((await house.only()).lease)
    assert (await house.claim(), await house.reason("a")) == ((), b"broken")
    await house.revive()
    assert (await house.only()).attempt == 1


async def test_what_is_paused_waits_and_what_is_under_way_goes_on(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"), new_job("c", subject="batch-2"))
    lease = (await house.only()).lease
    await house.pause()
    assert await house.claimed(5) == ["c"]
    await house.finish(lease)
    await house.resume()
    assert await house.claimed(5) == ["b"]


async def test_what_comes_back_to_a_paused_subject_waits_with_it(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"), new_job("c"))
    given, retried, crashed = await house.claim(3)
    await house.pause()
    await house.give_back(given.lease)
    await house.retry(retried.lease, house.clock.now())
    house.clock.move(_LONGER_THAN_A_LEASE)
    assert (await house.claim(5), await house.states()) == ((), {"paused": 3})
    await house.resume()
    assert sorted(await house.claimed(5)) == ["a", "b", "c"]
    assert crashed.key == "c"


async def test_a_large_batch_is_paused_and_resumed_bit_by_bit(
    house: QueueHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_MOST_TURNED", 10)
    await house.enqueue(*(new_job(f"{number}") for number in range(45)))
    await house.pause()
    assert await house.states() == {"paused": 10, "waiting": 35}
    for _ in range(8):
        assert await house.claim() == ()
    assert await house.states() == {"paused": 45}

    await house.resume()
    assert await house.states() == {"paused": 35, "waiting": 10}
    # What was left to do is done by whoever starts next.
    house.queue = house.another_queue("first")
    await house.lane.write(house.queue.take_back)
    for _ in range(8):
        await house.claim(kind="deliver")
    assert await house.states() == {"waiting": 45}


async def test_whoever_thinks_better_of_it_has_the_last_word(
    house: QueueHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_MOST_TURNED", 10)
    await house.enqueue(*(new_job(f"{number}") for number in range(45)))
    await house.pause()
    await house.resume()
    await house.cancel()
    for _ in range(8):
        await house.claim(kind="deliver")
    assert await house.states() == {"cancelled": 45}


async def test_what_is_cancelled_is_not_done(house: QueueHouse) -> None:
    await house.enqueue(*(new_job(key) for key in "abc"))
    first, second = await house.claim(2)
    await house.cancel()
    await house.finish(first.lease)
    await house.give_back(second.lease)
    await house.resume()
    assert (await house.claim(5), await house.states()) == ((), {"cancelled": 2})


async def test_what_was_cancelled_is_forgotten_and_nothing_else(
    house: QueueHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_FORGOTTEN_AT_ONCE", 2)
    await house.enqueue(*(new_job(key) for key in "abcdef"))
    in_hand = await house.only()
    await house.cancel()
    await house.enqueue(new_job("other", subject="batch-2"))
    assert await pruning.forget_cancelled(house.lane) == 5
    assert await house.states() == {"leased": 1, "waiting": 1}
    await house.finish(in_hand.lease)
    assert await pruning.forget_cancelled(house.lane) == 0


async def test_interactive_work_goes_before_whatever_waits(house: QueueHouse) -> None:
    await house.enqueue(*(new_job(f"batch-{number}") for number in range(20)))
    await house.enqueue(new_job("now", priority=INTERACTIVE))
    assert await house.claimed(2) == ["now", "batch-0"]


async def test_a_priority_orders_what_a_share_has_and_gains_it_nothing_against_others(
    house: QueueHouse,
) -> None:
    await house.enqueue(*(new_job(f"usual-{number}", share="a") for number in range(2)))
    await house.enqueue(
        *(new_job(f"urgent-{number}", share="a", priority=1) for number in range(2))
    )
    await house.enqueue(*(new_job(f"other-{number}", share="b", priority=9) for number in range(2)))
    assert sorted(await house.claimed(2)) == ["other-0", "urgent-0"]
    assert sorted(await house.claimed(4)) == ["other-1", "urgent-1", "usual-0", "usual-1"]


async def test_a_company_with_many_systems_has_no_more_turns_than_one_with_few(
    house: QueueHouse,
) -> None:
    for system in ("a", "b", "c"):
        for number in range(6):
            await house.enqueue(new_job(f"{system}{number}", share=f"east/{system}"))
    for number in range(6):
        await house.enqueue(new_job(f"w{number}", share="west/w"))
    claimed = await house.claimed(12)
    assert sorted(each for each in claimed if each[0] == "w") == [f"w{n}" for n in range(6)]
    assert sorted(each[0] for each in claimed if each[0] != "w") == ["a", "a", "b", "b", "c", "c"]


async def test_a_share_with_many_jobs_does_not_delay_one_with_few(house: QueueHouse) -> None:
    await house.enqueue(*(new_job(f"many-{number}", share="a") for number in range(200)))
    await house.enqueue(*(new_job(f"few-{number}", share="b") for number in range(3)))
    assert sorted(await house.claimed(6)) == [
        *("few-0", "few-1", "few-2"),
        *("many-0", "many-1", "many-2"),
    ]
    assert await house.claimed(3) == ["many-3", "many-4", "many-5"]


async def test_shares_take_turns_though_one_job_is_claimed_at_a_time(house: QueueHouse) -> None:
    for share in "abc":
        await house.enqueue(*(new_job(f"{share}{number}", share=share) for number in range(3)))
    claimed = [(await house.only()).key for _ in range(9)]
    assert claimed == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


async def test_within_a_share_the_order_is_that_of_enqueuing(house: QueueHouse) -> None:
    await house.enqueue(*(new_job(f"{number}") for number in range(10)))
    house.clock.move(-timedelta(hours=1))
    await house.enqueue(*(new_job(f"{number}") for number in range(10, 20)))
    assert await house.claimed(20) == [f"{number}" for number in range(20)]


async def test_a_job_for_later_is_claimed_then(house: QueueHouse) -> None:
    later = house.clock.now() + timedelta(minutes=1)
    await house.enqueue(new_job("later", not_before=later), new_job("now"))
    assert await house.claimed(5) == ["now"]
    house.clock.move(timedelta(minutes=1))
    assert await house.claimed(5) == ["later"]


async def test_a_clock_that_jumps_ends_no_lease(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"))
    await house.only()
    house.clock.moment += timedelta(days=365)
    assert await house.claim() == ()
    house.clock.moment -= timedelta(days=730)
    house.clock.seconds += _LONGER_THAN_A_LEASE.total_seconds()
    assert await house.claimed(5) == ["a"]


@pytest.mark.parametrize("by", [timedelta(days=1), -timedelta(days=1)], ids=["ahead", "behind"])
async def test_a_clock_that_jumps_brings_no_retry_nearer_and_puts_none_off(
    house: QueueHouse, by: timedelta
) -> None:
    await house.enqueue(new_job("before"), new_job("meanwhile"))
    pause = timedelta(minutes=5)
    await house.retry((await house.only()).lease, house.clock.now() + pause)
    house.clock.moment += by
    await house.retry((await house.only()).lease, house.clock.now() + pause)
    assert await house.claimed(5) == []
    house.clock.moment -= by
    assert await house.claimed(5) == []
    house.clock.move(pause)
    assert await house.claimed(5) == ["before", "meanwhile"]


async def test_what_was_put_off_by_a_clock_that_was_years_ahead_is_due_after_a_start(
    house: QueueHouse,
) -> None:
    await house.enqueue(new_job("a"), new_job("b"))
    for pause in (timedelta(days=365), timedelta(hours=24)):
        await house.retry((await house.only()).lease, house.clock.now() + pause)
    anew = house.another_queue("first")
    await house.lane.write(anew.take_back)
    assert [each.key for each in await anew.claim("seal", most=5)] == ["a"]


async def test_whoever_starts_anew_takes_back_what_the_dead_process_had(house: QueueHouse) -> None:
    await house.enqueue(new_job("a"), new_job("b"))
    first = await house.only()
    queue = house.another_queue("second")
    assert await house.lane.write(queue.take_back) == 1
    (again, other) = await queue.claim("seal", most=5)
    assert (again.key, again.attempt, other.key) == ("a", 2, "b")
    with pytest.raises(LeaseLostProblem):
        await house.finish(first.lease)


async def test_jobs_claimed_by_many_at_once_while_others_end_are_each_in_one_hand(
    house: QueueHouse, tmp_path: Path, database: Database
) -> None:
    await house.enqueue(*(new_job(f"{n}", share=f"s{n % 5}") for n in range(120)))
    seen: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        houses = [house]
        if not isinstance(database, SQLiteFile):  # SQLite has one writer, whoever asks it
            houses.append(await stack.enter_async_context(open_queue_house(tmp_path, database)))

        async def work(each: QueueHouse, holder: str) -> None:
            queue = each.another_queue(holder)
            while jobs := await queue.claim("seal", most=7):
                seen.extend(job.key for job in jobs)
                for job in jobs:
                    await each.lane.write(lambda unit, job=job: queue.finish(unit, job.lease))

        await asyncio.gather(*(work(each, f"{n}") for n, each in enumerate(houses * 2)))
    assert sorted(seen, key=int) == [f"{n}" for n in range(120)]
    assert not await house.states()


async def test_a_node_that_starts_anew_takes_back_its_own_and_no_others(
    house: QueueHouse,
) -> None:
    await house.enqueue(new_job("a"), new_job("b"))
    await house.only()
    other = house.another_queue("second")
    (held,) = await other.claim("seal", most=1)
    again = house.another_queue("first")
    assert await house.lane.write(again.take_back_own) == 1
    assert [each.key for each in await again.claim("seal", most=5)] == ["a"]
    await house.lane.write(lambda unit: other.finish(unit, held.lease))


async def test_whoever_waits_is_woken_by_a_commit(house: QueueHouse) -> None:
    waiting = asyncio.create_task(house.queue.wait("seal", seconds=30))
    await asyncio.sleep(0)
    await house.enqueue(new_job("a"))
    async with asyncio.timeout(10):
        await waiting
    assert await house.claimed() == ["a"]


async def test_whoever_waits_for_nothing_is_let_go(house: QueueHouse) -> None:
    async with asyncio.timeout(10):
        await house.queue.wait("seal", seconds=0.01)


async def test_a_lease_of_no_job_is_lost(house: QueueHouse) -> None:
    lease = Lease(job=99, fence=1, until=house.clock.now())
    for end in (house.finish, house.give_back, house.bury):
        with pytest.raises(LeaseLostProblem):
            await end(lease)
