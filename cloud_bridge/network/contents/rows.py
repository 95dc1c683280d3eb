"""Rows of contents: which there are of an envelope, and what lies in one organisation's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, select

from cloud_bridge.envelopes.statements import NETWORK
from cloud_bridge.model import ContentMode
from cloud_bridge.network.store import schema
from cloud_bridge.wire import Content, ContentHead

ContentRow = Row[*tuple[Any, ...]]

_content, _member = schema.content, schema.member
_MODE: Final = select(schema.envelope.c.mode).where(schema.envelope.c.id == bindparam("of"))
# Also of those that have left: they brought what whoever they forwarded it to must read.
_MEMBERS: Final = select(_member.c.organisation).where(_member.c.envelope == bindparam("of"))
_OF_DIGEST: Final = (
    select(_content.c.head, _content.c.file, _content.c.size)
    .where(_content.c.envelope == bindparam("of"), _content.c.digest == bindparam("named"))
    .where((_content.c.uploader == NETWORK) | _content.c.uploader.in_(_MEMBERS))
    .order_by(_content.c.at)
)
_THERE: Final = select(_content.c.size, _content.c.file).where(
    _content.c.envelope == bindparam("of"),
    _content.c.digest == bindparam("named"),
    _content.c.uploader == bindparam("who"),
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A content that somebody has brought: head, the file of its body, bytes of both together."""

    head: ContentHead
    file: str
    size: int


def has(connection: Connection, envelope: str, digest: str) -> bool:
    """Whether somebody of the envelope has brought a content."""
    return bool(rows_of(connection, envelope, digest))


def rows_of(connection: Connection, envelope: str, digest: str) -> list[ContentRow]:
    """What was brought of a digest, by those whose word counts in the envelope, the first first."""
    mode = mode_of(connection, envelope)
    named = {"of": envelope, "named": digest}
    rows: Sequence[ContentRow] = connection.execute(_OF_DIGEST, named).all()
    return [row for row in rows if head_of(row).mode == mode]


def mode_of(connection: Connection, envelope: str) -> ContentMode | None:
    """How an envelope's contents travel, as its terms say; None: there is no such envelope."""
    return connection.scalar(_MODE, {"of": envelope})


def head_of(row: ContentRow) -> ContentHead:
    """What was told of it."""
    return msgspec.json.decode(row.head, type=ContentHead)


def best_for(rows: list[ContentRow], reader: str) -> ContentRow | None:
    """The first that was made for the reader, else the first."""
    for row in rows:
        if _is_for(head_of(row), reader):
            return row
    return rows[0] if rows else None


def made_for(connection: Connection, envelope: str, digest: str, reader: str) -> Brought | None:
    """A content that an organisation of the envelope can open; None: there is none."""
    row = best_for(rows_of(connection, envelope, digest), reader)
    if row is None or not _is_for(head := head_of(row), reader):
        return None
    return Brought(head, row.file, row.size + len(row.head))


def _is_for(head: ContentHead, reader: str) -> bool:
    return head.mode == "open" or any(key.organisation == reader for key in head.keys)


def place_of(head: ContentHead, uploader: str) -> ColumnElement[bool]:
    """Where one organisation's content lies."""
    table = schema.content
    return (
        (table.c.envelope == head.envelope)
        & (table.c.digest == head.digest)
        & (table.c.uploader == uploader)
    )


def what_is_there(connection: Connection, head: ContentHead, uploader: str) -> ContentRow | None:
    """What the uploader has brought in this place before."""
    place = {"of": head.envelope, "named": head.digest, "who": uploader}
    return connection.execute(_THERE, place).one_or_none()


def bytes_more(content: Content, there: ContentRow | None) -> int:
    """Bytes that it needs besides what lies in its place."""
    return len(content.body) - (0 if there is None else there.size)
