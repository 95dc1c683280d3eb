"""Jobs for the documents of an open batch: page by page, so that a large one holds nobody up."""

import asyncio

import msgspec
import structlog

from gateway.batches.ending import BatchEnding
from gateway.batches.model import BatchOptions
from gateway.batches.results import failure
from gateway.clock import Clock
from gateway.errors import Problem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import NewJob
from gateway.returns.interfaces import EventOutbox
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.batch_items import ItemRow, cancel_waiting, items_between
from gateway.store.rows.batches import BatchReader, BatchRow, batch_by_id, change_batch

_MOST_JOBS = 500
_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 60.0

_log = structlog.get_logger("batches")
_options = msgspec.json.Decoder(BatchOptions)


class Queueing:
    """Enqueues what waits in open batches. How far it has come is written with the jobs."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        lane: WriterLane,
        ending: BatchEnding,
        outbox: EventOutbox,
        clock: Clock,
    ) -> None:
        """Join them; `outbox` is told of what was refused before it could have a job."""
        self._queue = queue
        self._lane = lane
        self._ending = ending
        self._outbox = outbox
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def go_on(self, batch_id: str) -> None:
        """Enqueue what waits in a batch and has no job; returns at once."""
        if batch_id in self._tasks:
            return
        task = asyncio.create_task(self._all_of(batch_id), name=f"queueing {batch_id}")
        self._tasks[batch_id] = task
        task.add_done_callback(lambda _done: self._tasks.pop(batch_id, None))

    async def go_on_with_all(self, batches: BatchReader) -> None:
        """Go on where this run, an earlier one or another node has stopped."""
        for row in await batches.under_way():
            self.go_on(row.id)

    async def watch(self, batches: BatchReader) -> None:
        """The same once a minute: whoever had begun a batch may be gone."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.go_on_with_all(batches)
            except Problem as problem:
                _log.error("batches_not_looked_at", error=problem.detail)

    def stop(self) -> None:
        """Stop where it is; the next start goes on from there."""
        for task in list(self._tasks.values()):
            task.cancel()

    async def _all_of(self, batch_id: str) -> None:
        while True:
            try:
                if not await self._lane.write(lambda unit: self._page(unit, batch_id)):
                    break
            except Problem as problem:
                _log.error("not_queued", batch=batch_id, error=problem.detail)
                await asyncio.sleep(_PAUSE_SECONDS)
        # All of it may have been refused as it was read.
        self._ending.look({batch_id})

    def _page(self, transaction: Transaction, batch_id: str) -> bool:
        """Whether there may be more."""
        row = batch_by_id(transaction.connection, batch_id)
        if row is not None and row.state == "cancelled" and not row.is_over:
            # What was in hand then and came back without a result is claimed by nobody any more.
            # Whoever comes with it all the same is too late: the batch ends without its result.
            self._queue.drop_cancelled(transaction, batch_id)
            cancel_waiting(transaction, batch_id, at=self._clock.now())
        if row is None or row.state != "open" or row.queued >= row.items:
            return False
        page = items_between(transaction.connection, batch_id, after=row.queued, most=_MOST_JOBS)
        self._queue.enqueue(transaction, [_job(row, item) for item in page if _waits(item)])
        for item in page:
            if item.problem is not None and _had_no_job(row, item):
                at = item.finished_at or self._clock.now()
                self._outbox.put(transaction, failure(row, item, item.problem, at=at))
        change_batch(transaction, batch_id, queued=page[-1].number if page else row.items)
        return True


def _waits(item: ItemRow) -> bool:
    return item.state == "waiting"


def _had_no_job(batch: BatchRow, item: ItemRow) -> bool:
    """Whether it failed before its turn; what fails in its turn keeps its input."""
    refused = item.segment is None or _options.decode(batch.options).all_or_nothing
    return item.state == "failed" and refused


def _job(batch: BatchRow, item: ItemRow) -> NewJob:
    return NewJob(
        kind="seal",
        key=f"{batch.id}/{item.number}",
        share=f"{batch.company}/{batch.system}",
        subject=batch.id,
        payload=b"",
        priority=_options.decode(batch.options).priority,
    )
