"""The life of jobs, whatever happens in whatever order, against a model that fits on a page.

Never two live leases of a job, never two ends, and no job is lost: after every step the table holds
exactly what the model holds.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import select

from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.model import INTERACTIVE, ClaimedJob
from gateway.store.schema import job
from tests.queue_house import QueueHouse, new_job, open_queue_house

T = TypeVar("T")

_LEASE = timedelta(minutes=2)
_SHARES = st.sampled_from(["east/erp", "east/wms", "south/erp"])
_PRIORITIES = st.sampled_from([0, 5])
_SUBJECTS = st.sampled_from(["batch-1", "batch-2"])


@dataclass
class _Modelled:
    """A job as the model has it."""

    number: int
    share: str
    subject: str
    priority: int
    state: str = "waiting"
    at_rest: str = "waiting"
    fence: int = 0
    attempt: int = 0
    due: float | None = None
    until: float = 0.0


class LifeOfJobs(RuleBasedStateMachine):
    """The queue and its model, side by side."""

    leases: Bundle[ClaimedJob] = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self._runner = asyncio.Runner()
        self._opening = open_queue_house(Path(self._directory.name))
        self.house: QueueHouse = self._run(self._opening.__aenter__())
        self.jobs: dict[str, _Modelled] = {}
        self.enqueued = 0
        self.finished = 0

    def _run(self, step: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(step)

    def teardown(self) -> None:
        self._run(self._opening.__aexit__(None, None, None))
        self._runner.close()
        self._directory.cleanup()

    # What comes

    @rule(
        share=_SHARES,
        subject=_SUBJECTS,
        priority=st.sampled_from([INTERACTIVE, 1, 5]),
        count=st.integers(1, 4),
    )
    def enqueue(self, share: str, subject: str, priority: int, count: int) -> None:
        new = []
        for _ in range(count):
            self.enqueued += 1
            key = f"{self.enqueued}"
            new.append(new_job(key, share=share, subject=subject, priority=priority))
            self.jobs[key] = _Modelled(self.enqueued, share, subject, priority)
        self._run(self.house.enqueue(*new))

    @rule(number=st.integers(1, 20))
    def enqueue_again(self, number: int) -> None:
        if (known := self.jobs.get(f"{number}")) is not None:
            self._run(self.house.enqueue(new_job(f"{number}", share="other", subject="other")))
            assert known.share != "other"

    # Who works

    @rule(target=leases, most=st.integers(1, 6))
    def claim(self, most: int) -> Any:  # noqa: ANN401 - Hypothesis has no type for several
        # What was paused or resumed a moment ago has no turn until all of it is.
        self._run(self.house.claim(0))
        claimed = self._run(self.house.claim(most))
        for each in self.jobs.values():
            if each.state == "leased" and each.until <= self.house.clock.seconds:
                each.state = each.at_rest
        ready = {key: each for key, each in self.jobs.items() if self._is_ready(each)}
        self._is_right_choice([each.key for each in claimed], ready, most)
        for each in claimed:
            model = self.jobs[each.key]
            model.state, model.fence = "leased", model.fence + 1
            model.attempt += 1
            model.until = self.house.clock.seconds + _LEASE.total_seconds()
            assert (each.lease.fence, each.attempt) == (model.fence, model.attempt)
        return multiple(*claimed)

    @rule(held=leases)
    def heartbeat(self, held: ClaimedJob) -> None:
        kept = self._run(self.house.queue.heartbeat([held.lease]))
        model = self.jobs.get(held.key)
        is_held = self._is_last(held) and model is not None and model.state == "leased"
        assert len(kept) == is_held
        if is_held and model is not None:
            model.until = self.house.clock.seconds + _LEASE.total_seconds()

    @rule(held=consumes(leases))
    def finish(self, held: ClaimedJob) -> None:
        if self._ends(held, self.house.finish(held.lease)):
            del self.jobs[held.key]
            self.finished += 1

    @rule(held=leases)
    def finish_and_keep_the_lease(self, held: ClaimedJob) -> None:
        if self._ends(held, self.house.finish(held.lease)):
            del self.jobs[held.key]
            self.finished += 1

    @rule(held=leases, seconds=st.integers(-10, 300))
    def retry(self, held: ClaimedJob, seconds: int) -> None:
        due = self.house.clock.now() + timedelta(seconds=seconds)
        if self._ends(held, self.house.retry(held.lease, due)):
            self._rest(held, due=self.house.clock.seconds + seconds)

    @rule(held=leases)
    def give_back(self, held: ClaimedJob) -> None:
        if self._ends(held, self.house.give_back(held.lease)):
            self._rest(held, due=None)
            self.jobs[held.key].attempt -= 1

    @rule(held=leases)
    def bury(self, held: ClaimedJob) -> None:
        if self._ends(held, self.house.bury(held.lease)):
            self._rest(held, due=None)
            self.jobs[held.key].state = "dead"

    # What people want

    @rule(subject=_SUBJECTS)
    def pause(self, subject: str) -> None:
        self._run(self.house.pause(subject))
        self._turn(subject, "paused", {"waiting"})

    @rule(subject=_SUBJECTS)
    def resume(self, subject: str) -> None:
        self._run(self.house.resume(subject))
        self._turn(subject, "waiting", {"paused"})

    @rule(subject=_SUBJECTS)
    def cancel(self, subject: str) -> None:
        self._run(self.house.cancel(subject))
        self._turn(subject, "cancelled", {"waiting", "paused"})

    @rule(subject=_SUBJECTS)
    def revive(self, subject: str) -> None:
        self._run(self.house.revive(subject))
        for each in self.jobs.values():
            if each.subject == subject and each.state == "dead":
                each.state = each.at_rest = "waiting"
                each.attempt, each.due = 0, None

    # What happens

    @rule(seconds=st.integers(1, 200))
    def time_passes(self, seconds: int) -> None:
        self.house.clock.move(timedelta(seconds=seconds))

    @rule(hours=st.integers(-48, 48))
    def the_clock_jumps(self, hours: int) -> None:
        self.house.clock.moment += timedelta(hours=hours)

    @rule()
    def the_process_dies(self) -> None:
        self.house.queue = self.house.another_queue("next")
        self._run(self.house.lane.write(self.house.queue.take_back))
        for each in self.jobs.values():
            if each.state == "leased":
                each.state = each.at_rest

    # What always holds

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        query = select(job.c.key, job.c.state, job.c.fence, job.c.attempt, job.c.share)
        rows = self._run(self.house.lane.write(lambda unit: unit.connection.execute(query).all()))
        assert len(rows) + self.finished == self.enqueued
        assert {row.key: tuple(row[1:]) for row in rows} == {
            key: (each.state, each.fence, each.attempt, each.share)
            for key, each in self.jobs.items()
        }

    # The model

    def _ends(self, held: ClaimedJob, step: Coroutine[Any, Any, None]) -> bool:
        """Whether the lease was the job's last; only then does it end anything."""
        if self._is_last(held):
            self._run(step)
            return True
        with pytest.raises(LeaseLostProblem):
            self._run(step)
        return False

    def _is_last(self, held: ClaimedJob) -> bool:
        model = self.jobs.get(held.key)
        return model is not None and model.fence == held.lease.fence

    def _rest(self, held: ClaimedJob, *, due: float | None) -> None:
        model = self.jobs[held.key]
        model.state, model.due = model.at_rest, due
        model.fence += 1

    def _turn(self, subject: str, rest: str, among: set[str]) -> None:
        for each in self.jobs.values():
            stands = each.at_rest if each.state == "leased" else each.state
            if each.subject == subject and stands in among:
                each.at_rest = rest
                each.state = each.state if each.state == "leased" else rest

    def _is_ready(self, each: _Modelled) -> bool:
        is_due = each.due is None or each.due <= self.house.clock.seconds
        return each.state == "waiting" and is_due

    def _is_right_choice(self, keys: list[str], ready: dict[str, _Modelled], most: int) -> None:
        """Only what is ready; interactive first; then fairly among shares, each in its order."""
        assert len(keys) == len(set(keys)) == min(most, len(ready))
        assert set(keys) <= set(ready)
        left = [each for key, each in ready.items() if key not in keys]
        chosen = [ready[key] for key in keys]
        for is_first in (True, False):
            waiting = [each for each in left if (each.priority == INTERACTIVE) == is_first]
            got = [each for each in chosen if (each.priority == INTERACTIVE) == is_first]
            assert not (is_first and waiting and len(got) < len(chosen))
            _assert_fair([_company(each) for each in got], [_company(each) for each in waiting])
            for company in {_company(each) for each in got}:
                _assert_fair(
                    [each.share for each in got if _company(each) == company],
                    [each.share for each in waiting if _company(each) == company],
                )
            for share in {each.share for each in got}:
                of_share = [each for each in got if each.share == share]
                assert of_share == sorted(of_share, key=_turn_of)
                behind = [each for each in waiting if each.share == share]
                assert all(_turn_of(each) > _turn_of(of_share[-1]) for each in behind)


def _company(each: _Modelled) -> str:
    return each.share.partition("/")[0]


def _assert_fair(got: list[str], waiting: list[str]) -> None:
    """Nobody who still waits has been given less than another, but for the last turn."""
    counts = Counter(got)
    for each in set(waiting):
        assert counts[each] + 1 >= max(counts.values(), default=0)


def _turn_of(each: _Modelled) -> tuple[int, bool, float, int]:
    """By priority; whose moment has come goes first, then the others as they came."""
    due = 0.0 if each.due is None else each.due
    return each.priority, each.due is None, due, each.number


TestLifeOfJobs = LifeOfJobs.TestCase
TestLifeOfJobs.settings = settings(max_examples=25, stateful_step_count=40)
