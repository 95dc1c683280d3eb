"""A queue over a real database, and what a test asks of it, each in a unit of work of its own."""

import contextlib
import functools
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from gateway.jobs.model import BATCH, ClaimedJob, JobKind, Lease, NewJob
from gateway.jobs.queue import DatabaseQueue
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.lane import WriterLane
from gateway.store.engines.moments import moment
from gateway.store.files.content import ContentStore
from gateway.store.interfaces import Database
from gateway.store.migrating import migrate
from gateway.store.schema import job
from tests.signing_house import FakeClock


def new_job(
    key: str,
    *,
    kind: JobKind = "seal",
    share: str = "east/erp",
    subject: str = "batch-1",
    priority: int = BATCH,
    not_before: datetime | None = None,
) -> NewJob:
    return NewJob(
        kind=kind,
        key=key,
        share=share,
        subject=subject,
        payload=key.encode(),
        priority=priority,
        not_before=not_before,
    )


class QueueHouse:
    """The queue as tests speak to it."""

    def __init__(self, lane: WriterLane, clock: FakeClock) -> None:
        self.lane = lane
        self.clock = clock
        self.queue = self.another_queue("first")

    def another_queue(self, holder: str) -> DatabaseQueue:
        """As another node has it, or this one after a start."""
        return DatabaseQueue(lane=self.lane, clock=self.clock, holder=holder)

    async def enqueue(self, *jobs: NewJob) -> None:
        await self.lane.write(lambda unit: self.queue.enqueue(unit, jobs))

    async def claim(self, most: int = 1, kind: JobKind = "seal") -> tuple[ClaimedJob, ...]:
        return await self.queue.claim(kind, most=most)

    async def claimed(self, most: int = 1, kind: JobKind = "seal") -> list[str]:
        """The keys of what a claim gives."""
        return [each.key for each in await self.claim(most, kind)]

    async def only(self) -> ClaimedJob:
        (claimed,) = await self.claim()
        return claimed

    async def finish(self, lease: Lease) -> None:
        await self.lane.write(lambda unit: self.queue.finish(unit, lease))

    async def retry(self, lease: Lease, at: datetime) -> None:
        await self.lane.write(
            lambda unit: self.queue.retry(unit, lease, not_before=at, reason=b"away")
        )

    async def give_back(self, lease: Lease) -> None:
        await self.lane.write(lambda unit: self.queue.give_back(unit, lease))

    async def bury(self, lease: Lease) -> None:
        await self.lane.write(lambda unit: self.queue.bury(unit, lease, reason=b"broken"))

    async def pause(self, subject: str = "batch-1") -> None:
        await self.lane.write(lambda unit: self.queue.pause(unit, subject))

    async def resume(self, subject: str = "batch-1") -> None:
        await self.lane.write(lambda unit: self.queue.resume(unit, subject))

    async def cancel(self, subject: str = "batch-1") -> None:
        await self.lane.write(lambda unit: self.queue.cancel(unit, subject))

    async def revive(self, subject: str = "batch-1") -> None:
        await self.lane.write(lambda unit: self.queue.revive(unit, subject))

    async def states(self) -> Counter[str]:
        """How many jobs are in each state."""
        query = select(job.c.state, func.count()).group_by(job.c.state)
        rows = await self.lane.write(lambda unit: unit.connection.execute(query).all())
        return Counter({row.state: row[1] for row in rows})

    async def reason(self, key: str) -> bytes | None:
        query = select(job.c.reason).where(job.c.key == key)
        found: bytes | None = await self.lane.write(
            lambda unit: unit.connection.execute(query).scalar_one()
        )
        return found

    async def lease_end(self, key: str) -> datetime:
        query = select(job.c.lease_until).where(job.c.key == key)
        found: int = await self.lane.write(lambda unit: unit.connection.execute(query).scalar_one())
        return moment(found)


@functools.cache
def _empty_database() -> bytes:
    """With this version's schema. To migrate one takes longer than most tests do."""
    with tempfile.TemporaryDirectory() as directory:
        engine = SQLiteFile(str(Path(directory) / "empty.sqlite")).open_writer()
        migrate(engine)
        engine.dispose()
        return (Path(directory) / "empty.sqlite").read_bytes()


@contextlib.asynccontextmanager
async def open_queue_house(
    directory: Path, database: Database | None = None
) -> AsyncIterator[QueueHouse]:
    """Over a database; by default SQLite in a new file."""
    clock = FakeClock()
    if database is None:
        (directory / "test.sqlite").write_bytes(_empty_database())
        database = SQLiteFile(str(directory / "test.sqlite"))
    engine = database.open_writer()
    migrate(engine)
    async with WriterLane(engine, ContentStore(directory / "documents", clock=clock)) as lane:
        yield QueueHouse(lane, clock)
    engine.dispose()
