"""Connections that write to PostgreSQL: one node's turn after the other's (docs/adr/0016)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine

from gateway.store.interfaces import Begun

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
# The row is locked until the commit, so whoever reads it next sees all that was committed before.
_TAKE = "BEGIN; SELECT turn FROM writer WHERE id = 1 FOR UPDATE"
_NO_STANDBY = "synchronous replication"

_log = structlog.get_logger("store")


class DatabaseAwayError(Exception):
    """There is no connection, and it is too soon to try again."""


class StandbyMissedError(Exception):
    """The server has committed without waiting for its standby, so a failover may lose it."""


class PostgreSQLWriteConnection:
    """Implements `WriteConnection`; a lost connection is opened anew with the next transaction.

    With `exclusive`, no two nodes are in a transaction at once: each takes the one row of the
    table `writer`, which counts the turns, and holds it until its commit. Where the count is not
    the one that this node left, another was there in between, or it is not known what became of
    the last commit; either way what is in memory is behind.
    """

    is_shared = True
    driver_errors: type[Exception] = psycopg.Error

    def __init__(
        self,
        engine: Engine,
        *,
        node: str,
        exclusive: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect with the first transaction.

        Args:
            engine: of `PostgreSQL.open_writer`.
            node: this gateway's name, which the row then tells.
            exclusive: whether transactions take turns with those of other nodes.
            monotonic: for the pauses between tries to connect, in seconds.
        """
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._node = node
        self._exclusive = exclusive
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._driver: Any = None
        self._turn: int | None = None
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._not_before = 0.0
        self._missed: str | None = None

    @contextmanager
    def transaction(self) -> Iterator[Begun]:
        """See `WriteConnection`.

        Raises:
            DatabaseAwayError: the last try to connect failed a moment ago.
            StandbyMissedError: committed, but not where it must be as well.
        """
        connection = self._opened()
        try:
            turn = self._begin()
            # Until the commit has answered, nobody knows whether it was done.
            is_behind, self._turn = self._turn != turn, None
            yield Begun(connection, is_behind)
            self._commit(turn)
        except BaseException:
            self._give_up()
            raise
        self._turn = turn + 1

    def close(self) -> None:
        """See `WriteConnection`."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _begin(self) -> int:
        if not self._exclusive:
            self._driver.execute("BEGIN")
            return 0
        cursor = self._driver.execute(_TAKE)  # both in one message
        cursor.nextset()
        (turn,) = cursor.fetchone()
        return int(turn)

    def _commit(self, turn: int) -> None:
        self._missed = None
        if self._exclusive:
            left = sql.SQL(
                "UPDATE writer SET turn = {turn}, node = {node} WHERE id = 1; COMMIT"
            ).format(turn=sql.Literal(turn + 1), node=sql.Literal(self._node))
            self._driver.execute(left)
        else:
            self._driver.execute("COMMIT")
        connection = self._connection
        if connection is not None and connection.in_transaction():
            connection.commit()  # what SQLAlchemy thinks was begun; there is nothing left to do
        if self._missed is not None:
            raise StandbyMissedError(self._missed)

    def _give_up(self) -> None:
        connection, driver = self._connection, self._driver
        if connection is None or driver is None:
            return
        try:
            if driver.closed:
                raise psycopg.OperationalError("the connection is closed")  # noqa: TRY301 - the same end
            driver.rollback()
            connection.rollback()
        except Exception as error:  # noqa: BLE001 - whatever it was, this connection is over
            _log.warning("database_lost", error=_told(error))
            self.close()

    def _opened(self) -> Connection:
        if self._connection is not None:
            if self._driver.info.transaction_status == TransactionStatus.IDLE:
                return self._connection
            self.close()
        now = self._monotonic()
        if now < self._not_before:
            raise DatabaseAwayError("it was not there a moment ago, and is asked again in a moment")
        try:
            self._connection = self._engine.connect()
        except BaseException:
            self._not_before = self._monotonic() + self._pause_seconds
            self._pause_seconds = min(2 * self._pause_seconds, _LONGEST_PAUSE_SECONDS)
            raise
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._driver = self._connection.connection.dbapi_connection
        self._driver.add_notice_handler(self._noticed)
        return self._connection

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        # "canceling wait for synchronous replication": a warning, and the COMMIT succeeds.
        if notice.severity_nonlocalized == "WARNING" and _NO_STANDBY in (
            notice.message_primary or ""
        ):
            self._missed = notice.message_primary


def _told(error: BaseException) -> str:
    return " ".join(str(error).split())
