"""The one connection that writes to SQLite, with transactions that cost what SQLite takes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.store.interfaces import Begun


class SQLiteWriteConnection:
    """Begins and commits by the driver itself; what runs in between may be SQLAlchemy's.

    SQLAlchemy's own way, a connection out of the pool, a transaction object, events and the way
    back, took half of what the writer lane computed. Implements `WriteConnection`.
    """

    is_shared = False
    driver_errors: type[Exception] = sqlite3.Error

    def __init__(self, engine: Engine) -> None:
        """Take the engine's connection with the first transaction.

        Args:
            engine: of `open_writer`.
        """
        self._engine = engine
        self._connection: Connection | None = None
        self._driver: Any = None

    @contextmanager
    def transaction(self) -> Iterator[Begun]:
        """BEGIN IMMEDIATE before, COMMIT after; ROLLBACK when anything raises, COMMIT included."""
        connection = self._opened()
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield Begun(connection)
            # A statement of SQLAlchemy's has made it think of a transaction of its own.
            (connection if connection.in_transaction() else self._driver).commit()
        except BaseException:
            connection.rollback()
            self._driver.rollback()
            raise

    def close(self) -> None:
        """See `WriteConnection`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.dbapi_connection
        return self._connection
