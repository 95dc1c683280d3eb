"""Rows of batches: what a unit of work does with them, and reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.schema import batch, batch_item

BatchState = Literal["receiving", "open", "paused", "cancelled", "finished"]


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that came together, see `gateway.store.schema.batch`.

    `options` are encoded, and what they mean is the business of `gateway.batches`.
    """

    id: str
    system: str
    company: str
    idempotency_key: str
    request_digest: bytes
    source: str
    state: BatchState
    options: bytes
    trace_id: str
    items: int
    created_at: datetime
    finished_at: datetime | None = None
    queued: int = 0

    @property
    def is_over(self) -> bool:
        """Whether all of its items have ended."""
        return self.finished_at is not None


_COLUMNS = BatchRow.__struct_fields__
_MOMENTS = frozenset({"created_at", "finished_at"})
_row = select(*(batch.c[name] for name in _COLUMNS))
_by_id = _row.where(batch.c.id == bindparam("batch_id"))
_by_key = _row.where(
    batch.c.system == bindparam("of_system"), batch.c.idempotency_key == bindparam("of_key")
)
_of_system = _row.where(
    batch.c.system == bindparam("of_system"), batch.c.id < bindparam("before")
).order_by(batch.c.id.desc())
_under_way = _row.where(
    or_(
        batch.c.state == literal_column("'open'"),
        batch.c.state == literal_column("'paused'"),
        and_(batch.c.state == literal_column("'cancelled'"), batch.c.finished_at.is_(None)),
    )
)
_receipt = select(batch.c.receipt).where(batch.c.id == bindparam("batch_id"))
_without_receipt = (
    select(batch.c.id)
    .where(
        or_(
            batch.c.state == literal_column("'finished'"),
            batch.c.state == literal_column("'cancelled'"),
        )
    )
    .where(
        batch.c.receipt.is_(None),
        batch.c.finished_at.is_not(None),
        batch.c["items"] > literal_column("0"),
    )
    .order_by(batch.c.finished_at)
)


def put_batch(transaction: Transaction, row: BatchRow) -> None:
    """Write a new batch."""
    transaction.connection.execute(insert(batch).values(_values(row)))


def change_batch(
    transaction: Transaction,
    batch_id: str,
    **changes: Any,  # noqa: ANN401 - columns
) -> None:
    """Write these columns of a batch anew."""
    told = {name: _value(name, value) for name, value in changes.items()}
    transaction.connection.execute(update(batch).where(batch.c.id == batch_id).values(told))


def put_receipt(transaction: Transaction, batch_id: str, receipt: bytes) -> None:
    """Keep its receipt."""
    transaction.connection.execute(
        update(batch).where(batch.c.id == batch_id).values(receipt=receipt)
    )


def forget_receipt(transaction: Transaction, batch_id: str) -> None:
    """Its receipt says no more how it is."""
    transaction.connection.execute(update(batch).where(batch.c.id == batch_id).values(receipt=None))


def forget_batch(transaction: Transaction, batch_id: str) -> None:
    """Delete a batch that nobody was told of, with its items."""
    transaction.connection.execute(delete(batch_item).where(batch_item.c.batch == batch_id))
    transaction.connection.execute(delete(batch).where(batch.c.id == batch_id))


def forget_received(transaction: Transaction, *, before: datetime) -> int:
    """Forget the batches that broke off while they came, and were begun before then; how many."""
    broken = transaction.connection.execute(
        select(batch.c.id)
        .where(batch.c.state == "receiving")
        .where(batch.c.created_at < microseconds(before))
    ).scalars()
    found = list(broken)
    for batch_id in found:
        forget_batch(transaction, batch_id)
    return len(found)


def batch_of_key(connection: Connection, *, system: str, key: str) -> BatchRow | None:
    """The batch of an idempotency key."""
    rows = connection.execute(_by_key, {"of_system": system, "of_key": key}).all()
    return _batch_row(rows[0]) if rows else None


def batch_by_id(connection: Connection, batch_id: str) -> BatchRow | None:
    """The batch of that id."""
    rows = connection.execute(_by_id, {"batch_id": batch_id}).all()
    return _batch_row(rows[0]) if rows else None


class BatchReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_id = compiled(_by_id, engine)
        self._by_key = compiled(_by_key, engine)
        self._of_system = compiled(_of_system, engine, limited=True)
        self._under_way = compiled(_under_way, engine)
        self._receipt = compiled(_receipt, engine)
        self._without_receipt = compiled(_without_receipt, engine, limited=True)

    async def by_id(self, batch_id: str) -> BatchRow | None:
        """The batch of that id."""
        rows = await self._connection.rows(self._by_id, (batch_id,))
        return _batch_row(rows[0]) if rows else None

    async def of_key(self, system: str, key: str) -> BatchRow | None:
        """The batch of an idempotency key."""
        rows = await self._connection.rows(self._by_key, (system, key))
        return _batch_row(rows[0]) if rows else None

    async def of_system(self, system: str, *, before: str, most: int) -> tuple[BatchRow, ...]:
        """A system's batches with a lower id than that, the newest first."""
        rows = await self._connection.rows(self._of_system, (system, before, most))
        return tuple(map(_batch_row, rows))

    async def under_way(self) -> tuple[BatchRow, ...]:
        """All that were accepted and have not ended."""
        return tuple(map(_batch_row, await self._connection.rows(self._under_way, ())))

    async def receipt(self, batch_id: str) -> bytes | None:
        """Its receipt, once it is signed."""
        rows = await self._connection.rows(self._receipt, (batch_id,))
        return rows[0][0] if rows else None

    async def without_receipt(self, *, most: int) -> tuple[str, ...]:
        """Batches that have ended and have no receipt yet, the oldest first."""
        rows = await self._connection.rows(self._without_receipt, (most,))
        return tuple(row[0] for row in rows)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _values(row: BatchRow) -> dict[str, Any]:
    return {name: _value(name, getattr(row, name)) for name in _COLUMNS}


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a column's
    return microseconds(value) if name in _MOMENTS and value is not None else value


def _batch_row(row: Sequence[Any]) -> BatchRow:
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in _MOMENTS:
        values[name] = None if values[name] is None else moment(values[name])
    return BatchRow(**values)
