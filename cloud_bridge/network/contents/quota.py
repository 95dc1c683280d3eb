"""How much of an organisation's contents lies here, counted in the transaction of each change.

Added up anew for each content that is brought, it would cost more with every envelope of a busy
organisation.
"""

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud_bridge.network.problems import ContentQuotaProblem
from cloud_bridge.network.store.schema import content_held

_MINE = content_held.c.organisation == bindparam("who")
_HELD = select(content_held.c.bytes).where(_MINE)
_COUNT = update(content_held).where(_MINE).values(bytes=content_held.c.bytes + bindparam("change"))
_ADD = insert(content_held)


def held(connection: Connection, organisation: str) -> int:
    """Bytes of an organisation's contents."""
    return connection.scalar(_HELD, {"who": organisation}) or 0


def refuse_more(connection: Connection, organisation: str, *, more: int, most: int) -> None:
    """ContentQuotaProblem: with so many bytes more it would hold more than it may."""
    there = held(connection, organisation)
    if more > 0 and there + more > most:
        raise ContentQuotaProblem(
            f"{organisation} has {there:,} bytes here, of {most:,} that it may have; these are "
            f"{more:,} more"
        )


def count(connection: Connection, organisation: str, change: int) -> None:
    """Bytes were brought, or (negative) forgotten."""
    if connection.execute(_COUNT, {"who": organisation, "change": change}).rowcount == 0:
        connection.execute(_ADD, {"organisation": organisation, "bytes": change})
