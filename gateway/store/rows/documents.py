"""Rows of documents and nonces: what a unit of work does with them, and reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, func, select, text

from gateway.store.engines.lane import Transaction
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.files.content import Location
from gateway.store.schema import document, nonce


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that reached an intent. Digests are raw bytes; JSON fields are encoded.

    Of an act of several seals there is one row a seal: `part` of `parts`, counted from 1. Each
    follows the output of the one before; the last is the document that is released, and `act` is
    its id in all of them. `act` is None for a seal alone.

    `keep_until` is Unix seconds, None for good; from `erased_index` on the content is gone.
    """

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
    act: str | None = None
    part: int = 1
    parts: int = 1
    company: str = ""
    keep_until: int | None = None
    erased_index: int | None = None

    @property
    def location(self) -> Location | None:
        """Where the sealed document is, once it is sealed."""
        if self.segment is None or self.segment_offset is None:
            return None
        return Location(self.segment, self.segment_offset)

    @property
    def is_sealed(self) -> bool:
        """Whether its outcome is durable."""
        return self.state == "sealed"

    @property
    def is_last(self) -> bool:
        """Whether its output carries all the seals that were asked for."""
        return self.part == self.parts


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """A nonce that a request used, and until when a replay would still be in its time window."""

    key_id: str
    value: str
    expires_at: float


_COLUMNS = DocumentRow.__struct_fields__  # the table's columns, each under its own name
_SIGNED_AT = _COLUMNS.index("signed_at")
_put_document = RowStatement(
    upsert(document).on_conflict_do_update(
        index_elements=[document.c.id],
        set_={name: upsert(document).excluded[name] for name in _COLUMNS if name != "id"},
    ),
    *_COLUMNS,
    key=1,
)
_seal_document = RowStatement(
    # SQLAlchemy cannot give the columns of a VALUES names in SQLite's way.
    text(
        "WITH sealed (id, outcome, digest, length, segment, start) AS "
        "(VALUES (:id, :outcome, :digest, :length, :segment, :start)) "
        "UPDATE document SET state = 'sealed', outcome_index = sealed.outcome, "
        "output_digest = sealed.digest, output_bytes = sealed.length, "
        "segment = sealed.segment, segment_offset = sealed.start "
        "FROM sealed WHERE document.id = sealed.id"
    ),
    "id",
    "outcome",
    "digest",
    "length",
    "segment",
    "start",
)
_put_nonce = RowStatement(upsert(nonce).on_conflict_do_nothing(), "key_id", "nonce", "expires_at")
_row = select(*(document.c[name] for name in _COLUMNS))
_by_key = _row.where(
    document.c.system == bindparam("system"), document.c.idempotency_key == bindparam("key")
).order_by(document.c.part.desc())
_standing = select(document.c.id, document.c.state).where(
    document.c.system == bindparam("system_name"),
    document.c.idempotency_key == bindparam("key"),
    document.c.part == bindparam("number"),
)
_by_act = _row.where(document.c.act == bindparam("act")).order_by(document.c.part)
_by_id = _row.where(document.c.id == bindparam("document_id"))


def put_document(transaction: Transaction, row: DocumentRow) -> None:
    """Write a document's row, new or repeated."""
    values = list(msgspec.structs.astuple(row))
    values[_SIGNED_AT] = int(row.signed_at.timestamp())
    transaction.later(_put_document, tuple(values))


def seal_document(transaction: Transaction, row: DocumentRow) -> None:
    """Mark a document as sealed: from this commit on it may be released."""
    transaction.later(
        _seal_document,
        (
            row.id,
            row.outcome_index,
            row.output_digest,
            row.output_bytes,
            row.segment,
            row.segment_offset,
        ),
    )


def taken_elsewhere(transaction: Transaction, row: DocumentRow) -> bool:
    """Whether another node has the row's key for another id, or has sealed the document already.

    Within a process the signing service sees to it that a key is under way once.
    """
    if not transaction.is_shared:
        return False
    named = {"system_name": row.system, "key": row.idempotency_key, "number": row.part}
    found = transaction.connection.execute(_standing, named).one_or_none()
    return found is not None and (found.id != row.id or found.state == "sealed")


def remember_nonce(transaction: Transaction, used: UsedNonce) -> None:
    """Keep a nonce for as long as a replay could come."""
    transaction.later(_put_nonce, (used.key_id, used.value, used.expires_at))


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
    """Reads rows on connections that cannot write, see `gateway.store.engines.reading`."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_key = compiled(_by_key, engine)
        self._by_id = compiled(_by_id, engine)
        self._by_act = compiled(_by_act, engine)

    async def by_key(self, system: str, key: str) -> DocumentRow | None:
        """The document of an idempotency key, if that key reached an intent.

        Of an act of several seals it is the part that the act has come to.
        """
        return await self._one(self._by_key, (system, key))

    async def by_id(self, document_id: str) -> DocumentRow | None:
        """The document of that id."""
        return await self._one(self._by_id, (document_id,))

    async def by_act(self, act: str) -> tuple[DocumentRow, ...]:
        """The parts of an act that reached an intent, in order."""
        return tuple(map(_document_row, await self._connection.rows(self._by_act, (act,))))

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    async def _one(self, query: str, values: tuple[str, ...]) -> DocumentRow | None:
        for row in await self._connection.rows(query, values):
            return _document_row(row)
        return None


def _document_row(row: Sequence[Any]) -> DocumentRow:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["signed_at"] = datetime.fromtimestamp(values["signed_at"], UTC)
    return DocumentRow(**values)
