"""Rows of what connectors brought and are owed: what a unit of work does with them, and reading."""

from datetime import datetime

import msgspec
from sqlalchemy import Engine, bindparam, delete, insert, select, update

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.schema import feed_batch, feed_cursor


class OwedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Results of one batch for one connector, see `gateway.store.schema.feed_batch`."""

    target: str
    system: str
    batch_key: str
    source: str
    brought: bytes
    delivered: bytes


_COLUMNS = OwedRow.__struct_fields__
_KEYS = ("target", "system", "batch_key")
_owed = (
    select(*(feed_batch.c[name] for name in _COLUMNS))
    .where(feed_batch.c.target == bindparam("of_target"))
    .order_by(feed_batch.c.created_at, feed_batch.c.batch_key)
)
_cursor = select(feed_cursor.c.cursor).where(feed_cursor.c.connector == bindparam("of_connector"))
_this = tuple(feed_batch.c[name] == bindparam(f"of_{name}") for name in _KEYS)


def owe(transaction: Transaction, row: OwedRow, *, at: datetime) -> None:
    """Owe it, unless it is owed already."""
    keys = _named(row)
    if transaction.connection.execute(select(feed_batch.c.source).where(*_this), keys).all():
        return
    values = {**msgspec.structs.asdict(row), "created_at": microseconds(at)}
    transaction.connection.execute(insert(feed_batch).values(values))


def mark_delivered(transaction: Transaction, row: OwedRow, delivered: bytes) -> None:
    """So many of its results are there."""
    change = update(feed_batch).where(*_this).values(delivered=delivered)
    transaction.connection.execute(change, _named(row))


def forget_owed(transaction: Transaction, row: OwedRow) -> None:
    """All of it is there, or never will be."""
    transaction.connection.execute(delete(feed_batch).where(*_this), _named(row))


def keep_cursor(transaction: Transaction, connector: str, cursor: str) -> None:
    """Fetching goes on from here."""
    mine = feed_cursor.c.connector == connector
    changed = transaction.connection.execute(update(feed_cursor).where(mine).values(cursor=cursor))
    if not changed.rowcount:
        transaction.connection.execute(
            insert(feed_cursor).values(connector=connector, cursor=cursor)
        )


class FeedReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._owed = compiled(_owed, engine, limited=True)
        self._cursor = compiled(_cursor, engine)

    async def owed(self, target: str, *, most: int) -> tuple[OwedRow, ...]:
        """What is owed to a connector, the oldest first."""
        rows = await self._connection.rows(self._owed, (target, most))
        return tuple(OwedRow(**dict(zip(_COLUMNS, row, strict=True))) for row in rows)

    async def cursor(self, connector: str) -> str | None:
        """Where its fetching goes on."""
        rows = await self._connection.rows(self._cursor, (connector,))
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _named(row: OwedRow) -> dict[str, str]:
    return {f"of_{name}": getattr(row, name) for name in _KEYS}
