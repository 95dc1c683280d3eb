"""Inputs that nobody wants any more are deleted, a segment at a time."""

from datetime import timedelta

from gateway.batches.inputs import SHELF
from gateway.clock import Clock
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import ContentStore
from gateway.store.rows.batch_items import input_ends, release_inputs
from gateway.store.rows.batches import forget_received

_LONGEST_RECEIVING = timedelta(days=1)


async def sweep_inputs(
    lane: WriterLane, content: ContentStore, *, clock: Clock, kept_for: timedelta
) -> int:
    """Delete the segments all of whose items have ended; gives how many those were.

    Batches that broke off while they came, and were not sent again within a day, are forgotten
    before: nobody was ever told of them.

    Args:
        lane: whose thread alone appends to segments, and so deletes them.
        content: where they are.
        clock: the present.
        kept_for: how long the input of an item that failed is kept for a retry.

    Raises:
        StoreProblem: the disk or the database refuses.
    """
    now = clock.now()
    await lane.write(lambda unit: forget_received(unit, before=now - _LONGEST_RECEIVING))
    await lane.write(lambda unit: release_inputs(unit, ended_before=now - kept_for))
    return await lane.write(lambda unit: _drop(unit, content))


def _drop(unit: Transaction, content: ContentStore) -> int:
    wanted = input_ends(unit.connection)
    unwanted = [name for name in content.closed_segments(SHELF) if name not in wanted]
    for name in unwanted:
        content.drop(name)
    return len(unwanted)
