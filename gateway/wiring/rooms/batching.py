"""The room of batches joined: what the signing cycle needs of it, and what needs the signing cycle.

The two need one another, so results come first: the signing cycle writes them with its outcomes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.batches.asking import ItemAsking
from gateway.batches.checking import BatchChecking
from gateway.batches.ending import BatchEnding
from gateway.batches.intake import BatchIntake
from gateway.batches.interfaces import Owing
from gateway.batches.progress import ProgressBook
from gateway.batches.queueing import Queueing
from gateway.batches.receipts.maker import ReceiptMaker
from gateway.batches.results import ItemResults
from gateway.batches.sealing import ItemSealing
from gateway.batches.service import BatchService
from gateway.clock import Clock
from gateway.feeds.stocks import Stocks
from gateway.jobs.admission import Admission
from gateway.jobs.interfaces import JobQueue
from gateway.returns.interfaces import EventOutbox
from gateway.seals.in_force import InForce
from gateway.signing.service import SigningService
from gateway.store.engines.lane import WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.rows.batch_items import ItemReader
from gateway.store.rows.batches import BatchReader
from gateway.store.rows.documents import DocumentReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the room of batches stands on."""

    lane: WriterLane
    content: ContentStore
    queue: JobQueue
    outbox: EventOutbox
    batches: BatchReader
    items: ItemReader
    documents: DocumentReader
    in_force: Callable[[], InForce]
    admission: Admission
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResults:
    """What there is before the signing cycle: results, ends and progress."""

    ground: Ground
    results: ItemResults
    ending: BatchEnding
    progress: ProgressBook
    receipts: ReceiptMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRoom:
    """All of it.

    Attributes:
        service: for those who hand batches in and ask for them.
        sealing: does the jobs of the kind `seal`.
        queueing: makes the jobs.
        progress: how far batches have come.
        receipts: makes them, and gives them out.
        stocks: what lies ready at the places of connectors.
    """

    service: BatchService
    sealing: ItemSealing
    queueing: Queueing
    progress: ProgressBook
    receipts: ReceiptMaker
    stocks: Stocks


def batch_results(ground: Ground, signing_receipts: SigningService) -> BatchResults:
    """The part that the signing cycle writes by.

    Args:
        ground: what it stands on.
        signing_receipts: a signing cycle with a `ReceiptPress`.
    """
    receipts = ReceiptMaker(
        signing=signing_receipts,
        lane=ground.lane,
        batches=ground.batches,
        items=ground.items,
        in_force=ground.in_force,
        clock=ground.clock,
    )
    progress = ProgressBook(items=ground.items, clock=ground.clock)
    ending = BatchEnding(
        lane=ground.lane,
        items=ground.items,
        outbox=ground.outbox,
        clock=ground.clock,
        changed=progress.changed,
        ended=receipts.make,
    )
    results = ItemResults(
        queue=ground.queue,
        lane=ground.lane,
        outbox=ground.outbox,
        clock=ground.clock,
        ended=ending.look_from_the_lane,
    )
    return BatchResults(
        ground=ground, results=results, ending=ending, progress=progress, receipts=receipts
    )


def _nobody_counts(_seal: str) -> None:
    """Where there are no metrics."""


def batch_room(
    before: BatchResults,
    signing: SigningService,
    owing: Owing,
    *,
    sealed: Callable[[str], None] = _nobody_counts,
) -> BatchRoom:
    """The part that hands documents to the signing cycle.

    Args:
        before: the part that the signing cycle writes by.
        signing: the signing cycle.
        owing: writes down results that connectors are to bring somewhere.
        sealed: counts seals that were put on documents.
    """
    ground = before.ground
    asking = ItemAsking(in_force=ground.in_force, content=ground.content, clock=ground.clock)
    queueing = Queueing(
        queue=ground.queue,
        lane=ground.lane,
        ending=before.ending,
        outbox=ground.outbox,
        clock=ground.clock,
    )
    checking = BatchChecking(
        signing=signing, asking=asking, items=ground.items, documents=ground.documents
    )
    service = BatchService(
        intake=BatchIntake(
            lane=ground.lane,
            clock=ground.clock,
            checking=checking,
            queueing=queueing,
            admission=ground.admission,
            owing=owing,
        ),
        queueing=queueing,
        ending=before.ending,
        queue=ground.queue,
        lane=ground.lane,
        batches=ground.batches,
        items=ground.items,
        clock=ground.clock,
    )
    sealing = ItemSealing(
        signing=signing,
        asking=asking,
        results=before.results,
        batches=ground.batches,
        items=ground.items,
        documents=ground.documents,
        sealed=sealed,
    )
    return BatchRoom(
        service=service,
        sealing=sealing,
        queueing=queueing,
        progress=before.progress,
        receipts=before.receipts,
        stocks=Stocks(in_force=before.ground.in_force),
    )
