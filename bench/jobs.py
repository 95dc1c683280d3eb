"""`python -m bench.jobs`: how fast jobs are enqueued and claimed, and how soon after a start."""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench.errors import BenchError
from gateway.clock import SystemClock
from gateway.jobs.model import NewJob
from gateway.jobs.queue import DatabaseQueue
from gateway.store.engines.database import open_writer
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.migrating import migrate

_FEW: Final = 1_000
_MANY: Final = 1_000_000
_OPEN: Final = 100_000
_PAGE: Final = 500
_CLAIM: Final = 48
_PRODUCERS: Final = 256
_SINGLES: Final = 20_000
_ROUNDS: Final = 200
_SHARES: Final = 20


class JobFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the queue takes.

    Attributes:
        enqueued_per_s: jobs, durable, a page of 500 in each unit of work.
        singly_per_s: jobs, durable, one in each unit of work, from 256 producers at once.
        many: jobs that wait in the large queue.
        claim_few_ms: a claim of 48 jobs with 1,000 waiting among 20 shares, the median.
        claim_many_ms: the same with `many` waiting.
        open_jobs: that a process finds as it starts.
        first_claim_s: from the start of that process to the end of its first claim.
    """

    enqueued_per_s: float
    singly_per_s: float
    many: int
    claim_few_ms: float
    claim_many_ms: float
    open_jobs: int
    first_claim_s: float

    @property
    def slower_percent(self) -> float:
        """By how much a claim is slower with many jobs than with few."""
        return (self.claim_many_ms / self.claim_few_ms - 1) * 100


class _Queue:
    """A queue in a database of its own, filled with jobs that do nothing."""

    def __init__(self, lane: WriterLane, queue: DatabaseQueue) -> None:
        self._lane = lane
        self._queue = queue
        self._made = 0

    async def fill(self, count: int, page: int = _PAGE) -> None:
        """Enqueue so many, a page in each unit of work."""
        for start in range(0, count, page):
            await self._enqueue(min(page, count - start))

    async def fill_singly(self, count: int, producers: int) -> None:
        """Enqueue so many, one in each unit of work."""
        each = count // producers
        await asyncio.gather(*(self.fill(each, page=1) for _ in range(producers)))

    async def claim(self, *, leave_leased: bool = False) -> float:
        """How many seconds a claim takes. What it gives is finished, and as much put in again.

        Raises:
            BenchError: it gave less than there is.
        """
        began = time.perf_counter()
        claimed = await self._queue.claim("seal", most=_CLAIM)
        seconds = time.perf_counter() - began
        if len(claimed) != _CLAIM or len({each.share for each in claimed}) != _SHARES:
            raise BenchError(f"a claim of {_CLAIM} gave {len(claimed)} jobs")
        if not leave_leased:
            await self._lane.write(
                lambda unit: [self._queue.finish(unit, each.lease) for each in claimed]
            )
            await self._enqueue(_CLAIM)
        return seconds

    async def _enqueue(self, count: int) -> None:
        first, self._made = self._made, self._made + count
        jobs = [_job(number) for number in range(first, first + count)]
        await self._lane.write(lambda unit: self._queue.enqueue(unit, jobs))


def measure_jobs(
    *,
    many: int = _MANY,
    open_jobs: int = _OPEN,
    rounds: int = _ROUNDS,
    singles: int = _SINGLES,
) -> JobFigures:
    """Fill queues, claim from them in turn, and start a process with one.

    Raises:
        BenchError: a queue gave something else than was put in.
    """
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_measure(Path(directory), many, open_jobs, rounds, singles))


def told(figures: JobFigures) -> str:
    """The figures in a line."""
    return (
        f"Jobs: {figures.enqueued_per_s:,.0f}/s enqueued durably in pages, "
        f"{figures.singly_per_s:,.0f}/s one by one; a claim of {_CLAIM} takes "
        f"{figures.claim_few_ms:.2f} ms with {_FEW:,} waiting, {figures.claim_many_ms:.2f} ms with "
        f"{figures.many:,} ({figures.slower_percent:+.0f} %); first claim "
        f"{figures.first_claim_s:.1f} s after a start with {figures.open_jobs:,} open jobs"
    )


async def _measure(
    directory: Path, many: int, open_jobs: int, rounds: int, singles: int
) -> JobFigures:
    async with _queue(directory / "singly.sqlite") as queue:
        began = time.perf_counter()
        await queue.fill_singly(singles, _PRODUCERS)
        singly_per_s = singles / (time.perf_counter() - began)
    async with _queue(directory / "few.sqlite") as few, _queue(directory / "many.sqlite") as lots:
        await few.fill(_FEW)
        began = time.perf_counter()
        await lots.fill(many)
        enqueued_per_s = many / (time.perf_counter() - began)
        of_few, of_many = [], []
        # In turn, so that both are measured on the same machine, whatever it does meanwhile.
        for _ in range(rounds):
            of_few.append(await few.claim())
            of_many.append(await lots.claim())
    async with _queue(directory / "open.sqlite") as queue:
        await queue.fill(open_jobs)
        await queue.claim(leave_leased=True)
    return JobFigures(
        enqueued_per_s=round(enqueued_per_s),
        singly_per_s=round(singly_per_s),
        many=many,
        claim_few_ms=round(statistics.median(of_few) * 1000, 3),
        claim_many_ms=round(statistics.median(of_many) * 1000, 3),
        open_jobs=open_jobs,
        first_claim_s=round(await asyncio.to_thread(_first_claim, directory / "open.sqlite"), 2),
    )


@contextlib.asynccontextmanager
async def _queue(database: Path) -> AsyncIterator[_Queue]:
    engine, clock = open_writer(database), SystemClock()
    migrate(engine)
    async with WriterLane(engine, ContentStore(database.parent / "content", clock=clock)) as lane:
        yield _Queue(lane, DatabaseQueue(lane=lane, clock=clock, holder="bench"))
    engine.dispose()


def _job(number: int) -> NewJob:
    return NewJob(
        kind="seal",
        key=f"batch-{number // _PAGE}/{number}",
        share=f"east/system-{number % _SHARES}",
        subject=f"batch-{number // _PAGE}",
        payload=b"",
    )


def _first_claim(database: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "bench.first_claim", str(database)]
    root = Path(__file__).parent.parent
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root).stdout
    if said.strip() != f"{_CLAIM}":
        raise BenchError(f"the new process claimed {said.strip()} jobs")
    return time.perf_counter() - began


if __name__ == "__main__":
    Console().print(told(measure_jobs()), soft_wrap=True)
