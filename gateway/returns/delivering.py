"""Brings what is owed: jobs of kind `deliver`, to each receiver at its own pace."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

import structlog

from gateway.clock import Clock
from gateway.errors import Problem
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import ClaimedJob
from gateway.returns.ending import Endings
from gateway.returns.interfaces import Receiver
from gateway.returns.line import Line
from gateway.returns.model import Answer
from gateway.store.engines.lane import Transaction, WriterLane

_PAGE: Final = 64
_LOOK_SECONDS: Final = 1.0
_HEARTBEAT_SECONDS: Final = 20.0
_GRACE_SECONDS: Final = 5.0

_UNKNOWN_CURE: Final = (
    "declare it again and start the gateway anew: what it is owed waits until then"
)

_log = structlog.get_logger("returns")


class Delivering:
    """Delivers while it is entered. Use as an async context manager.

    Promises: each delivery is tried until the receiver takes it, refuses it or its time is over; a
    receiver that is slow or away delays no other.
    """

    def __init__(
        self,
        *,
        queue: JobQueue,
        lane: WriterLane,
        receivers: Mapping[str, Receiver],
        clock: Clock,
        chance: Callable[[], float],
        gone: Callable[[Transaction, str, Answer], None],
        tell: Callable[[str, Answer], None] = lambda _subject, _answer: None,
        paused: Callable[[], str | None] = lambda: None,
        follow: Callable[[], Awaitable[None]] | None = None,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        """Make it.

        Args:
            queue: the jobs.
            lane: writes what came of them.
            receivers: by the subject of their jobs.
            clock: of the schedule.
            chance: gives a random number from 0 up to 1.
            gone: writes down that a receiver (its subject) wants nothing more.
            tell: is told what each try came to, by the receiver's subject.
            paused: says why nothing is begun on purpose, if so.
            follow: is called now and then, to see what other nodes have changed.
            look_seconds: how often is looked for what has become due.
        """
        self._queue = queue
        self._lane = lane
        self._endings = Endings(queue, clock=clock, chance=chance, gone=gone)
        self._tell = tell
        self._paused = paused
        self._follow = follow
        self._look_seconds = look_seconds
        self.lines = {subject: Line(each, clock=clock) for subject, each in receivers.items()}
        self._unknown: set[str] = set()
        self._changed = asyncio.Event()
        self._tries: set[asyncio.Task[None]] = set()
        self._duties: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin."""
        self._duties = [
            asyncio.create_task(self._claim_for_ever(), name="deliveries"),
            asyncio.create_task(self._prolong_for_ever(), name="deliveries-leases"),
        ]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: object, _trace: TracebackType | None
    ) -> None:
        """Claim no more, give back what waits, and let what is on its way come to an end."""
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, return_exceptions=True)
        left = [job for line in self.lines.values() for job in line.give_up_waiting()]
        await self._give_back(*left)
        if self._tries:
            _, late = await asyncio.wait(self._tries, timeout=_GRACE_SECONDS)
            for each in late:  # its lease runs out, and it is tried again under the same id
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def stop(self, subject: str) -> None:
        """Bring it nothing more."""
        if subject in self.lines:
            self.lines[subject].is_stopped = True

    def resume(self, subject: str) -> None:
        """Go on."""
        if subject in self.lines:
            self.lines[subject].is_stopped = False
            self._changed.set()

    async def _claim_for_ever(self) -> None:
        while True:
            self._changed.clear()
            came: int | None = None
            try:
                came = await self._claim()
            except Problem as problem:
                _log.error("deliveries_not_claimed", problem=problem.type, detail=problem.detail)
            self._go_on()
            if not came:
                # What nobody asked for is no reason to ask again.
                await self._wait(for_jobs=came is not None)

    async def _claim(self) -> int | None:
        """Claim for those who have room; gives how many came, None where nobody has."""
        lines = self.lines
        shut = [line for line in lines.values() if line.is_shut]
        await self._give_back(*(job for line in shut for job in line.give_up_waiting()))
        if self._paused() is not None:
            return None
        having_room = {subject for subject, line in lines.items() if line.room}
        away = {subject for subject in having_room if lines[subject].circuit.is_away}
        if not having_room:
            return None
        came = 0
        if there := having_room - away:
            # So few that there is room for all of them, whosever they are.
            most = min(_PAGE, *(lines[subject].room for subject in there))
            came += await self._claim_of(there, most)
        if away:
            came += await self._claim_of(away, len(away))
        return came

    async def _claim_of(self, subjects: set[str], most: int) -> int:
        besides = (self.lines.keys() - subjects) | self._unknown
        jobs = await self._queue.claim("deliver", most=most, besides=besides)
        unknown, too_many = [], []
        for job in jobs:
            line = self.lines.get(job.subject)
            if line is None:
                unknown.append(job)
            elif not line.room:
                too_many.append(job)
            else:
                line.add(job)
        await self._give_back(*too_many)
        await self._leave(unknown)
        return len(jobs) - len(too_many)

    def _go_on(self) -> None:
        for line in self.lines.values():
            while (job := line.next()) is not None:
                task = asyncio.create_task(self._try(line, job))
                self._tries.add(task)
                task.add_done_callback(self._tries.discard)

    async def _wait(self, *, for_jobs: bool) -> None:
        """Until there may be something to do: a try has ended, or a job has come."""
        seconds = self._look_seconds
        waiting: list[asyncio.Task[object]] = [asyncio.create_task(self._changed.wait())]
        if for_jobs:
            waiting.append(asyncio.create_task(self._queue.wait("deliver", seconds=seconds)))
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _try(self, line: Line, job: ClaimedJob) -> None:
        try:
            answer = await line.receiver.deliver(job)
            self._tell(job.subject, answer)
            self._learn(line, job, answer)
            await self._lane.write(lambda unit: self._endings.end(unit, line.receiver, job, answer))
        except LeaseLostProblem as lost:
            _log.warning("delivery_lost", job=job.key, detail=lost.detail)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and it is tried again
            _log.error("delivery_not_ended", job=job.key, error=str(error))
        finally:
            line.ended(job)
            self._changed.set()

    def _learn(self, line: Line, job: ClaimedJob, answer: Answer) -> None:
        was_away = line.circuit.is_away
        if answer.verdict == "later":
            line.circuit.failed(asked=answer.retry_after)
            if line.circuit.is_away and not was_away:
                _log.warning("receiver_away", receiver=job.subject, said=answer.said)
            return
        line.circuit.succeeded()
        if was_away:
            _log.info("receiver_back", receiver=job.subject)
        if answer.verdict == "gone":
            line.is_stopped = True

    async def _give_back(self, *jobs: ClaimedJob) -> None:
        if jobs:
            with contextlib.suppress(Problem):  # their leases run out
                await self._lane.write(lambda unit: self._endings.give_back(unit, jobs))

    async def _leave(self, jobs: Sequence[ClaimedJob]) -> None:
        """Let those wait whose receiver is not declared any more, or not yet again."""
        subjects = {job.subject for job in jobs} - self._unknown
        if subjects:
            self._unknown |= subjects
            _log.error("receiver_unknown", receivers=sorted(subjects), cure=_UNKNOWN_CURE)
        await self._give_back(*jobs)

    async def _prolong_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            with contextlib.suppress(Problem):
                if self._follow is not None:
                    await self._follow()
                leases = [lease for line in self.lines.values() for lease in line.leases]
                kept = frozenset(each.job for each in await self._queue.heartbeat(leases))
                lost = frozenset(lease.job for lease in leases) - kept
                for line in self.lines.values():
                    line.forget(lost)
