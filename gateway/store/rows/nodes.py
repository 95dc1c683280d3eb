"""Which gateways serve from this database, and of which version."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from gateway.store.engines.lane import Transaction
from gateway.store.engines.moments import microseconds, moment
from gateway.store.engines.statements import RowStatement
from gateway.store.engines.upserts import upsert
from gateway.store.schema import node

SILENT: Final = timedelta(minutes=15)
"""A gateway says every five minutes that it is there: one that is silent for longer has gone."""

_KEPT: Final = timedelta(days=30)
_new = upsert(node)
_put = RowStatement(
    _new.on_conflict_do_update(
        index_elements=[node.c.name],
        set_={name: _new.excluded[name] for name in ("version", "started_at", "seen_at")},
    ),
    "name",
    "version",
    "started_at",
    "seen_at",
    key=1,
)


class NodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway: `store.node`, its version, since when it runs, and when it said so last."""

    name: str
    version: str
    started_at: datetime
    seen_at: datetime


def put_node(transaction: Transaction, row: NodeRow) -> None:
    """Say that it is there; those that were not seen for a month are forgotten."""
    gone = delete(node).where(node.c.seen_at < microseconds(row.seen_at - _KEPT))
    transaction.connection.execute(gone)
    moments = microseconds(row.started_at), microseconds(row.seen_at)
    transaction.later(_put, (row.name, row.version, *moments))


def remove_node(transaction: Transaction, name: str) -> None:
    """Say that it has stopped."""
    transaction.connection.execute(delete(node).where(node.c.name == name))


def nodes(connection: Connection) -> tuple[NodeRow, ...]:
    """All that have not stopped, or did not come to say so."""
    return tuple(
        NodeRow(
            name=row.name,
            version=row.version,
            started_at=moment(row.started_at),
            seen_at=moment(row.seen_at),
        )
        for row in connection.execute(select(node).order_by(node.c.name))
    )
