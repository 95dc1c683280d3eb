"""Who works on jobs, and the store that batches stand on."""

import contextlib

from gateway.jobs.crew import Crew, Terms
from gateway.jobs.runner import JobRunner
from gateway.returns.outbox import Outbox
from gateway.returns.targets import TargetBook
from gateway.store.batch_items import ItemReader
from gateway.store.batches import BatchReader
from gateway.wiring.batching import BatchResults, BatchRoom, Ground, batch_results
from gateway.wiring.house import House


def begin_batches(house: House, stack: contextlib.AsyncExitStack) -> BatchResults:
    """What the signing cycle writes by."""
    batches, items = BatchReader(house.readers), ItemReader(house.readers)
    stack.callback(batches.close)
    stack.callback(items.close)
    ground = Ground(
        lane=house.lane,
        content=house.content,
        queue=house.queue,
        outbox=Outbox(TargetBook(), house.queue),
        batches=batches,
        items=items,
        documents=house.reader,
        in_force=lambda: house.policies.current,
        clock=house.clock,
    )
    before = batch_results(ground, ended=lambda _batch: None)
    before.ending.start()
    stack.callback(before.ending.stop)
    return before


def job_runner(house: House, room: BatchRoom) -> JobRunner:
    """Those who do the jobs, one crew a kind."""
    sealing = Crew(
        "seal",
        room.sealing,
        Terms(places=house.config.batches.at_once, probe=house.audit.prove_signer),
        queue=house.queue,
        lane=house.lane,
        clock=house.clock,
    )
    return JobRunner(house.queue, (sealing,))
