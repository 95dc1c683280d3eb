"""The database: a file of this machine, or a PostgreSQL server that several nodes share.

SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint. So one connection
writes and checkpoints, every other is `query_only`, and one process owns the file (`ownership`).
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

_AT_LEAST_ON_THE_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
)
_POSTGRESQL: dict[str, str] = {
    "application_name": "sealgate-network",
    "target_session_attrs": "read-write",  # after a failover, the standby that was promoted
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "10",
    # A node that hangs within a transaction must not stop the others for good.
    "options": "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=30000",
}
_READERS = 8


class Database(Protocol):
    """Where the network's rows are."""

    @property
    def is_shared(self) -> bool:
        """Whether other nodes write to it too."""
        ...

    def open_writer(self) -> Engine:
        """For the lane. Commits wait until they are on the disk."""
        ...

    def open_reader(self) -> Engine:
        """For questions: sees what is committed, and cannot write."""
        ...


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """Implements `Database`."""

    path: Path
    is_shared: bool = False

    def open_writer(self) -> Engine:
        """See `Database`: WAL, synchronous=FULL."""
        # Names and numbers of people; what SQLite puts beside it is for the same user alone.
        self.path.touch(mode=0o600)
        engine = create_engine(
            f"sqlite:///{self.path}",
            poolclass=NullPool,
            hide_parameters=True,  # names and numbers of people, in the log of an error
            connect_args={"check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def _configure(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves, and mean it
            _set(connection, "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=2000")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def open_reader(self) -> Engine:
        """See `Database`; never checkpoints."""
        engine = create_engine(
            f"sqlite:///file:{self.path}?mode=ro&uri=true",
            poolclass=QueuePool,
            pool_size=_READERS,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def _configure(connection: sqlite3.Connection, _record: object) -> None:
            _set(connection, "query_only=ON", "wal_autocheckpoint=0")

        return engine


def _set(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in (*pragmas, "mmap_size=0", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}").close()


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """Implements `Database`. `url` is libpq's connection URI."""

    url: str
    password: str | None = None
    is_shared: bool = True

    def __repr__(self) -> str:
        """Never the password."""
        return f"PostgreSQL({self.url!r})"

    def open_writer(self) -> Engine:
        """See `Database`; waits for synchronous standbys too."""
        return self._engine(_POSTGRESQL, poolclass=NullPool)

    def open_reader(self) -> Engine:
        """See `Database`; from the server that takes writes."""
        read_only = f"{_POSTGRESQL['options']} -c default_transaction_read_only=on"
        # Such a session is no `read-write` one by libpq's measure; `primary` is the same server.
        settings = {**_POSTGRESQL, "options": read_only, "target_session_attrs": "primary"}
        return self._engine(settings, poolclass=QueuePool, pool_size=_READERS)

    def _engine(self, settings: dict[str, str], **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's
        import psycopg  # noqa: PLC0415 - a network on SQLite never loads it

        named = psycopg.conninfo.conninfo_to_dict(self.url)
        given = {} if self.password is None else {"password": self.password}

        def connected() -> "psycopg.Connection[Any]":
            connection = psycopg.connect(**{**settings, **named, **given})  # type: ignore[arg-type]  # libpq's own names
            connection.autocommit = True
            connection.execute(_AT_LEAST_ON_THE_DISK)
            connection.autocommit = False
            return connection

        return create_engine(
            "postgresql+psycopg://", creator=connected, hide_parameters=True, **options
        )
