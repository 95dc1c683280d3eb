"""Forget events whose time is over, with how their deliveries stood and those given up."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select

from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.moments import microseconds
from gateway.store.engines.pieces import in_pieces
from gateway.store.schema import delivery, event, job

_FORGOTTEN_AT_ONCE: Final = 500

_oldest = (
    select(event.c.id)
    .where(event.c.at < bindparam("before"))
    .order_by(event.c.at, event.c.sequence)
    .limit(_FORGOTTEN_AT_ONCE)
)
_forget_deliveries = delete(delivery).where(delivery.c.event.in_(_oldest))
_forget_events = delete(event).where(event.c.id.in_(_oldest))
_given_up = (
    select(job.c.id)
    .where(job.c.kind == "deliver", job.c.state == "dead")
    .where(job.c.created_at < bindparam("before"))
    .limit(_FORGOTTEN_AT_ONCE)
)
_forget_given_up = delete(job).where(job.c.id.in_(_given_up))


async def forget_events(lane: WriterLane, *, before: datetime) -> int:
    """Delete events that were earlier, a little at a time; gives how many there were.

    Raises:
        StoreProblem: the database could not be written; what was deleted is.
    """
    most = _FORGOTTEN_AT_ONCE
    await in_pieces(lane, lambda unit: _forget_some_given_up(unit, before), most=most)
    return await in_pieces(lane, lambda unit: _forget_some(unit, before), most=most)


def _forget_some(transaction: Transaction, before: datetime) -> int:
    named = {"before": microseconds(before)}
    transaction.connection.execute(_forget_deliveries, named)
    result: Any = transaction.connection.execute(_forget_events, named)
    return int(result.rowcount)


def _forget_some_given_up(transaction: Transaction, before: datetime) -> int:
    """A replay makes a job of its own, so nobody comes back to these."""
    named = {"before": microseconds(before)}
    return int(transaction.connection.execute(_forget_given_up, named).rowcount)
