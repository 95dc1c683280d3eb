"""The queue, in the gateway's own database. docs/jobs.md explains it to those who run it."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from gateway.clock import Clock
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.fairness import Turns
from gateway.jobs.lease_time import LeaseTime, SteadyTime
from gateway.jobs.model import ClaimedJob, JobKind, Lease, NewJob
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.notices import tell_nodes
from gateway.store.rows.jobs import (
    NewJobRow,
    WaitingRow,
    bring_forward,
    bury_job,
    delete_job,
    drop_cancelled,
    fence_of,
    lease_jobs,
    leased_among,
    prolong,
    put_back,
    put_jobs,
    revive_jobs,
    share_of,
    take_back_all,
    take_back_late,
    take_back_of,
    turn_of,
    turn_some,
    turning,
)

_LONGEST_PAUSE = timedelta(hours=27)
"""Nobody waits longer on purpose: `gateway.returns.schedule`."""
_ENDED = "the job's lease ended in this transaction"


class DatabaseQueue:
    """`gateway.jobs.interfaces.JobQueue` over the writer lane.

    When a lease ends its job is let rest, with the same fence: until somebody claims it again, the
    one who had it may still finish it.
    """

    def __init__(
        self,
        *,
        lane: WriterLane,
        clock: Clock,
        holder: str,
        lease: timedelta = timedelta(minutes=2),
        time: LeaseTime | None = None,
    ) -> None:
        """Make a queue; there may be one a node.

        Args:
            lane: the database's writer.
            clock: by which others say when a job is due.
            holder: the name under which this process holds leases.
            lease: for how long a claim holds without a heartbeat.
            time: by which leases end and jobs are due; None: this process alone owns the database.
        """
        self._lane = lane
        self._clock = clock
        self._time = time or SteadyTime(clock)
        self._holder = holder
        self._lease = lease
        self._turns: dict[JobKind, Turns] = {}
        self._turning: set[str] = set()
        self._hints: dict[str, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def take_back(self, transaction: Transaction) -> int:
        """Let rest whatever is leased; gives how many.

        Only for a process that owns the database alone: whoever held these is dead.
        """
        self._begin(transaction)
        return take_back_all(transaction.connection)

    def take_back_own(self, transaction: Transaction) -> int:
        """Let rest what is leased under this process's name; gives how many.

        For a node among several that starts anew: whoever had its name before is dead.
        """
        self._begin(transaction)
        return take_back_of(transaction.connection, holder=self._holder)

    def enqueue(self, transaction: Transaction, jobs: Sequence[NewJob]) -> None:
        """See `JobQueue.enqueue`."""
        now = microseconds(self._clock.now())
        rows = [_row(job, now, self._due(transaction, job.not_before)) for job in jobs]
        put_jobs(transaction, rows)
        kinds: set[str] = {job.kind for job in jobs}
        for kind in kinds:
            transaction.after_commit(self._tell, kind)
            tell_nodes(transaction, kind)

    async def claim(
        self, kind: JobKind, *, most: int, besides: Collection[str] = ()
    ) -> tuple[ClaimedJob, ...]:
        """See `JobQueue.claim`."""
        # From here on a hint is kept: what comes while this claim looks is not missed.
        self._hint(kind).clear()
        return await self._lane.write(
            lambda unit: self._claim(unit, kind, most, besides), exclusive=False
        )

    async def wait(self, kind: JobKind, *, seconds: float) -> None:
        """See `JobQueue.wait`."""
        try:
            async with asyncio.timeout(seconds):
                await self._hint(kind).wait()
        except TimeoutError:
            return

    def hint(self, kind: str) -> None:
        """Another node has enqueued something of a kind; on the event loop."""
        if (waiting := self._hints.get(kind)) is not None:
            waiting.set()

    async def heartbeat(self, leases: Sequence[Lease]) -> tuple[Lease, ...]:
        """See `JobQueue.heartbeat`."""
        if not leases:
            return ()
        return await self._lane.write(lambda unit: self._prolong(unit, leases))

    def finish(self, transaction: Transaction, lease: Lease) -> None:
        """See `JobQueue.finish`."""
        self._end(transaction, lease)
        delete_job(transaction, lease.job, lease.fence)

    def retry(
        self, transaction: Transaction, lease: Lease, *, not_before: datetime, reason: bytes
    ) -> None:
        """See `JobQueue.retry`."""
        self._end(transaction, lease)
        due = self._due(transaction, not_before)
        put_back(transaction, lease.job, lease.fence, not_before=due, reason=reason, counts=True)

    def give_back(self, transaction: Transaction, lease: Lease) -> None:
        """See `JobQueue.give_back`."""
        self._end(transaction, lease)
        put_back(transaction, lease.job, lease.fence, not_before=0, reason=None, counts=False)

    def bury(self, transaction: Transaction, lease: Lease, *, reason: bytes) -> None:
        """See `JobQueue.bury`."""
        self._end(transaction, lease)
        bury_job(transaction, lease.job, lease.fence, reason=reason)

    def pause(self, transaction: Transaction, subject: str) -> None:
        """See `JobQueue.pause`."""
        self._turn(transaction, subject, "paused")

    def resume(self, transaction: Transaction, subject: str) -> None:
        """See `JobQueue.resume`."""
        self._turn(transaction, subject, "waiting")

    def cancel(self, transaction: Transaction, subject: str) -> None:
        """See `JobQueue.cancel`."""
        self._turn(transaction, subject, "cancelled")

    def drop_cancelled(self, transaction: Transaction, subject: str) -> None:
        """See `JobQueue.drop_cancelled`."""
        drop_cancelled(transaction.connection, subject)

    def revive(self, transaction: Transaction, subject: str) -> None:
        """See `JobQueue.revive`."""
        revive_jobs(transaction.connection, subject)
        self._tell_all(transaction)

    def _claim(
        self, transaction: Transaction, kind: JobKind, most: int, besides: Collection[str]
    ) -> tuple[ClaimedJob, ...]:
        connection = transaction.connection
        self._go_on_turning(transaction)
        # Whose jobs are being paused, resumed or cancelled has no turn until all of them are.
        turned = filter(None, (share_of(connection, subject) for subject in self._turning))
        now = self._time.now(connection)
        take_back_late(connection, at=microseconds(now))
        turns = self._turns.setdefault(kind, Turns(kind))
        found = turns.take(
            connection,
            most=most,
            at=microseconds(now),
            passed=lambda row: (_ENDED, row.id) in transaction.state,
            besides={*besides, *turned},
        )
        if not found:
            return ()
        until = microseconds(now + self._lease)
        lease_jobs(connection, [row.id for row in found], holder=self._holder, until=until)
        return tuple(_claimed(row, kind, moment(until)) for row in found)

    def _begin(self, transaction: Transaction) -> None:
        """At a start: what was put off by a clock that was far ahead is due."""
        connection = transaction.connection
        self._turning.update(turning(connection))
        bring_forward(connection, beyond=microseconds(self._time.now(connection) + _LONGEST_PAUSE))

    def _due(self, transaction: Transaction, not_before: datetime | None) -> int:
        """A moment by the wall clock as one by that of leases, which nobody puts; 0: at once."""
        if not_before is None:
            return 0
        pause = not_before - self._clock.now()
        return max(1, microseconds(self._time.now(transaction.connection) + pause))

    def _turn(self, transaction: Transaction, subject: str, rest: str) -> None:
        """Turn some; each claim turns some more, so that nobody waits for a million of them."""
        if turn_some(transaction.connection, subject, rest):
            self._turning.add(subject)
        self._tell_all(transaction)

    def _go_on_turning(self, transaction: Transaction) -> None:
        if not self._turning:
            return
        subject = next(iter(self._turning))
        # Somebody may have thought better of it meanwhile: what is written counts.
        rest = turn_of(transaction.connection, subject)
        if rest is None:  # all of it is turned, durably
            self._turning.discard(subject)
            return
        turn_some(transaction.connection, subject, rest)
        self._tell_all(transaction)

    def _prolong(self, transaction: Transaction, leases: Sequence[Lease]) -> tuple[Lease, ...]:
        fences = leased_among(transaction.connection, [lease.job for lease in leases])
        held = [
            lease
            for lease in leases
            if fences.get(lease.job) == lease.fence and (_ENDED, lease.job) not in transaction.state
        ]
        if not held:
            return ()
        until = microseconds(self._time.now(transaction.connection) + self._lease)
        prolong(transaction.connection, [lease.job for lease in held], until=until)
        return tuple(Lease(job=lease.job, fence=lease.fence, until=moment(until)) for lease in held)

    def _end(self, transaction: Transaction, lease: Lease) -> None:
        """Prove that the lease is the job's last, and has not ended.

        What ends it is written with the commit; until then `transaction.state` tells of it.
        """
        ended = (_ENDED, lease.job)
        if ended in transaction.state or fence_of(transaction.connection, lease.job) != lease.fence:
            raise LeaseLostProblem(
                f"job {lease.job} was claimed by another since, or is over: fence {lease.fence} "
                "is no longer its own"
            )
        transaction.state[ended] = True

    def _hint(self, kind: JobKind) -> asyncio.Event:
        self._loop = asyncio.get_running_loop()
        return self._hints.setdefault(kind, asyncio.Event())

    def _tell_all(self, transaction: Transaction) -> None:
        for kind in tuple(self._hints):
            transaction.after_commit(self._tell, kind)

    def _tell(self, kinds: list[str]) -> None:
        """Wake those who wait; on the lane's thread."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        for kind in set(kinds):
            if (hint := self._hints.get(kind)) is not None:
                loop.call_soon_threadsafe(hint.set)


def _row(job: NewJob, now: int, due: int) -> NewJobRow:
    return NewJobRow(
        kind=job.kind,
        key=job.key,
        share=job.share,
        subject=job.subject,
        payload=job.payload,
        priority=job.priority,
        not_before=due,
        created_at=now,
    )


def _claimed(row: WaitingRow, kind: JobKind, until: datetime) -> ClaimedJob:
    return ClaimedJob(
        lease=Lease(job=row.id, fence=row.fence + 1, until=until),
        kind=kind,
        key=row.key,
        share=row.share,
        subject=row.subject,
        payload=row.payload,
        attempt=row.attempt + 1,
    )
