"""Work is done once, failures wait, and what is away costs no attempts."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.jobs.backoff import Backoff
from gateway.jobs.crew import Crew, Terms
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Away, Dead, Done, Later, Outcome, Reason
from gateway.jobs.runner import JobRunner
from gateway.randomness import chance
from gateway.store.engines.lane import Transaction
from gateway.store.errors import StoreProblem
from tests.queue_house import QueueHouse, new_job, open_queue_house

_REASON = Reason(type="signer-unavailable", detail="the token is gone")
_FAST = Terms(places=4, idle_seconds=0.01, probe_seconds=(0.01, 0.01))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[QueueHouse]:
    async with open_queue_house(tmp_path) as opened:
        yield opened


class Hands:
    """Finishes each job, unless the test says otherwise for its key."""

    def __init__(self, house: QueueHouse) -> None:
        self._house = house
        self.says: dict[str, list[Outcome | Exception]] = {}
        self.began: list[str] = []
        self.done: list[str] = []
        self.burials: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = 0
        self.most_at_once = 0

    async def work(self, job: ClaimedJob) -> Outcome:
        self.began.append(job.key)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        said = self.says.get(job.key, [])
        if said:
            outcome = said.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        await self._house.finish(job.lease)
        self.done.append(job.key)
        return Done()

    def buried(self, _transaction: Transaction, job: ClaimedJob, reason: Reason) -> None:
        self.burials.append((job.key, reason.type))


class AwayForAWhile:
    """A probe of something that the test takes away and brings back."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0

    async def __call__(self) -> None:
        self.asked += 1
        if self.is_away:
            raise ConnectionError("the token is gone")


@contextlib.asynccontextmanager
async def working(house: QueueHouse, hands: Hands, terms: Terms = _FAST) -> AsyncIterator[Crew]:
    crew = Crew("seal", hands, terms, queue=house.queue, lane=house.lane, clock=house.clock)
    async with JobRunner(house.queue, [crew], heartbeat_seconds=0.01, drain_seconds=0.05):
        yield crew


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def test_every_job_is_done_once(house: QueueHouse) -> None:
    hands = Hands(house)
    await house.enqueue(*(new_job(f"{number}") for number in range(50)))
    async with working(house, hands) as crew:
        await until(lambda: len(hands.done) == 50)
    assert hands.done == [f"{number}" for number in range(50)]
    assert (crew.tally.done, hands.most_at_once <= 4, await house.states()) == (50, True, {})


async def test_what_comes_while_it_waits_is_done_at_once(house: QueueHouse) -> None:
    hands = Hands(house)
    async with working(house, hands, but(_FAST, idle_seconds=30.0)):
        await asyncio.sleep(0)
        await house.enqueue(new_job("a"))
        await until(lambda: hands.done == ["a"])


async def test_what_fails_is_tried_again_when_its_time_has_come(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.says["a"] = [Later(reason=_REASON, after=timedelta(minutes=1))]
    await house.enqueue(new_job("a"))
    async with working(house, hands) as crew:
        await until(lambda: crew.tally.retried == 1)
        assert hands.done == []
        house.clock.move(timedelta(minutes=1))
        await until(lambda: hands.done == ["a"])


async def test_whoever_says_nothing_waits_twice_as_long_each_time(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.says["a"] = [Later(reason=_REASON)] * 3
    await house.enqueue(new_job("a"))
    terms = but(_FAST, chance=lambda: 0.0)
    async with working(house, hands, terms) as crew:
        for attempt, seconds in enumerate((1, 2, 4), start=1):
            await until(lambda attempt=attempt: crew.tally.retried == attempt)
            house.clock.move(timedelta(seconds=seconds))
        await until(lambda: hands.done == ["a"])


async def test_after_so_many_attempts_it_is_a_dead_letter(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.says["a"] = [Later(reason=_REASON, after=timedelta())] * 5
    await house.enqueue(new_job("a"), new_job("b"))
    async with working(house, hands, but(_FAST, attempts=3)) as crew:
        await until(lambda: crew.tally.buried == 1 and hands.done == ["b"])
        await until(lambda: hands.burials == [("a", "signer-unavailable")])
    assert await house.states() == {"dead": 1}
    assert json.loads(await house.reason("a") or b"") == {
        "type": "signer-unavailable",
        "detail": "the token is gone",
    }
    assert hands.began.count("a") == 3


async def test_a_job_that_kills_the_process_each_time_is_buried_unopened(
    house: QueueHouse,
) -> None:
    hands = Hands(house)
    await house.enqueue(new_job("a"))
    for _ in range(3):
        await house.only()
        await house.lane.write(house.queue.take_back)
    async with working(house, hands, but(_FAST, attempts=3)):
        await until(lambda: hands.burials == [("a", "job-never-ends")])
    assert hands.began == []


async def test_what_is_away_costs_no_attempts_and_no_order(house: QueueHouse) -> None:
    hands, probe = Hands(house), AwayForAWhile()
    keys = [f"{number}" for number in range(20)]
    hands.says = {key: [Away(reason=_REASON)] for key in keys[:4]}
    await house.enqueue(*map(new_job, keys))
    async with working(house, hands, but(_FAST, attempts=1, probe=probe)) as crew:
        await until(lambda: crew.tally.given_back == 4 and crew.away == _REASON)
        await until(lambda: probe.asked > 3)
        assert (hands.done, sorted(hands.began)) == ([], ["0", "1", "2", "3"])
        probe.is_away = False
        await until(lambda: len(hands.done) == 20)
        assert crew.away is None
    assert hands.done == keys


async def test_a_job_that_fails_while_all_is_there_is_its_own_trouble(house: QueueHouse) -> None:
    hands, probe = Hands(house), AwayForAWhile()
    probe.is_away = False
    hands.says["a"] = [Away(reason=_REASON)] * 2
    await house.enqueue(new_job("a"), new_job("b"))
    async with working(house, hands, but(_FAST, attempts=2, probe=probe)) as crew:
        await until(lambda: crew.tally.retried == 1 and hands.done == ["b"])
        house.clock.move(timedelta(seconds=2))
        await until(lambda: hands.burials == [("a", "signer-unavailable")])


async def test_a_handler_with_a_defect_is_tried_again(
    house: QueueHouse,
) -> None:
    hands = Hands(house)
    hands.says["a"] = [ZeroDivisionError("ours"), StoreProblem("no space"), Dead(reason=_REASON)]
    await house.enqueue(new_job("a"))
    async with working(house, hands) as crew:
        for attempt in (1, 2):
            await until(lambda attempt=attempt: crew.tally.retried == attempt)
            house.clock.move(timedelta(seconds=5))
        await until(lambda: hands.burials == [("a", "signer-unavailable")])


async def test_a_job_that_takes_too_long_gives_its_place_away(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.gate.clear()
    await house.enqueue(new_job("a"))
    terms = but(_FAST, longest=timedelta(milliseconds=10))
    async with working(house, hands, terms) as crew:
        await until(lambda: crew.tally.retried == 1)
    assert b"job-too-slow" in (await house.reason("a") or b"")


async def test_interactive_callers_take_places_but_not_the_last(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.gate.clear()
    await house.enqueue(*(new_job(f"{number}") for number in range(8)))
    busy = 100
    async with working(house, hands, but(_FAST, busy=lambda: busy)):
        await until(lambda: hands.at_once == 1)
        hands.gate.set()
        await until(lambda: len(hands.done) == 8)
        assert hands.most_at_once == 1
        hands.gate.clear()
        busy = 2
        await house.enqueue(*(new_job(f"{number}") for number in range(8, 20)))
        await until(lambda: hands.at_once == 2)
        hands.gate.set()
        await until(lambda: len(hands.done) == 20)
        assert hands.most_at_once == 2


async def test_nothing_is_claimed_while_the_kind_is_paused(house: QueueHouse) -> None:
    hands = Hands(house)
    reasons: list[str] = ["maintenance of the ERP"]
    looked = asyncio.Event()

    def paused() -> str | None:
        looked.set()
        return reasons[0] if reasons else None

    await house.enqueue(new_job("a"))
    async with working(house, hands, but(_FAST, paused=paused)) as crew:
        for _ in range(3):
            looked.clear()
            await looked.wait()
        assert (crew.paused, hands.began) == ("maintenance of the ERP", [])
        reasons.clear()
        await until(lambda: hands.done == ["a"])


async def test_a_defect_does_not_end_the_work(house: QueueHouse) -> None:
    hands = Hands(house)
    stumbles = [ZeroDivisionError("ours")] * 2

    def paused() -> str | None:
        if stumbles:
            raise stumbles.pop()
        return None

    await house.enqueue(new_job("a"))
    async with working(house, hands, but(_FAST, paused=paused)):
        await until(lambda: hands.done == ["a"])


async def test_what_is_in_hand_is_kept_by_heartbeats(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.gate.clear()
    await house.enqueue(new_job("a"))
    async with working(house, hands):
        await until(lambda: hands.at_once == 1)
        for _ in range(3):
            house.clock.move(timedelta(seconds=70))
            async with asyncio.timeout(10):
                while await house.lease_end("a") < house.clock.now() + timedelta(seconds=100):
                    await asyncio.sleep(0.002)
        hands.gate.set()
        await until(lambda: hands.done == ["a"])
    assert hands.began == ["a"]


async def test_whoever_stops_waits_for_what_is_nearly_done(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.gate.clear()
    await house.enqueue(*(new_job(f"{number}") for number in range(9)))
    async with working(house, hands):
        await until(lambda: hands.at_once == 4)
        asyncio.get_running_loop().call_later(0.005, hands.gate.set)
    assert sorted(hands.done) == sorted(hands.began)
    assert await house.states() == {"waiting": 9 - len(hands.done)}


async def test_whoever_stops_gives_back_what_would_take_too_long(house: QueueHouse) -> None:
    hands = Hands(house)
    hands.gate.clear()
    await house.enqueue(*(new_job(f"{number}") for number in range(9)))
    async with working(house, hands):
        await until(lambda: hands.at_once == 4)
    assert (hands.done, await house.states()) == ([], {"waiting": 9})
    (first, *_) = await house.claim(9)
    assert (first.key, first.attempt) == ("0", 1)


def test_pauses_grow_up_to_the_longest_and_chance_takes_some_off() -> None:
    backoff = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=1), spread=0.5)
    pauses = [backoff.after(attempt, chance=lambda: 0.0) for attempt in (1, 2, 3, 7, 1000)]
    assert [pause.total_seconds() for pause in pauses] == [1, 2, 4, 60, 60]
    assert backoff.after(3, chance=lambda: 0.5) == timedelta(seconds=3)
    assert all(0 <= chance() < 1 for _ in range(100))


def but(terms: Terms, **changes: object) -> Terms:
    return replace(terms, **changes)
