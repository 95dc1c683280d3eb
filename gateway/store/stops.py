"""Rows of freezes and of what officers say for their end.

A unit of work writes them at once, not with the commit, so that the unit after it sees them.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.store.schema import audit_leaf, stop, stop_lift


class StopRow(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze. Moments are Unix microseconds; `statement` is what was signed."""

    id: str
    kind: str
    name: str
    reason: str
    statement: str
    at: int
    audit_index: int
    lifted_at: int | None = None
    lift_index: int | None = None


class LiftRow(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's statement that a freeze may end."""

    stop: str
    person: str
    statement: str
    at: int
    audit_index: int


_put_stop = insert(stop)
_put_lift = insert(stop_lift)
_lifted = (
    update(stop)
    .where(stop.c.id == bindparam("which"))
    .values(lifted_at=bindparam("moment"), lift_index=bindparam("place"))
)


def live_stops(connection: Connection) -> list[StopRow]:
    """The freezes that were not lifted, in the order of the log."""
    rows = connection.execute(
        select(stop).where(stop.c.lifted_at.is_(None)).order_by(stop.c.audit_index)
    )
    return [StopRow(**row) for row in rows.mappings()]


def stop_row(connection: Connection, stop_id: str) -> StopRow | None:
    """The freeze of that id, lifted or not."""
    row = connection.execute(select(stop).where(stop.c.id == stop_id)).mappings().one_or_none()
    return None if row is None else StopRow(**row)


def lift_rows(connection: Connection, stop_id: str) -> list[LiftRow]:
    """What was said for the end of a freeze, in the order of the log."""
    rows = connection.execute(
        select(stop_lift).where(stop_lift.c.stop == stop_id).order_by(stop_lift.c.audit_index)
    )
    return [LiftRow(**row) for row in rows.mappings()]


def leaf_of(connection: Connection, audit_index: int) -> bytes | None:
    """The leaf at that place of the log."""
    found: bytes | None = connection.execute(
        select(audit_leaf.c.leaf).where(audit_leaf.c.index == audit_index)
    ).scalar_one_or_none()
    return found


def put_stop(connection: Connection, row: StopRow) -> None:
    """Keep a new freeze."""
    connection.execute(_put_stop, msgspec.to_builtins(row))


def put_lifts(connection: Connection, rows: Iterable[LiftRow]) -> None:
    """Keep what officers say for the end of a freeze."""
    for row in rows:
        connection.execute(_put_lift, msgspec.to_builtins(row))


def end_stop(connection: Connection, stop_id: str, *, at: int, audit_index: int) -> None:
    """The freeze has ended."""
    connection.execute(_lifted, {"which": stop_id, "moment": at, "place": audit_index})
