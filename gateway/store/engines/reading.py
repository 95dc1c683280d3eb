"""Queries on connections that cannot write."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from gateway.store.errors import StoreProblem
from gateway.store.interfaces import ReadConnection, Rows

_THREADS = 4

_log = structlog.get_logger("store")


def compiled(query: Select[*tuple[Any, ...]], engine: Engine, *, limited: bool = False) -> str:
    """The query as the driver takes it, worked out once; its values go by their places.

    `limited`: the last value is how many rows there may be.
    """
    text = str(query.compile(dialect=engine.dialect))
    # SQLAlchemy's own `limit` takes a second value on SQLite, and none on PostgreSQL.
    mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
    return f"{text} LIMIT {mark}" if limited else text


def read_connection(engine: Engine) -> ReadConnection:
    """The way to read that suits the engine."""
    return OnTheLoop(engine) if engine.dialect.name == "sqlite" else InThreads(engine)


def one_moment(connection: Connection) -> None:
    """Have all that is read from here on be as of one moment, whatever is written meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


class OnTheLoop:
    """One connection to SQLite, on the event loop itself; implements `ReadConnection`.

    Look-ups by an index take some 15 µs, and handing one to a thread and back takes more than that.
    A reader never waits for the writer (WAL).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None

    async def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        """See `ReadConnection`."""
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        # No transaction is begun for a SELECT (sqlite3), so each sees what is committed by then.
        cursor = self._connection.cursor()
        cursor.execute(query, values)
        rows: Rows = cursor.fetchall()
        cursor.close()
        return rows

    def close(self) -> None:
        """See `ReadConnection`."""
        if self._connection is not None:
            self._connection.close()


class InThreads:
    """A few threads, each with a connection to a server; implements `ReadConnection`.

    The network may take its time, so it must not do so on the event loop.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")
        self._own = threading.local()
        self._opened: list[Connection] = []

    async def rows(self, query: str, values: tuple[object, ...]) -> Rows:
        """See `ReadConnection`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._rows, query, values)

    def close(self) -> None:
        """See `ReadConnection`."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def _rows(self, query: str, values: tuple[object, ...]) -> Rows:
        try:
            return self._fetched(query, values)
        except self._lost:
            self._drop()
        # A connection that was lost while it lay idle is no reason to trouble the caller.
        try:
            return self._fetched(query, values)
        except self._lost as error:
            self._drop()
            told = " ".join(str(getattr(error, "orig", None) or error).split())
            _log.error("database_not_read", error=told)
            # A server's own words name hosts and users, which are no caller's business.
            said = "the gateway's log says why (database_not_read)"
            raise StoreProblem(f"the database does not answer: {said}") from error

    @property
    def _lost(self) -> tuple[type[Exception], ...]:
        return SQLAlchemyError, self._engine.dialect.loaded_dbapi.OperationalError

    def _fetched(self, query: str, values: tuple[object, ...]) -> Rows:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._engine.connect()
            self._opened.append(connection)
        cursor = connection.connection.cursor()
        cursor.execute(query, values)
        rows: Rows = cursor.fetchall()
        cursor.close()
        return rows

    def _drop(self) -> None:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            self._opened.remove(connection)
            connection.invalidate()
            connection.close()
