"""`python -m bench.first_claim DATABASE`: a process that starts, claims and tells how much."""

import asyncio
import sys
from pathlib import Path

from gateway.clock import SystemClock
from gateway.jobs.queue import DatabaseQueue
from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate


async def _claim(database: Path) -> int:
    engine, clock = open_writer(database), SystemClock()
    migrate(engine)
    async with WriterLane(engine, ContentStore(database.parent / "content", clock=clock)) as lane:
        queue = DatabaseQueue(lane=lane, clock=clock, holder="bench")
        await lane.write(queue.take_back)
        return len(await queue.claim("seal", most=48))


if __name__ == "__main__":
    print(asyncio.run(_claim(Path(sys.argv[1]))))
