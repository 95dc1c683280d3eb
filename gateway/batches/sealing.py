"""What is done for a job of the kind `seal`: one document of a batch is sealed, or told why not."""

from datetime import timedelta

import structlog

from gateway.batches.asking import ItemAsking
from gateway.batches.keyed import Keyed
from gateway.batches.problems import as_told, kept
from gateway.batches.results import ItemResults
from gateway.clock import Clock
from gateway.errors import InternalProblem, Problem
from gateway.jobs.errors import LeaseLostProblem
from gateway.jobs.interfaces import JobQueue
from gateway.jobs.model import ClaimedJob
from gateway.signing.errors import CountedMeanwhileProblem
from gateway.signing.service import SigningService
from gateway.store.batch_items import ItemReader, ItemRow
from gateway.store.batches import BatchReader, BatchRow
from gateway.store.documents import DocumentReader
from gateway.store.lane import WriterLane

_LONGEST_PAUSE_SECONDS = 60
_MOST_DEFECTS = 5

_log = structlog.get_logger("batches")


class ItemSealing:
    """Does jobs of the kind `seal`.

    What may pass by itself (the signer is away, the disk is full) is tried again for as long as it
    takes; what would not is the item's result.
    """

    def __init__(
        self,
        *,
        signing: SigningService,
        asking: ItemAsking,
        results: ItemResults,
        queue: JobQueue,
        lane: WriterLane,
        batches: BatchReader,
        items: ItemReader,
        documents: DocumentReader,
        clock: Clock,
    ) -> None:
        self._signing = signing
        self._asking = asking
        self._results = results
        self._queue = queue
        self._lane = lane
        self._batches = batches
        self._items = items
        self._documents = documents
        self._clock = clock
        self._in_hand = Keyed()

    async def do(self, job: ClaimedJob) -> None:
        """Seal the item of the job; returns once its result, or its retry, is durable.

        Raises:
            StoreProblem: nothing could be written; the job's lease ends, and it is claimed again.
        """
        batch_id, _, number = job.key.partition("/")
        batch, item = self._batches.by_id(batch_id), self._items.item(batch_id, int(number))
        try:
            if batch is None or item is None or item.state != "waiting" or _is_off(batch):
                await self._results.not_wanted(batch_id, int(number), job.lease)
                return
            # Of several items with one key, the later ones get what the first one comes to.
            async with self._in_hand.alone((batch.system, item.key)):
                await self._seal(job, batch, item)
        except LeaseLostProblem as lost:
            _log.info("job_went_elsewhere", job=job.key, detail=lost.detail)

    async def _seal(self, job: ClaimedJob, batch: BatchRow, item: ItemRow) -> None:
        try:
            request = self._asking.request(batch, item, job.lease)
            sealed = await self._signing.seal(request, await self._asking.document(item))
        except LeaseLostProblem:
            raise
        except Problem as problem:
            if problem.retry_after_seconds is not None:
                await self._retry(job, problem, after=problem.retry_after_seconds)
            elif isinstance(problem, CountedMeanwhileProblem):
                await self._retry(job, problem, after=0)
            else:
                told = await as_told(problem, self._documents, system=batch.system, item=item)
                await self._results.failed(batch, item, job.lease, told)
            return
        except Exception:  # noqa: BLE001 - a defect of ours must not stop the other items
            _log.exception("defect", job=job.key, trace=batch.trace_id)
            told = InternalProblem(f"the gateway's log has the details under {batch.trace_id}")
            if job.attempt < _MOST_DEFECTS:
                await self._retry(job, told, after=1)
            else:
                await self._results.failed(batch, item, job.lease, told)
            return
        if not self._results.was_released(item.batch, item.number):
            await self._results.repeated(item, job.lease, sealed.row)

    async def _retry(self, job: ClaimedJob, problem: Problem, *, after: int) -> None:
        pause = min(after * 2 ** min(job.attempt - 1, 10), _LONGEST_PAUSE_SECONDS)
        due = self._clock.now() + timedelta(seconds=pause)
        reason = kept(problem)
        await self._lane.write(
            lambda unit: self._queue.retry(unit, job.lease, not_before=due, reason=reason)
        )


def _is_off(batch: BatchRow) -> bool:
    return batch.state == "cancelled"
