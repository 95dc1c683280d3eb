"""How much of an organisation's contents lies here, counted in the transaction of each change.

Added up anew for each content that is brought, it would cost more with every envelope of a busy
organisation.
"""

from sqlalchemy import Connection, insert, select, update

from cloud_bridge.network.problems import ContentQuotaProblem
from cloud_bridge.network.store.schema import content_held


def held(connection: Connection, organisation: str) -> int:
    """Bytes of an organisation's contents."""
    table = content_held
    found = connection.scalar(select(table.c.bytes).where(table.c.organisation == organisation))
    return found or 0


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
    table = content_held
    mine = update(table).where(table.c.organisation == organisation)
    if connection.execute(mine.values(bytes=table.c.bytes + change)).rowcount == 0:
        connection.execute(insert(table).values(organisation=organisation, bytes=change))
