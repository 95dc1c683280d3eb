"""Forget jobs that were cancelled: what became of them stands with what they belonged to."""

from gateway.store.jobs import delete_cancelled
from gateway.store.lane import WriterLane

# So few at a time that no document waits for the forgetting.
_FORGOTTEN_AT_ONCE = 500


async def forget_cancelled(lane: WriterLane) -> int:
    """Delete them, a little at a time; gives how many there were.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    total = 0
    while True:
        gone = await lane.write(
            lambda unit: delete_cancelled(unit.connection, most=_FORGOTTEN_AT_ONCE)
        )
        total += gone
        if gone < _FORGOTTEN_AT_ONCE:
            return total
