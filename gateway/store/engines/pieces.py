"""What is too much for one transaction, a little at a time: no document waits for it."""

from collections.abc import Callable

from gateway.store.engines.lane import Transaction, WriterLane


async def in_pieces(lane: WriterLane, some: Callable[[Transaction], int], *, most: int) -> int:
    """Run a unit again and again while it does `most` things; gives how many it did in all.

    Raises:
        StoreProblem: the database could not be written; what was done is.
    """
    total = 0
    while True:
        done = await lane.write(some)
        total += done
        if done < most:
            return total
