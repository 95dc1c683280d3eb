"""Rows of the documents of batches: what a unit of work does with them, and reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import RowStatement
from gateway.store.files.content import Location
from gateway.store.schema import batch_item, document, job

ItemState = Literal["waiting", "sealed", "repeated", "failed", "cancelled"]


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a batch, see `gateway.store.schema.batch_item`.

    Digests are raw bytes; `request` and `problem` are encoded.
    """

    batch: str
    number: int
    name: str
    state: ItemState
    key: str = ""
    business_number: str = ""
    document_type: str = ""
    seal: str = ""
    input_digest: bytes | None = None
    input_bytes: int | None = None
    segment: str | None = None
    segment_offset: int | None = None
    document: str | None = None
    output_digest: bytes | None = None
    problem: bytes | None = None
    finished_at: datetime | None = None
    request: bytes | None = None

    @property
    def location(self) -> Location | None:
        """Where its input is, as long as it is kept."""
        if self.segment is None or self.segment_offset is None:
            return None
        return Location(self.segment, self.segment_offset)


_COLUMNS = ItemRow.__struct_fields__
_FINISHED_AT = _COLUMNS.index("finished_at")
_put_item = RowStatement(insert(batch_item), *_COLUMNS)
_seal_item = RowStatement(
    # What is sealed is told as sealed, also where it was cancelled meanwhile.
    text(
        "WITH ended (batch, number, state, document, digest, at) AS "
        "(VALUES (:batch, :number, :state, :document, :digest, :at)) "
        "UPDATE batch_item SET state = ended.state, document = ended.document, "
        "output_digest = ended.digest, finished_at = ended.at, "
        "problem = NULL, segment = NULL, segment_offset = NULL "
        "FROM ended WHERE batch_item.batch = ended.batch AND batch_item.number = ended.number"
    ),
    "batch",
    "number",
    "state",
    "document",
    "digest",
    "at",
)
_fail_item = RowStatement(
    text(
        "WITH ended (batch, number, problem, at) AS (VALUES (:batch, :number, :problem, :at)) "
        "UPDATE batch_item SET state = 'failed', problem = ended.problem, finished_at = ended.at "
        "FROM ended WHERE batch_item.batch = ended.batch AND batch_item.number = ended.number"
    ),
    "batch",
    "number",
    "problem",
    "at",
)
_row = select(*(batch_item.c[name] for name in _COLUMNS))
_of_batch = batch_item.c.batch == bindparam("of_batch")
_one = _row.where(_of_batch, batch_item.c.number == bindparam("of_number"))
_page = _row.where(_of_batch, batch_item.c.number > bindparam("after")).order_by(
    batch_item.c.number
)
_page_of_state = _row.where(
    _of_batch,
    batch_item.c.state == bindparam("wanted"),
    batch_item.c.number > bindparam("after"),
).order_by(batch_item.c.number)
_ended = (
    select(batch_item.c.number)
    .where(
        _of_batch,
        batch_item.c.number > bindparam("after"),
        batch_item.c.number <= bindparam("up_to"),
        batch_item.c.state != literal_column("'waiting'"),
    )
    .order_by(batch_item.c.number)
)
_counts = select(batch_item.c.state, func.count()).where(_of_batch).group_by(batch_item.c.state)
_waiting = select(batch_item.c.number).where(
    _of_batch, batch_item.c.state == literal_column("'waiting'")
)
_in_hand = select(job.c.key).where(
    job.c.kind == "seal", job.c.subject == bindparam("of_batch"), job.c.state == "leased"
)


def put_item(transaction: Transaction, row: ItemRow) -> None:
    """Write a new item."""
    values = list(msgspec.structs.astuple(row))
    if row.finished_at is not None:
        values[_FINISHED_AT] = microseconds(row.finished_at)
    transaction.later(_put_item, tuple(values))


def seal_item(
    transaction: Transaction,
    batch_id: str,
    number: int,
    *,
    state: Literal["sealed", "repeated"],
    document: str,
    output_digest: bytes,
    at: datetime,
) -> None:
    """It has a sealed document; its input is not needed any more."""
    values = (batch_id, number, state, document, output_digest, microseconds(at))
    transaction.later(_seal_item, values)


def fail_item(
    transaction: Transaction, batch_id: str, number: int, *, problem: bytes, at: datetime
) -> None:
    """It has none, and this is why. Its input stays, for a retry."""
    transaction.later(_fail_item, (batch_id, number, problem, microseconds(at)))


def fail_waiting(transaction: Transaction, batch_id: str, *, problem: bytes, at: datetime) -> None:
    """The same for all that wait; none of them can be tried again."""
    _change_waiting(transaction, batch_id, "failed", problem=problem, at=at, but=())


def cancel_waiting(transaction: Transaction, batch_id: str, *, at: datetime) -> None:
    """Cancel all that nobody has in hand: whoever has one may be using the key."""
    leased = transaction.connection.execute(_in_hand, {"of_batch": batch_id})
    in_hand = tuple(int(key.rpartition("/")[2]) for (key,) in leased)
    _change_waiting(transaction, batch_id, "cancelled", problem=None, at=at, but=in_hand)


def cancel_item(transaction: Transaction, batch_id: str, number: int, *, at: datetime) -> None:
    """Cancel one, if it waits."""
    transaction.connection.execute(
        update(batch_item)
        .where(batch_item.c.batch == batch_id, batch_item.c.number == number)
        .where(batch_item.c.state == "waiting")
        .values(
            state="cancelled",
            finished_at=microseconds(at),
            segment=None,
            segment_offset=None,
        )
    )


def _change_waiting(
    transaction: Transaction,
    batch_id: str,
    state: ItemState,
    *,
    problem: bytes | None,
    at: datetime,
    but: tuple[int, ...],
) -> None:
    transaction.connection.execute(
        update(batch_item)
        .where(batch_item.c.batch == batch_id, batch_item.c.state == "waiting")
        .where(batch_item.c.number.not_in(but))
        .values(
            state=state,
            problem=problem,
            finished_at=microseconds(at),
            segment=None,
            segment_offset=None,
        )
    )


def await_failed(transaction: Transaction, batch_id: str) -> int:
    """Let what failed wait again, where its input is kept; gives how many those are."""
    done = transaction.connection.execute(
        update(batch_item)
        .where(batch_item.c.batch == batch_id, batch_item.c.state == "failed")
        .where(batch_item.c.segment.is_not(None))
        .values(state="waiting", problem=None, finished_at=None)
    )
    return int(done.rowcount)


def release_inputs(transaction: Transaction, *, ended_before: datetime) -> None:
    """Want the inputs of items that failed before then no more."""
    transaction.connection.execute(
        update(batch_item)
        .where(batch_item.c.segment.is_not(None))
        .where(batch_item.c.state == "failed")
        .where(batch_item.c.finished_at < microseconds(ended_before))
        .values(segment=None, segment_offset=None)
    )


def any_waits(connection: Connection, batch_id: str) -> bool:
    """Whether an item of the batch has not ended."""
    return bool(connection.execute(_waiting.limit(1), {"of_batch": batch_id}).all())


def counts_of(connection: Connection, batch_id: str) -> dict[str, int]:
    """How many items are in which state; looks at every one."""
    rows = connection.execute(_counts, {"of_batch": batch_id})
    return {state: int(count) for state, count in rows}


def item_by_number(connection: Connection, batch_id: str, number: int) -> ItemRow | None:
    """One item."""
    rows = connection.execute(_one, {"of_batch": batch_id, "of_number": number}).all()
    return _item_row(rows[0]) if rows else None


def items_between(
    connection: Connection, batch_id: str, *, after: int, most: int
) -> tuple[ItemRow, ...]:
    """Items in their order, from behind a number."""
    named = {"of_batch": batch_id, "after": after}
    return tuple(map(_item_row, connection.execute(_page.limit(most), named)))


def input_ends(connection: Connection) -> dict[str, int]:
    """For each segment that inputs are in, the offset behind the last that may be wanted."""
    end = func.max(batch_item.c.segment_offset + batch_item.c.input_bytes)
    rows = connection.execute(
        select(batch_item.c.segment, end)
        .where(batch_item.c.segment.is_not(None))
        .group_by(batch_item.c.segment)
    )
    return {segment: int(last) for segment, last in rows}


_with_outcomes = (
    select(*(batch_item.c[name] for name in _COLUMNS), document.c.outcome_index)
    .outerjoin_from(batch_item, document, document.c.id == batch_item.c.document)
    .where(_of_batch)
    .order_by(batch_item.c.number)
)


class ItemReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = read_connection(engine)
        self._one = compiled(_one, engine)
        self._page = compiled(_page, engine, limited=True)
        self._page_of_state = compiled(_page_of_state, engine, limited=True)
        self._ended = compiled(_ended, engine)
        self._waiting = f"{compiled(_waiting, engine)} LIMIT 1"

    async def item(self, batch_id: str, number: int) -> ItemRow | None:
        """One item."""
        rows = await self._connection.rows(self._one, (batch_id, number))
        return _item_row(rows[0]) if rows else None

    async def page(
        self, batch_id: str, *, after: int, most: int, state: ItemState | None = None
    ) -> tuple[ItemRow, ...]:
        """Items in their order, from behind a number; of one state, if it is named."""
        if state is None:
            rows = await self._connection.rows(self._page, (batch_id, after, most))
        else:
            rows = await self._connection.rows(self._page_of_state, (batch_id, state, after, most))
        return tuple(map(_item_row, rows))

    async def ended(self, batch_id: str, *, after: int, among: int) -> tuple[int, ...]:
        """The numbers of those that have ended, of so many behind a number."""
        rows = await self._connection.rows(self._ended, (batch_id, after, after + among))
        return tuple(number for (number,) in rows)

    async def any_waits(self, batch_id: str) -> bool:
        """Whether an item of the batch has not ended."""
        return bool(await self._connection.rows(self._waiting, (batch_id,)))

    def counts(self, batch_id: str) -> dict[str, int]:
        """How many items are in which state; to be called beside the event loop."""
        with self._engine.connect() as connection:
            return counts_of(connection, batch_id)

    def with_outcomes(self, batch_id: str) -> list[tuple[ItemRow, int | None]]:
        """All items, each with the index of its document's outcome in the audit log.

        To be called beside the event loop.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(_with_outcomes, {"of_batch": batch_id}).all()
        return [(_item_row(row[:-1]), row[-1]) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _item_row(row: Sequence[Any]) -> ItemRow:
    values = dict(zip(_COLUMNS, row, strict=True))
    at = values["finished_at"]
    values["finished_at"] = None if at is None else moment(at)
    return ItemRow(**values)
