"""Those who work on one kind of job."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from gateway.clock import Clock
from gateway.errors import Problem
from gateway.jobs.backoff import Backoff
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.interfaces import JobHandler, JobQueue
from gateway.jobs.model import ClaimedJob, JobKind, Lease
from gateway.jobs.outcomes import Away, Dead, Done, Later, Outcome, Reason
from gateway.jobs.standing import Probe, Standing
from gateway.randomness import chance
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.errors import StoreProblem

_log = structlog.get_logger("jobs")


async def _nothing_to_probe() -> None:
    """The kind needs nothing but the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a kind of job is worked on.

    Attributes:
        places: jobs at once.
        attempts: after so many a job is a dead letter; None: its handler decides.
        longest: how long a handler may take for one.
        backoff: between attempts, where the handler does not say.
        busy: how many places others need more urgently at the moment; one is always left.
        paused: why nothing of the kind is to be claimed at the moment; None: nothing is in the way.
        probe: whether what every job of the kind needs is there.
        idle_seconds: how often to look without a hint that something came.
        probe_seconds: between the first two probes, and at the most.
        chance: for the back-off.
    """

    places: int
    attempts: int | None = None
    longest: timedelta = timedelta(minutes=5)
    backoff: Backoff = field(default_factory=Backoff)
    busy: Callable[[], int] = lambda: 0
    paused: Callable[[], str | None] = lambda: None
    probe: Probe = _nothing_to_probe
    idle_seconds: float = 1.0
    probe_seconds: tuple[float, float] = (0.5, 5.0)
    chance: Callable[[], float] = chance


@dataclass(slots=True)
class Tally:
    """What became of the jobs that a crew had in hand, since it started."""

    done: int = 0
    retried: int = 0
    given_back: int = 0
    buried: int = 0


class Crew:
    """Claims jobs of a kind in pages and hands each to the handler.

    It claims when a quarter of the places is free, so that a claim is worth its transaction.
    """

    def __init__(
        self,
        kind: JobKind,
        handler: JobHandler,
        terms: Terms,
        *,
        queue: JobQueue,
        lane: WriterLane,
        clock: Clock,
    ) -> None:
        self.kind = kind
        self.tally = Tally()
        self._handler = handler
        self._terms = terms
        self._queue = queue
        self._lane = lane
        self._clock = clock
        first, longest = terms.probe_seconds
        self._standing = Standing(kind, self._probe, pause_seconds=first, longest=longest)
        self._in_hand: dict[asyncio.Task[None], ClaimedJob] = {}
        self._claiming: asyncio.Task[int] | None = None
        self._freed = asyncio.Event()
        self._is_stopping = False

    @property
    def leases(self) -> list[Lease]:
        """Of what is in hand."""
        return [job.lease for job in self._in_hand.values()]

    @property
    def away(self) -> Reason | None:
        """What is away, so that nothing is claimed."""
        return self._standing.away

    @property
    def paused(self) -> str | None:
        """Why nothing is claimed on purpose."""
        return self._terms.paused()

    async def work(self) -> None:
        """Claim and hand out, until `stop`."""
        while not self._is_stopping:
            try:
                await self._go_on()
            except Exception:  # noqa: BLE001 - a defect must not leave a million documents lying
                _log.exception("crew_stumbled", kind=self.kind)
                await asyncio.sleep(self._terms.idle_seconds)

    async def stop(self, seconds: float) -> None:
        """Claim nothing more; wait so long for what is in hand, and give the rest back."""
        self._is_stopping = True
        if self._claiming is not None:
            await asyncio.wait([self._claiming])
        if self._in_hand:
            _, late = await asyncio.wait(self._in_hand, timeout=seconds)
            jobs = [self._in_hand[task] for task in late]
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            for job in jobs:
                await self._give_back_at_the_end(job)

    async def _go_on(self) -> None:
        if self._standing.away is not None:
            await self._standing.regain()
        elif self._terms.paused() is not None:
            await asyncio.sleep(self._terms.idle_seconds)
        elif (free := self._free()) == 0:
            self._freed.clear()
            await self._freed.wait()
        else:
            await self._claim(free)

    def _free(self) -> int:
        allowed = max(1, self._terms.places - self._terms.busy())
        free = allowed - len(self._in_hand)
        return free if free >= max(1, allowed // 4) else 0

    async def _claim(self, most: int) -> None:
        # Shielded: what was claimed and is in nobody's hand would wait until its lease ends.
        self._claiming = asyncio.create_task(self._hand_out(most))
        try:
            jobs = await asyncio.shield(self._claiming)
        except StoreProblem as problem:
            self._standing.lose(Reason.of(problem))
            return
        if jobs < most and not self._is_stopping:
            await self._queue.wait(self.kind, seconds=self._terms.idle_seconds)

    async def _hand_out(self, most: int) -> int:
        jobs = await self._queue.claim(self.kind, most=most)
        for job in jobs:
            if self._is_stopping:
                await self._give_back_at_the_end(job)
                continue
            task = asyncio.create_task(self._see_to(job))
            self._in_hand[task] = job
            task.add_done_callback(self._free_place)
        return len(jobs)

    def _free_place(self, task: asyncio.Task[None]) -> None:
        del self._in_hand[task]
        self._freed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("job_not_settled", kind=self.kind, error=str(error))

    async def _see_to(self, job: ClaimedJob) -> None:
        outcome = await self._outcome(job)
        if isinstance(outcome, Away):
            if await self._standing.is_away(outcome.reason):
                await self._write(lambda unit: self._queue.give_back(unit, job.lease))
                self.tally.given_back += 1
                return
            outcome = Later(reason=outcome.reason)
        if isinstance(outcome, Later) and job.attempt == self._terms.attempts:
            outcome = Dead(reason=outcome.reason)
        match outcome:
            case Done():
                self.tally.done += 1
            case Later():
                await self._write(lambda unit: self._retry(unit, job, outcome))
                self.tally.retried += 1
            case Dead():
                await self._write(lambda unit: self._bury(unit, job, outcome.reason))
                self.tally.buried += 1

    async def _outcome(self, job: ClaimedJob) -> Outcome:
        terms = self._terms
        if terms.attempts is not None and job.attempt > terms.attempts:
            # Each time the process died with it in hand.
            detail = f"it was begun {job.attempt - 1} times and never came to an end"
            return Dead(reason=Reason(type="job-never-ends", detail=detail))
        try:
            async with asyncio.timeout(terms.longest.total_seconds()):
                return await self._handler.work(job)
        except LeaseLostProblem:
            return Done()
        except StoreProblem as problem:
            return Away(reason=Reason.of(problem))
        except TimeoutError:
            detail = f"it took longer than {terms.longest.total_seconds():g} s"
            return Later(reason=Reason(type="job-too-slow", detail=detail))
        except Exception as error:  # noqa: BLE001 - whatever it is: the job waits, the crew goes on
            return Later(reason=self._told(job, error))

    def _told(self, job: ClaimedJob, error: Exception) -> Reason:
        if isinstance(error, Problem):
            return Reason.of(error)
        _log.error("job_failed", kind=self.kind, job=job.lease.job, key=job.key, exc_info=error)
        return Reason(type="internal-error", detail=type(error).__name__)

    def _retry(self, unit: Transaction, job: ClaimedJob, outcome: Later) -> None:
        pause = outcome.after
        if pause is None:
            pause = self._terms.backoff.after(job.attempt, chance=self._terms.chance)
        due = self._clock.now() + pause
        self._queue.retry(unit, job.lease, not_before=due, reason=outcome.reason.encoded())

    def _bury(self, unit: Transaction, job: ClaimedJob, reason: Reason) -> None:
        self._queue.bury(unit, job.lease, reason=reason.encoded())
        self._handler.buried(unit, job, reason)

    async def _write(self, unit: Callable[[Transaction], None]) -> None:
        """Write an outcome, as soon as the store takes it."""
        while True:
            try:
                await self._lane.write(unit)
            except LeaseLostProblem:
                return
            except StoreProblem as problem:
                if self._is_stopping:
                    raise
                self._standing.lose(Reason.of(problem))
                await asyncio.sleep(self._terms.probe_seconds[0])
            else:
                return

    async def _give_back_at_the_end(self, job: ClaimedJob) -> None:
        try:
            await self._lane.write(lambda unit: self._queue.give_back(unit, job.lease))
        except Problem as problem:
            # Its lease ends by itself.
            _log.warning("job_not_given_back", job=job.lease.job, error=problem.detail)

    async def _probe(self) -> None:
        await self._lane.write(lambda _unit: None)
        await self._terms.probe()
