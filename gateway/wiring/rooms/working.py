"""Who works on jobs, and the store that batches stand on."""

import contextlib
from collections.abc import Callable, Sequence

from gateway.jobs.crew import Crew
from gateway.jobs.runner import JobRunner
from gateway.returns.interfaces import EventOutbox
from gateway.signing.service import SigningService
from gateway.store.rows.batch_items import ItemReader
from gateway.store.rows.batches import BatchReader
from gateway.wiring.house import House
from gateway.wiring.rooms.batching import BatchResults, BatchRoom, Ground, batch_results
from gateway.wiring.rooms.waiting import seal_terms


def begin_batches(
    house: House,
    outbox: EventOutbox,
    stack: contextlib.AsyncExitStack,
    signing_receipts: SigningService,
) -> BatchResults:
    """What the signing cycle writes by."""
    batches, items = BatchReader(house.readers), ItemReader(house.readers)
    stack.callback(batches.close)
    stack.callback(items.close)
    ground = Ground(
        lane=house.lane,
        content=house.content,
        queue=house.queue,
        outbox=outbox,
        batches=batches,
        items=items,
        documents=house.reader,
        in_force=lambda: house.policies.current,
        admission=house.admission,
        clock=house.clock,
    )
    before = batch_results(ground, signing_receipts)
    before.ending.start()
    stack.callback(before.ending.stop)
    return before


def job_runner(
    house: House,
    room: BatchRoom,
    *,
    callers: Callable[[], int],
    further: Sequence[Crew] = (),
) -> JobRunner:
    """Those who do the jobs, one crew a kind; `callers` wait for an answer and go first.

    `further` are the crews of rooms that not every gateway has.
    """
    sealing = Crew(
        "seal",
        room.sealing,
        seal_terms(house, callers=callers),
        queue=house.queue,
        lane=house.lane,
        clock=house.clock,
    )
    beat = house.config.jobs.lease_seconds / 4
    return JobRunner(house.queue, (sealing, *further), heartbeat_seconds=beat)
