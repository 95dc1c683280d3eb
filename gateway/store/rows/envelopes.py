"""Rows of envelopes and their records: what a unit of work does with them, and reading."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, bindparam, insert, or_, select, text, update

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import PlainStatement, RowStatement
from gateway.store.schema import envelope, envelope_entry


class EnvelopeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope of one of our companies, see `gateway.store.schema.envelope`.

    `status` and `step` are those of `gateway.envelopes.model`; `attributes` and `trouble` are JSON.
    """

    organisation: str
    id: str
    company: str
    ours: bool
    terms: bytes
    status: str
    system: str
    business_number: str
    document_type: str
    seal: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime
    idempotency_key: str | None = None
    request_digest: bytes | None = None
    attributes: bytes = b"{}"
    step: str = "nothing"
    hint: str = ""
    sequence: int = 0
    head: str = ""
    owed: int = 0
    trouble: bytes = b"[]"


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of our copy of a record; `entry` is the JSON of `cloud_bridge`'s `Entry`."""

    sequence: int
    entry: bytes
    hash: str


_COLUMNS = EnvelopeRow.__struct_fields__
_ENTRY_COLUMNS = EntryRow.__struct_fields__
_MOMENTS = frozenset({"created_at", "changed_at", "expires_at"})
_put = PlainStatement(insert(envelope))
_put_entries = RowStatement(insert(envelope_entry), "organisation", "envelope", *_ENTRY_COLUMNS)
_row = select(*(envelope.c[name] for name in _COLUMNS))
_this = (
    envelope.c.organisation == bindparam("of_organisation"),
    envelope.c.id == bindparam("of_envelope"),
)
_by_id = _row.where(*_this)
_by_id_now = PlainStatement(_by_id)
_sequence = select(envelope.c.sequence).where(*_this)
_by_key = _row.where(
    envelope.c.system == bindparam("of_system"), envelope.c.idempotency_key == bindparam("of_key")
)
_of_company = (
    _row.where(envelope.c.company == bindparam("of_company"))
    .where(
        or_(
            envelope.c.created_at < bindparam("before"),
            and_(envelope.c.created_at == bindparam("same"), envelope.c.id < bindparam("below")),
        )
    )
    .order_by(envelope.c.created_at.desc(), envelope.c.id.desc())
)
_by_key_now = PlainStatement(_by_key)
# In words, as the index has it: nearly no envelope is in that.
_without_request = (
    _row.where(
        envelope.c.organisation == bindparam("of_organisation"),
        envelope.c.expires_at == bindparam("until"),
        text("envelope.ours = 1 AND envelope.idempotency_key IS NULL"),
    )
).order_by(envelope.c.created_at, envelope.c.id)
_heads = (
    select(
        envelope.c.id,
        envelope.c.sequence,
        envelope.c.head,
        envelope.c.status,
        envelope.c.trouble,
    )
    .where(envelope.c.organisation == bindparam("of_organisation"))
    .where(envelope.c.id > bindparam("after"))
    .order_by(envelope.c.id)
)
_entries = (
    select(*(envelope_entry.c[name] for name in _ENTRY_COLUMNS))
    .where(
        envelope_entry.c.organisation == bindparam("of_organisation"),
        envelope_entry.c.envelope == bindparam("of_envelope"),
        envelope_entry.c.sequence > bindparam("after"),
    )
    .order_by(envelope_entry.c.sequence)
)


class HeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far our copy of an envelope's record is, and what is wrong with it."""

    id: str
    sequence: int
    head: str
    status: str
    trouble: bytes


def put_envelope(transaction: Transaction, row: EnvelopeRow) -> None:
    """Write a new envelope."""
    values = {name: _value(name, getattr(row, name)) for name in _COLUMNS}
    _put.run(transaction.connection, values)


def change_envelope(
    transaction: Transaction,
    organisation: str,
    envelope_id: str,
    **changes: Any,  # noqa: ANN401 - columns
) -> None:
    """Write these columns of an envelope anew."""
    told = {f"new_{name}": _value(name, value) for name, value in changes.items()}
    this = {"of_organisation": organisation, "of_envelope": envelope_id}
    _change(tuple(changes)).run(transaction.connection, {**this, **told})


@lru_cache(maxsize=64)  # to write a statement takes longer than to run it
def _change(names: tuple[str, ...]) -> PlainStatement:
    told: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return PlainStatement(update(envelope).where(*_this).values(told))


def put_entries(
    transaction: Transaction, organisation: str, envelope_id: str, rows: Sequence[EntryRow]
) -> None:
    """Write entries behind those that are there; whoever calls has seen that they follow."""
    _put_entries.run(
        transaction.connection,
        [(organisation, envelope_id, *msgspec.structs.astuple(row)) for row in rows],
    )


def envelope_by_id(
    connection: Connection, organisation: str, envelope_id: str
) -> EnvelopeRow | None:
    """The envelope of that id, as one of our organisations has it."""
    found = _by_id_now.first(
        connection, {"of_organisation": organisation, "of_envelope": envelope_id}
    )
    return None if found is None else _envelope_row(found)


def envelope_of_key(connection: Connection, *, system: str, key: str) -> EnvelopeRow | None:
    """The envelope that a system asked for with an idempotency key."""
    found = _by_key_now.first(connection, {"of_system": system, "of_key": key})
    return None if found is None else _envelope_row(found)


def entries_of(
    connection: Connection, organisation: str, envelope_id: str, *, after: int = 0
) -> tuple[EntryRow, ...]:
    """Our copy of an envelope's record, behind a sequence."""
    named = {"of_organisation": organisation, "of_envelope": envelope_id, "after": after}
    return tuple(map(_entry_row, connection.execute(_entries, named)))


class EnvelopeReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_id = compiled(_by_id, engine)
        self._sequence = compiled(_sequence, engine)
        self._by_key = compiled(_by_key, engine)
        self._without_request = compiled(_without_request, engine)
        self._of_company = compiled(_of_company, engine, limited=True)
        self._heads = compiled(_heads, engine, limited=True)
        self._entries = compiled(_entries, engine)

    async def by_id(self, organisation: str, envelope_id: str) -> EnvelopeRow | None:
        """The envelope of that id, as one of our organisations has it."""
        rows = await self._connection.rows(self._by_id, (organisation, envelope_id))
        return _envelope_row(rows[0]) if rows else None

    async def sequence(self, organisation: str, envelope_id: str) -> int | None:
        """How long our copy of its record is; None: there is no such envelope."""
        rows = await self._connection.rows(self._sequence, (organisation, envelope_id))
        return rows[0][0] if rows else None

    async def of_key(self, system: str, key: str) -> EnvelopeRow | None:
        """The envelope that a system asked for with an idempotency key."""
        rows = await self._connection.rows(self._by_key, (system, key))
        return _envelope_row(rows[0]) if rows else None

    async def without_request(
        self, organisation: str, expires_at: datetime
    ) -> tuple[EnvelopeRow, ...]:
        """Envelopes that an organisation sent, and nobody asked for here; the oldest first."""
        asked = (organisation, microseconds(expires_at))
        rows = await self._connection.rows(self._without_request, asked)
        return tuple(map(_envelope_row, rows))

    async def of_company(
        self, company: str, *, before: tuple[datetime, str], most: int
    ) -> tuple[EnvelopeRow, ...]:
        """A company's envelopes before that moment and id, the newest first."""
        at, below = microseconds(before[0]), before[1]
        rows = await self._connection.rows(self._of_company, (company, at, at, below, most))
        return tuple(map(_envelope_row, rows))

    async def heads(self, organisation: str, *, after: str, most: int) -> tuple[HeadRow, ...]:
        """How far an organisation's envelopes are, by their ids, behind one."""
        rows = await self._connection.rows(self._heads, (organisation, after, most))
        names = HeadRow.__struct_fields__
        return tuple(HeadRow(**dict(zip(names, row, strict=True))) for row in rows)

    async def entries(
        self, organisation: str, envelope_id: str, *, after: int = 0
    ) -> tuple[EntryRow, ...]:
        """Our copy of an envelope's record, behind a sequence."""
        rows = await self._connection.rows(self._entries, (organisation, envelope_id, after))
        return tuple(map(_entry_row, rows))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a column's
    if name == "ours":
        return int(value)
    return microseconds(value) if name in _MOMENTS else value


def _envelope_row(row: Sequence[Any]) -> EnvelopeRow:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["ours"] = bool(values["ours"])
    for name in _MOMENTS:
        values[name] = moment(values[name])
    return EnvelopeRow(**values)


def _entry_row(row: Sequence[Any]) -> EntryRow:
    return EntryRow(**dict(zip(_ENTRY_COLUMNS, row, strict=True)))
