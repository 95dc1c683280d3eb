"""When contents are forgotten: never sent, or the envelope ended long ago. Records stay for good.

Parties hold their copies; what the network keeps for ever it can lose for ever. An envelope's end
is noted by the sweep that first sees it, so nothing is added to the way of a statement.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)

from cloud_bridge.network.contents import quota
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.store.schema import content, envelope

AT_ONCE: Final = 500
"""So that others may write between."""
_UNDER_WAY: Final = ("draft", "signing")
_ENDED: Final = select(envelope.c.ended_at).where(envelope.c.id == bindparam("id"))
_Row = Row[*tuple[Any, ...]]


def note_ends(connection: Connection, *, now: datetime) -> None:
    """Note of envelopes that have ended since that they have."""
    table = envelope
    new = table.c.ended_at.is_(None) & table.c.status.not_in(_UNDER_WAY)
    connection.execute(update(table).where(new).values(ended_at=microseconds(now)))


def is_forgotten(connection: Connection, id: str, *, now: datetime, days: int | None) -> bool:  # noqa: A002 - the row's own word
    """Whether an envelope has ended so long ago that its contents are forgotten."""
    if days is None:
        return False
    ended = connection.scalar(_ENDED, {"id": id})
    return ended is not None and ended <= microseconds(now - timedelta(days=days))


def forget_never_sent(connection: Connection, *, brought_before: datetime) -> Sequence[str]:
    """Forget some that were brought for an envelope that was never sent; gives their files."""
    sent = select(envelope.c.id).where(envelope.c.id == content.c.envelope)
    return _forget(connection, (content.c.at < microseconds(brought_before)) & ~sent.exists())


def forget_ended(connection: Connection, *, ended_before: datetime) -> Sequence[str]:
    """Forget some of envelopes that ended before; gives their files."""
    until = microseconds(ended_before)
    ended = select(envelope.c.id).where(
        envelope.c.id == content.c.envelope, envelope.c.ended_at <= until
    )
    return _forget(connection, (content.c.at <= until) & ended.exists())


def _forget(connection: Connection, which: ColumnElement[bool]) -> Sequence[str]:
    key = (content.c.envelope, content.c.digest, content.c.uploader)
    rows: Sequence[_Row] = connection.execute(
        select(*key, content.c.file, content.c.size).where(which).limit(AT_ONCE)
    ).all()
    if rows:
        named = [(row.envelope, row.digest, row.uploader) for row in rows]
        connection.execute(delete(content).where(tuple_(*key).in_(named)))
    freed: Counter[str] = Counter()
    for row in rows:
        freed[row.uploader] += row.size
    for uploader, size in sorted(freed.items()):
        quota.count(connection, uploader, -size)
    return [row.file for row in rows]
