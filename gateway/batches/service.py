"""What callers may do with batches. A system sees its own only; others' do not exist for it."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from gateway.batches.ending import BatchEnding
from gateway.batches.errors import BatchStateProblem, BatchUnknownProblem
from gateway.batches.intake import BatchIntake
from gateway.batches.model import BatchOrder, ReadItem
from gateway.batches.queueing import Queueing
from gateway.clock import Clock
from gateway.jobs.interfaces import JobQueue
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.batch_items import (
    ItemReader,
    ItemRow,
    ItemState,
    await_failed,
    cancel_waiting,
)
from gateway.store.rows.batches import (
    BatchReader,
    BatchRow,
    BatchState,
    batch_by_id,
    change_batch,
    forget_receipt,
)
from policies.model import Caller

_AFTER_ALL_IDS = "g"


class BatchService:
    """Takes batches in, tells of them, and stops, resumes, cancels and retries them."""

    def __init__(
        self,
        *,
        intake: BatchIntake,
        queueing: Queueing,
        ending: BatchEnding,
        queue: JobQueue,
        lane: WriterLane,
        batches: BatchReader,
        items: ItemReader,
        clock: Clock,
    ) -> None:
        self._intake = intake
        self._queueing = queueing
        self._ending = ending
        self._queue = queue
        self._lane = lane
        self._batches = batches
        self._items = items
        self._clock = clock

    async def submit(self, order: BatchOrder, items: AsyncIterator[ReadItem]) -> BatchRow:
        """See `BatchIntake.submit`."""
        return await self._intake.submit(order, items)

    async def batch(self, batch_id: str, caller: Caller) -> BatchRow:
        """A batch of the caller's.

        Raises:
            BatchUnknownProblem: there is none, or it is another's.
        """
        return _own(await self._batches.by_id(batch_id), batch_id, caller)

    async def newest(
        self, caller: Caller, *, before: str | None, most: int
    ) -> tuple[BatchRow, ...]:
        """The caller's batches, the newest first, from before an id."""
        found = await self._batches.of_system(
            caller.system, before=before or _AFTER_ALL_IDS, most=most
        )
        return tuple(row for row in found if row.state != "receiving")

    async def items(
        self, batch: BatchRow, *, after: int, most: int, state: ItemState | None = None
    ) -> tuple[ItemRow, ...]:
        """Its items in their order, from behind a number; of one state, if it is named."""
        return await self._items.page(batch.id, after=after, most=most, state=state)

    async def pause(self, batch_id: str, caller: Caller) -> BatchRow:
        """Begin no further item of it; those in hand are finished.

        Raises:
            BatchUnknownProblem: there is none, or it is another's.
            BatchStateProblem: it is not open.
        """

        def unit(transaction: Transaction) -> BatchRow:
            row = _own_in(transaction, batch_id, caller, among=("open",))
            self._queue.pause(transaction, row.id)
            return _changed(transaction, row, state="paused")

        return await self._lane.write(unit)

    async def resume(self, batch_id: str, caller: Caller) -> BatchRow:
        """Go on with what was paused; see `pause` for what is raised."""

        def unit(transaction: Transaction) -> BatchRow:
            row = _own_in(transaction, batch_id, caller, among=("paused",))
            self._queue.resume(transaction, row.id)
            return _changed(transaction, row, state="open")

        row = await self._lane.write(unit)
        self._queueing.go_on(row.id)
        return row

    async def cancel(self, batch_id: str, caller: Caller) -> BatchRow:
        """Seal no further item of it; what is sealed stays so. See `pause` for what is raised."""

        def unit(transaction: Transaction) -> BatchRow:
            row = _own_in(transaction, batch_id, caller, among=("open", "paused"))
            self._queue.cancel(transaction, row.id)
            cancel_waiting(transaction, row.id, at=self._clock.now())
            return _changed(transaction, row, state="cancelled")

        row = await self._lane.write(unit)
        self._ending.look({row.id})
        return row

    async def retry(self, batch_id: str, caller: Caller) -> BatchRow:
        """Try what failed once more, if anything of it can be; its receipt is made anew.

        See `pause` for what is raised.
        """

        def unit(transaction: Transaction) -> BatchRow:
            row = _own_in(transaction, batch_id, caller, among=("open", "finished"))
            if not await_failed(transaction, row.id):
                return row
            forget_receipt(transaction, row.id)
            self._queue.revive(transaction, row.id)
            return _changed(transaction, row, state="open", queued=0, finished_at=None)

        row = await self._lane.write(unit)
        self._queueing.go_on(row.id)
        return row


def _own(row: BatchRow | None, batch_id: str, caller: Caller) -> BatchRow:
    if row is None or row.system != caller.system or row.state == "receiving":
        raise BatchUnknownProblem(f"system {caller.system!r} has no batch {batch_id!r}")
    return row


def _own_in(
    transaction: Transaction, batch_id: str, caller: Caller, *, among: tuple[BatchState, ...]
) -> BatchRow:
    row = _own(batch_by_id(transaction.connection, batch_id), batch_id, caller)
    if row.state not in among:
        raise BatchStateProblem(f"batch {batch_id} is {row.state}, and not {' or '.join(among)}")
    return row


def _changed(
    transaction: Transaction,
    row: BatchRow,
    **changes: Any,  # noqa: ANN401 - columns
) -> BatchRow:
    change_batch(transaction, row.id, **changes)
    return msgspec.structs.replace(row, **changes)
