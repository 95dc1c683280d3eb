"""What came of each document: written with the end of its job, and with what others are told."""

from collections.abc import Callable
from datetime import datetime

from gateway.batches.model import item_of, origin_of
from gateway.batches.problems import kept, told_again
from gateway.clock import Clock
from gateway.errors import Problem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import Lease
from gateway.returns.interfaces import EventOutbox
from gateway.returns.model import Event
from gateway.signing.model import SigningRequest
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows.batch_items import (
    ItemRow,
    cancel_item,
    fail_item,
    item_by_number,
    seal_item,
)
from gateway.store.rows.batches import BatchRow, batch_by_id
from gateway.store.rows.documents import DocumentRow


class ItemResults:
    """Writes results. Implements `gateway.signing.guard.Releasing` for documents of batches.

    Promise: an item's result and the end of its job are durable together, and a sealed one's also
    with the outcome in the audit log.
    """

    def __init__(
        self,
        *,
        queue: JobQueue,
        lane: WriterLane,
        outbox: EventOutbox,
        clock: Clock,
        ended: Callable[[set[str]], None],
    ) -> None:
        """Join them.

        Args:
            queue: the jobs'.
            lane: the writer.
            outbox: where others are told.
            clock: of results.
            ended: is called on the lane's thread with the batches that have new results.
        """
        self._queue = queue
        self._lane = lane
        self._outbox = outbox
        self._clock = clock
        self._ended = ended
        self._released: set[str] = set()

    def at_release(
        self, transaction: Transaction, request: SigningRequest, row: DocumentRow
    ) -> None:
        """See `Releasing`."""
        item = item_of(request.origin)
        if item is None or request.lease is None:
            return
        self._queue.finish(transaction, request.lease)
        seal_item(
            transaction,
            *item,
            state="sealed",
            document=row.id,
            output_digest=row.output_digest or b"",
            at=self._clock.now(),
        )
        transaction.after_commit(self._after_release, request.origin)

    def was_released(self, *, batch_id: str, number: int) -> bool:
        """Whether its result went with its outcome; to be asked once, by whoever had it sealed."""
        origin = origin_of(batch_id, number)
        known = origin in self._released
        self._released.discard(origin)
        return known

    async def repeated(self, item: ItemRow, lease: Lease, document: DocumentRow) -> None:
        """It was sealed before, for another item or request.

        Raises:
            LeaseLostProblem: another has the job.
            StoreProblem: it cannot be kept now.
        """

        def unit(transaction: Transaction) -> None:
            self._queue.finish(transaction, lease)
            seal_item(
                transaction,
                item.batch,
                item.number,
                state="repeated",
                document=document.id,
                output_digest=document.output_digest or b"",
                at=self._clock.now(),
            )
            transaction.after_commit(self._after_result, item.batch)

        await self._lane.write(unit)

    async def failed(self, batch: BatchRow, item: ItemRow, lease: Lease, problem: Problem) -> None:
        """It is not sealed, and trying again would not help.

        Raises:
            LeaseLostProblem: another has the job.
            StoreProblem: it cannot be kept now.
        """
        told = kept(problem)

        def unit(transaction: Transaction) -> None:
            self._queue.finish(transaction, lease)
            self._fail(transaction, batch, item, told)

        await self._lane.write(unit)

    def write_failure(
        self, transaction: Transaction, batch_id: str, number: int, problem: Problem
    ) -> None:
        """The same where another ends the job in this transaction."""
        row = batch_by_id(transaction.connection, batch_id)
        item = item_by_number(transaction.connection, batch_id, number)
        if row is None or item is None:
            return
        self._fail(transaction, row, item, kept(problem))

    async def not_wanted(self, batch_id: str, number: int, lease: Lease) -> None:
        """The batch was cancelled before its turn came, or it has ended already.

        Raises:
            LeaseLostProblem: another has the job.
            StoreProblem: it cannot be kept now.
        """

        def unit(transaction: Transaction) -> None:
            self._queue.finish(transaction, lease)
            cancel_item(transaction, batch_id, number, at=self._clock.now())
            transaction.after_commit(self._after_result, batch_id)

        await self._lane.write(unit)

    def _fail(
        self, transaction: Transaction, batch: BatchRow, item: ItemRow, problem: bytes
    ) -> None:
        event = failure(batch, item, problem, at=self._clock.now())
        fail_item(transaction, batch.id, item.number, problem=problem, at=event.at)
        self._outbox.put(transaction, event)
        transaction.after_commit(self._after_result, batch.id)

    def _after_release(self, origins: list[str]) -> None:
        self._released.update(origins)
        self._ended({item[0] for origin in origins if (item := item_of(origin)) is not None})

    def _after_result(self, batches: list[str]) -> None:
        self._ended(set(batches))


def failure(batch: BatchRow, item: ItemRow, problem: bytes, *, at: datetime) -> Event:
    """What others are told of an item that is not sealed; `problem` as it is kept."""
    return Event(
        type="item.failed",
        at=at,
        system=batch.system,
        company=batch.company,
        subject=batch.id,
        data={
            "batch": batch.id,
            "number": item.number,
            "name": item.name,
            "businessNumber": item.business_number,
            "problem": told_again(problem),
        },
        document_type=item.document_type,
        source=batch.source,
    )
