"""A batch ends when the last of its documents has ended."""

import asyncio
from collections.abc import Callable

import structlog

from gateway.clock import Clock
from gateway.errors import Problem
from gateway.returns.interfaces import EventOutbox
from gateway.returns.model import Event
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.batch_items import ItemReader, any_waits, counts_of
from gateway.store.rows.batches import BatchRow, batch_by_id, change_batch

_PAUSE_SECONDS = 5.0

_log = structlog.get_logger("batches")


class BatchEnding:
    """Looks whether batches have ended, and writes that they have.

    Whoever writes the last result looks after its commit, so somebody always sees that nothing
    waits any more; a start looks at all that were under way.
    """

    def __init__(
        self,
        *,
        lane: WriterLane,
        items: ItemReader,
        outbox: EventOutbox,
        clock: Clock,
        changed: Callable[[set[str]], None],
        ended: Callable[[str], None],
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        """Join them.

        Args:
            lane: the writer.
            items: reads items.
            outbox: where others are told.
            clock: of the end.
            changed: is called on the event loop with the batches that have new results.
            ended: is called on the event loop for each batch that has ended.
            pause_seconds: until an end that could not be written is tried again.
        """
        self._lane = lane
        self._items = items
        self._outbox = outbox
        self._clock = clock
        self._changed = changed
        self._ended = ended
        self._pause_seconds = pause_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()

    def start(self) -> None:
        """For the event loop that runs."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Stop; the next start looks again."""
        for task in list(self._tasks.values()):
            task.cancel()

    def look_from_the_lane(self, batch_ids: set[str]) -> None:
        """The same as `look`, on the lane's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.look, batch_ids)

    def look(self, batch_ids: set[str]) -> None:
        """See whether these have ended; returns at once."""
        self._changed(batch_ids)
        self._asked |= batch_ids
        for batch_id in batch_ids - self._tasks.keys():
            task = asyncio.create_task(self._see(batch_id), name=f"ending {batch_id}")
            self._tasks[batch_id] = task

    async def _see(self, batch_id: str) -> None:
        try:
            await self._see_while_asked(batch_id)
        finally:
            # Here and not in a callback of the task: whoever asks after the last look must not
            # find a task that looks no more.
            del self._tasks[batch_id]

    async def _see_while_asked(self, batch_id: str) -> None:
        while batch_id in self._asked:
            self._asked.discard(batch_id)
            try:
                if await self._items.any_waits(batch_id):
                    continue
                has_ended = await self._lane.write(lambda unit: self._close(unit, batch_id))
            except Problem as problem:
                # Results are there, and nobody may come any more who would look again.
                _log.error("end_not_written", batch=batch_id, error=problem.detail)
                self._asked.add(batch_id)
                await asyncio.sleep(self._pause_seconds)
                continue
            if has_ended:
                self._changed({batch_id})
                self._ended(batch_id)

    def _close(self, transaction: Transaction, batch_id: str) -> bool:
        row = batch_by_id(transaction.connection, batch_id)
        if row is None or row.is_over or row.state == "receiving":
            return False
        if any_waits(transaction.connection, batch_id):
            return False
        if row.state != "cancelled" and row.queued < row.items:
            # Others have not been told yet of all that was refused; whoever tells them looks again.
            return False
        now = self._clock.now()
        state = "cancelled" if row.state == "cancelled" else "finished"
        counts = counts_of(transaction.connection, batch_id)
        change_batch(transaction, batch_id, state=state, finished_at=now)
        event = Event(
            type="batch.finished",
            at=now,
            system=row.system,
            company=row.company,
            subject=row.id,
            data=_told(row, state, counts),
            source=row.source,
        )
        self._outbox.put(transaction, event)
        _log.info("batch_ended", batch=batch_id, source=row.source, state=state, **counts)
        return True


def _told(row: BatchRow, state: str, counts: dict[str, int]) -> dict[str, object]:
    return {
        "batch": row.id,
        "state": state,
        "items": row.items,
        "counts": counts,
        "links": {"self": f"/v1/batches/{row.id}", "items": f"/v1/batches/{row.id}/items"},
    }
