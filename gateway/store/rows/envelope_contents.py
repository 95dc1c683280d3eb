"""Rows of envelopes' documents: which revision lies where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, func, insert, select

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds
from gateway.store.engines.reading import compiled, read_connection
from gateway.store.engines.statements import PlainStatement
from gateway.store.files.content import Location
from gateway.store.schema import envelope, envelope_content

SHELF = "envelopes"
"""The shelf of the content store that they are kept on."""


class ContentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A revision that is here, see `gateway.store.schema.envelope_content`."""

    organisation: str
    envelope: str
    digest: str
    document: str
    size: int
    segment: str
    segment_offset: int

    @property
    def location(self) -> Location:
        """Where it is."""
        return Location(self.segment, self.segment_offset)


_COLUMNS = ContentRow.__struct_fields__
_put = PlainStatement(insert(envelope_content))
_row = select(*(envelope_content.c[name] for name in _COLUMNS)).where(
    envelope_content.c.organisation == bindparam("of_organisation"),
    envelope_content.c.envelope == bindparam("of_envelope"),
)
_by_digest = _row.where(envelope_content.c.digest == bindparam("of_digest"))
_by_digest_now = PlainStatement(_by_digest)

_signing = (
    select(envelope_content.c.organisation, envelope_content.c.envelope)
    .join(
        envelope,
        (envelope.c.organisation == envelope_content.c.organisation)
        & (envelope.c.id == envelope_content.c.envelope),
    )
    .where(envelope_content.c.digest == bindparam("of_digest"), envelope.c.status == "signing")
)


def put_content(transaction: Transaction, row: ContentRow, *, at: datetime) -> bool:
    """Say where a revision is; False: it is here already, and what was kept again is not needed."""
    named = {
        "of_organisation": row.organisation,
        "of_envelope": row.envelope,
        "of_digest": row.digest,
    }
    if _by_digest_now.first(transaction.connection, named) is not None:
        return False
    values = {**msgspec.structs.asdict(row), "at": microseconds(at)}
    _put.run(transaction.connection, values)
    return True


def signing_with_content(connection: Connection, digest: str) -> tuple[tuple[str, str], ...]:
    """Envelopes that are being signed and have a revision of that digest: organisation and id."""
    rows = connection.execute(_signing, {"of_digest": digest})
    return tuple((row.organisation, row.envelope) for row in rows)


def documents_of(connection: Connection, organisation: str, envelope_id: str) -> tuple[str, ...]:
    """Digests of all revisions of an envelope's documents that are here."""
    query = select(envelope_content.c.digest).where(
        envelope_content.c.organisation == organisation, envelope_content.c.envelope == envelope_id
    )
    return tuple(connection.execute(query).scalars())


def with_content(connection: Connection, digest: str) -> frozenset[str]:
    """Ids of all envelopes, ended or not, that have a revision of that digest."""
    query = select(envelope_content.c.envelope).where(envelope_content.c.digest == digest)
    return frozenset(connection.execute(query).scalars())


def envelope_content_ends(connection: Connection) -> dict[str, int]:
    """For each segment that envelopes' documents are in, the offset behind the last of them."""
    end = func.max(envelope_content.c.segment_offset + envelope_content.c.size)
    rows = connection.execute(
        select(envelope_content.c.segment, end).group_by(envelope_content.c.segment)
    )
    return {segment: int(last) for segment, last in rows}


class EnvelopeContentReader:
    """Reads rows on a connection that cannot write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = read_connection(engine)
        self._by_digest = compiled(_by_digest, engine)
        self._all = compiled(_row, engine)

    async def by_digest(
        self, organisation: str, envelope_id: str, digest: str
    ) -> ContentRow | None:
        """Where the revision of that digest is."""
        rows = await self._connection.rows(self._by_digest, (organisation, envelope_id, digest))
        return _content_row(rows[0]) if rows else None

    async def of_envelope(self, organisation: str, envelope_id: str) -> tuple[ContentRow, ...]:
        """All of an envelope that is here."""
        rows = await self._connection.rows(self._all, (organisation, envelope_id))
        return tuple(map(_content_row, rows))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _content_row(row: Sequence[Any]) -> ContentRow:
    return ContentRow(**dict(zip(_COLUMNS, row, strict=True)))
