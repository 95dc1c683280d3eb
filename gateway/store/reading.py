"""Queries on a connection that cannot write, on the event loop itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.pool import PoolProxiedConnection


def compiled(query: Select[Any], engine: Engine) -> str:
    """The query as the driver takes it, worked out once."""
    return str(query.compile(dialect=engine.dialect))


class ReadConnection:
    """One connection, opened with the first query.

    Look-ups by an index take some 15 µs, and handing one to a thread and back takes more than that.
    A reader never waits for the writer (WAL).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None

    def rows(self, query: str, values: tuple[object, ...]) -> Sequence[Sequence[Any]]:
        """All rows of a query that was `compiled`."""
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        # No transaction is begun for a SELECT (sqlite3), so each sees what is committed by then.
        cursor = self._connection.cursor()
        cursor.execute(query, values)
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        cursor.close()
        return rows

    def close(self) -> None:
        """Close it; without a query there is nothing to close."""
        if self._connection is not None:
            self._connection.close()
