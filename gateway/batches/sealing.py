"""What is done for a job of the kind `seal`: one document of a batch is sealed, or told why not."""

from collections.abc import Callable
from datetime import timedelta

from gateway.batches.asking import ItemAsking
from gateway.batches.errors import ItemNeverEndsProblem
from gateway.batches.keyed import Keyed
from gateway.batches.problems import as_told
from gateway.batches.results import ItemResults
from gateway.batches.room import Room
from gateway.documents.errors import WorkersUnavailableProblem
from gateway.errors import Problem
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.model import ClaimedJob
from gateway.jobs.outcomes import Away, Done, Later, Outcome, Reason
from gateway.signing.errors import (
    ClockOffProblem,
    CountedMeanwhileProblem,
    SignerUnavailableProblem,
)
from gateway.signing.service import SigningService
from gateway.store.engines.lane import Transaction
from gateway.store.errors import StoreProblem
from gateway.store.rows.batch_items import ItemReader, ItemRow
from gateway.store.rows.batches import BatchReader, BatchRow
from gateway.store.rows.documents import DocumentReader

_MOST_BYTES_AT_ONCE = 512 * 1024 * 1024
_AWAY = (ClockOffProblem, SignerUnavailableProblem, StoreProblem, WorkersUnavailableProblem)
"""What no document can be sealed without: the others are not even tried then."""


class ItemSealing:
    """Does jobs of the kind `seal`; implements `gateway.jobs.interfaces.JobHandler`.

    What may pass by itself (the signer is away, the disk is full) is tried again for as long as it
    takes; what would not is the item's result.
    """

    def __init__(
        self,
        *,
        signing: SigningService,
        asking: ItemAsking,
        results: ItemResults,
        batches: BatchReader,
        items: ItemReader,
        documents: DocumentReader,
        sealed: Callable[[str], None],
    ) -> None:
        """Join them; `sealed` is told the seal of each that was put on a document."""
        self._signing = signing
        self._asking = asking
        self._results = results
        self._batches = batches
        self._items = items
        self._documents = documents
        self._sealed = sealed
        self._in_hand = Keyed()
        self._room = Room(_MOST_BYTES_AT_ONCE)

    async def work(self, job: ClaimedJob) -> Outcome:
        """See `JobHandler`: seal the item of the job; its result is durable with the job's end."""
        batch_id, number = _item(job)
        batch = await self._batches.by_id(batch_id)
        item = await self._items.item(batch_id, number)
        if batch is None or item is None or item.state != "waiting" or batch.state == "cancelled":
            await self._results.not_wanted(batch_id, number, job.lease)
            return Done()
        # Of several items with one key, the later ones get what the first one comes to.
        async with self._in_hand.alone((batch.system, item.key)):
            return await self._seal(job, batch, item)

    def buried(self, transaction: Transaction, job: ClaimedJob, reason: Reason) -> None:
        """See `JobHandler`: it was begun again and again, and never came to an end."""
        batch_id, number = _item(job)
        problem = ItemNeverEndsProblem(f"{reason.type}: {reason.detail}")
        self._results.write_failure(transaction, batch_id, number, problem)

    async def _seal(self, job: ClaimedJob, batch: BatchRow, item: ItemRow) -> Outcome:
        try:
            request = self._asking.request(batch, item, job.lease)
            async with self._room.of(item.input_bytes or 0):
                sealed = await self._signing.seal(request, await self._asking.document(item))
        except LeaseLostProblem:
            return Done()
        except Problem as problem:
            later = _later(problem)
            if later is None:
                told = await as_told(problem, self._documents, system=batch.system, item=item)
                await self._results.failed(batch, item, job.lease, told)
            return later or Done()
        if self._results.was_released(batch_id=item.batch, number=item.number):
            for row in sealed.parts or (sealed.row,):
                self._sealed(row.seal)
        else:
            await self._results.repeated(item, job.lease, sealed.row)
        return Done()


def _item(job: ClaimedJob) -> tuple[str, int]:
    batch_id, _, number = job.key.partition("/")
    return batch_id, int(number)


def _later(problem: Problem) -> Outcome | None:
    """What is to be done where it may pass by itself; None: it will not."""
    if isinstance(problem, _AWAY):
        return Away(reason=Reason.of(problem))
    if isinstance(problem, CountedMeanwhileProblem):
        return Later(reason=Reason.of(problem), after=timedelta(0))
    if problem.retry_after_seconds is not None:
        return Later(reason=Reason.of(problem))
    return None
