"""Rows of freezes and of what officers say for their end.

A unit of work writes them at once, not with the commit, so that the unit after it sees them.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.store.schema import audit_leaf, freeze, unfreeze


class FreezeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze. Moments are Unix microseconds; `statement` is what was signed."""

    id: str
    kind: str
    name: str
    reason: str
    statement: str
    at: int
    audit_index: int
    ended_at: int | None = None
    end_index: int | None = None


class UnfreezeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One officer's statement that a freeze may end."""

    freeze: str
    person: str
    statement: str
    at: int
    audit_index: int


_put_freeze = insert(freeze)
_put_unfreeze = insert(unfreeze)
_ended = (
    update(freeze)
    .where(freeze.c.id == bindparam("which"))
    .values(ended_at=bindparam("moment"), end_index=bindparam("place"))
)


def live_freezes(connection: Connection) -> list[FreezeRow]:
    """The freezes that have not ended, in the order of the log."""
    rows = connection.execute(
        select(freeze).where(freeze.c.ended_at.is_(None)).order_by(freeze.c.audit_index)
    )
    return [FreezeRow(**row) for row in rows.mappings()]


def freeze_row(connection: Connection, freeze_id: str) -> FreezeRow | None:
    """The freeze of that id, ended or not."""
    row = (
        connection.execute(select(freeze).where(freeze.c.id == freeze_id)).mappings().one_or_none()
    )
    return None if row is None else FreezeRow(**row)


def unfreeze_rows(connection: Connection, freeze_id: str) -> list[UnfreezeRow]:
    """What was said for the end of a freeze, in the order of the log."""
    rows = connection.execute(
        select(unfreeze).where(unfreeze.c.freeze == freeze_id).order_by(unfreeze.c.audit_index)
    )
    return [UnfreezeRow(**row) for row in rows.mappings()]


def leaf_of(connection: Connection, audit_index: int) -> bytes | None:
    """The leaf at that place of the log."""
    found: bytes | None = connection.execute(
        select(audit_leaf.c.leaf).where(audit_leaf.c.index == audit_index)
    ).scalar_one_or_none()
    return found


def put_freeze(connection: Connection, row: FreezeRow) -> None:
    """Keep a new freeze."""
    connection.execute(_put_freeze, msgspec.to_builtins(row))


def put_unfreezes(connection: Connection, rows: Iterable[UnfreezeRow]) -> None:
    """Keep what officers say for the end of a freeze."""
    for row in rows:
        connection.execute(_put_unfreeze, msgspec.to_builtins(row))


def end_freeze(connection: Connection, freeze_id: str, *, at: int, audit_index: int) -> None:
    """The freeze has ended."""
    connection.execute(_ended, {"which": freeze_id, "moment": at, "place": audit_index})
