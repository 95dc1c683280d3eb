"""Rows of contents: which there are of an envelope, and what lies in one organisation's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, select

from cloud_bridge.network.store import schema
from cloud_bridge.wire import Content, ContentHead

NETWORK: Final = "network"
ContentRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Brought:
    """A content that somebody has brought: its head, the file of its body, that file's bytes."""

    head: ContentHead
    file: str
    size: int


def has(connection: Connection, envelope: str, digest: str) -> bool:
    """Whether somebody of the envelope has brought a content."""
    return bool(rows_of(connection, envelope, digest))


def rows_of(connection: Connection, envelope: str, digest: str) -> list[ContentRow]:
    """What was brought of a digest, by those whose word counts in the envelope, the first first."""
    table = schema.content
    # Also of those that have left: they brought what whoever they forwarded it to must read.
    members = select(schema.member.c.organisation).where(schema.member.c.envelope == envelope)
    mode = select(schema.envelope.c.mode).where(schema.envelope.c.id == envelope)
    terms_mode = connection.scalar(mode)
    rows: Sequence[ContentRow] = connection.execute(
        select(table.c.head, table.c.file, table.c.size)
        .where(table.c.envelope == envelope, table.c.digest == digest)
        .where((table.c.uploader == NETWORK) | table.c.uploader.in_(members))
        .order_by(table.c.at)
    ).all()
    return [row for row in rows if head_of(row).mode == terms_mode]


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
    return Brought(head, row.file, row.size)


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


def what_is_there(head: ContentHead, uploader: str) -> Select[Any]:
    """What the uploader has brought in this place before."""
    return select(schema.content.c.size, schema.content.c.file).where(place_of(head, uploader))


def bytes_more(content: Content, there: ContentRow | None) -> int:
    """Bytes that it needs besides what lies in its place."""
    return len(content.body) - (0 if there is None else there.size)
