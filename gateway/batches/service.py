"""What callers may do with batches. A system sees its own only; others' do not exist for it."""

from collections.abc import AsyncIterator, Callable

from gateway.batches.ending import BatchEnding
from gateway.batches.errors import BatchStateProblem, BatchUnknownProblem
from gateway.batches.intake import BatchIntake
from gateway.batches.model import BatchOrder, ReadItem
from gateway.batches.queueing import Queueing
from gateway.clock import Clock
from gateway.jobs.interfaces import JobQueue
from gateway.store.batch_items import (
    ItemReader,
    ItemRow,
    ItemState,
    await_failed,
    cancel_waiting,
)
from gateway.store.batches import (
    BatchReader,
    BatchRow,
    BatchState,
    batch_by_id,
    change_batch,
    forget_receipt,
)
from gateway.store.lane import Transaction, WriterLane
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

        def turn(transaction: Transaction, row: BatchRow) -> None:
            self._queue.hold(transaction, row.id)

        return await self._turn(batch_id, caller, among=("open",), to="paused", turn=turn)

    async def resume(self, batch_id: str, caller: Caller) -> BatchRow:
        """Go on with what was paused; see `pause` for what is raised."""

        def turn(transaction: Transaction, row: BatchRow) -> None:
            self._queue.release(transaction, row.id)

        row = await self._turn(batch_id, caller, among=("paused",), to="open", turn=turn)
        self._queueing.go_on(row.id)
        return row

    async def cancel(self, batch_id: str, caller: Caller) -> BatchRow:
        """Seal no further item of it; what is sealed stays so. See `pause` for what is raised."""

        def turn(transaction: Transaction, row: BatchRow) -> None:
            self._queue.cancel(transaction, row.id)
            cancel_waiting(transaction, row.id, at=self._clock.now())

        among: tuple[BatchState, ...] = ("open", "paused")
        row = await self._turn(batch_id, caller, among=among, to="cancelled", turn=turn)
        self._ending.look({row.id})
        return row

    async def retry(self, batch_id: str, caller: Caller) -> BatchRow:
        """Try what failed once more; its receipt is made anew. See `pause` for what is raised.

        Where nothing can be tried again, all stays as it is.
        """

        def turn(transaction: Transaction, row: BatchRow) -> None:
            if await_failed(transaction, row.id):
                forget_receipt(transaction, row.id)
                self._queue.revive(transaction, row.id)
                change_batch(transaction, row.id, queued=0, finished_at=None)
            else:
                change_batch(transaction, row.id, state=row.state)

        among: tuple[BatchState, ...] = ("open", "finished")
        row = await self._turn(batch_id, caller, among=among, to="open", turn=turn)
        self._queueing.go_on(row.id)
        return row

    async def _turn(
        self,
        batch_id: str,
        caller: Caller,
        *,
        among: tuple[BatchState, ...],
        to: BatchState,
        turn: Callable[[Transaction, BatchRow], None],
    ) -> BatchRow:
        def unit(transaction: Transaction) -> BatchRow:
            row = _own(batch_by_id(transaction.connection, batch_id), batch_id, caller)
            if row.state not in among:
                raise BatchStateProblem(
                    f"batch {batch_id} is {row.state}, and not {' or '.join(among)}"
                )
            change_batch(transaction, batch_id, state=to)
            turn(transaction, row)
            return _own(batch_by_id(transaction.connection, batch_id), batch_id, caller)

        return await self._lane.write(unit)


def _own(row: BatchRow | None, batch_id: str, caller: Caller) -> BatchRow:
    if row is None or row.system != caller.system or row.state == "receiving":
        raise BatchUnknownProblem(f"system {caller.system!r} has no batch {batch_id!r}")
    return row
