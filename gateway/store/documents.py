"""Rows of documents, nonces and charges: what a unit of work does with them, and reading."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from gateway.store.content import Location
from gateway.store.lane import Transaction
from gateway.store.schema import charge, document, nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document that reached an intent. Digests are raw bytes; JSON fields are encoded."""

    id: str
    system: str
    idempotency_key: str
    request_digest: bytes
    state: str
    seal: str
    document_type: str
    business_number: str
    request: bytes
    decision: bytes
    trace_id: str
    salt: bytes
    signed_at: datetime
    input_digest: bytes
    to_be_signed_digest: bytes
    intent_index: int
    outcome_index: int | None = None
    output_digest: bytes | None = None
    output_bytes: int | None = None
    segment: str | None = None
    segment_offset: int | None = None
    stamp: bytes | None = None
    normalized_digest: bytes | None = None

    @property
    def location(self) -> Location | None:
        """Where the sealed document is, once it is sealed."""
        if self.segment is None or self.segment_offset is None:
            return None
        return Location(self.segment, self.segment_offset)

    @property
    def is_sealed(self) -> bool:
        """Whether the sealed document may be released."""
        return self.state == "sealed"


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """A nonce that a request used, and until when a replay would still be in its time window."""

    key_id: str
    value: str
    expires_at: float


_COLUMNS = [column.name for column in document.c]
_put_document = upsert(document).on_conflict_do_update(
    index_elements=[document.c.id],
    set_={name: upsert(document).excluded[name] for name in _COLUMNS if name != "id"},
)
_seal_document = (
    update(document)
    .where(document.c.id == bindparam("document_id"))
    .values(
        state="sealed",
        outcome_index=bindparam("outcome"),
        output_digest=bindparam("digest"),
        output_bytes=bindparam("length"),
        segment=bindparam("in_segment"),
        segment_offset=bindparam("at_offset"),
    )
)
_put_nonce = upsert(nonce).on_conflict_do_nothing()
_add_charge = upsert(charge).on_conflict_do_update(
    index_elements=[charge.c.counter, charge.c.window], set_={"used": charge.c.used + 1}
)
_by_key = select(document).where(
    document.c.system == bindparam("system"), document.c.idempotency_key == bindparam("key")
)
_by_id = select(document).where(document.c.id == bindparam("document_id"))
_used = select(charge.c.used).where(
    charge.c.counter == bindparam("counter"), charge.c.window == bindparam("window")
)


def put_document(transaction: Transaction, row: DocumentRow) -> None:
    """Write a document's row, new or repeated."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    transaction.later(_put_document, {**values, "signed_at": int(row.signed_at.timestamp())})


def seal_document(transaction: Transaction, row: DocumentRow) -> None:
    """Mark a document as sealed: from this commit on it may be released."""
    transaction.later(
        _seal_document,
        {
            "document_id": row.id,
            "outcome": row.outcome_index,
            "digest": row.output_digest,
            "length": row.output_bytes,
            "in_segment": row.segment,
            "at_offset": row.segment_offset,
        },
    )


def remember_nonce(transaction: Transaction, used: UsedNonce) -> None:
    """Keep a nonce for as long as a replay could come."""
    transaction.later(
        _put_nonce, {"key_id": used.key_id, "nonce": used.value, "expires_at": used.expires_at}
    )


def charges_used(transaction: Transaction, counter: str, window: str) -> int:
    """How often the counter was charged in the window, this transaction's charges included."""
    pending: int = transaction.state.get((counter, window), 0)
    row = transaction.connection.execute(
        _used, {"counter": counter, "window": window}
    ).one_or_none()
    return pending + (0 if row is None else int(row.used))


def add_charge(transaction: Transaction, counter: str, window: str) -> None:
    """Charge the counter once."""
    key = (counter, window)
    transaction.state[key] = transaction.state.get(key, 0) + 1
    transaction.later(_add_charge, {"counter": counter, "window": window, "used": 1})


def live_nonces(connection: Connection, *, now: float) -> list[UsedNonce]:
    """The nonces that a replay could still use; the others are deleted."""
    connection.execute(delete(nonce).where(nonce.c.expires_at <= now))
    rows = connection.execute(select(nonce)).all()
    return [UsedNonce(row.key_id, row.nonce, row.expires_at) for row in rows]


def segment_ends(connection: Connection) -> dict[str, int]:
    """For each segment that documents are in, the offset behind the last of them."""
    end = func.max(document.c.segment_offset + document.c.output_bytes)
    rows = connection.execute(
        select(document.c.segment, end)
        .where(document.c.segment.is_not(None))
        .group_by(document.c.segment)
    )
    return {segment: int(last) for segment, last in rows}


class DocumentReader:
    """Reads rows on a connection that cannot write. Use as an async context manager."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._connection: Connection | None = None

    async def by_key(self, system: str, key: str) -> DocumentRow | None:
        """The document of an idempotency key, if that key reached an intent."""
        return await self._one(_by_key, {"system": system, "key": key})

    async def by_id(self, document_id: str) -> DocumentRow | None:
        """The document of that id."""
        return await self._one(_by_id, {"document_id": document_id})

    async def close(self) -> None:
        """Close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    async def _one(self, query: object, values: dict[str, str]) -> DocumentRow | None:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._read, query, values
        )

    def _read(self, query: object, values: dict[str, str]) -> DocumentRow | None:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
        row = self._connection.execute(query, values).one_or_none()  # type: ignore[call-overload]
        return None if row is None else _document_row(row)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _document_row(row: Row[tuple[object, ...]]) -> DocumentRow:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["signed_at"] = datetime.fromtimestamp(values["signed_at"], UTC)
    return DocumentRow(**values)
