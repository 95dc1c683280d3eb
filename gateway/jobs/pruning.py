"""Forget jobs that were cancelled: what became of them stands with what they belonged to."""

from gateway.store.engines.lane import WriterLane
from gateway.store.engines.pieces import in_pieces
from gateway.store.rows.jobs import delete_cancelled

_FORGOTTEN_AT_ONCE = 500


async def forget_cancelled(lane: WriterLane) -> int:
    """Delete them, a little at a time; gives how many there were.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    most = _FORGOTTEN_AT_ONCE
    return await in_pieces(
        lane, lambda unit: delete_cancelled(unit.connection, most=most), most=most
    )
