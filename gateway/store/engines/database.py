"""Open an SQLite database the one way that is safe (storage-and-jobs.md §1).

SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint. So one connection
writes and checkpoints; every other is `query_only` and never checkpoints; nothing is memory-mapped;
and one process owns the file.
"""

import sqlite3
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool


class SQLiteFile(msgspec.Struct, frozen=True, tag="sqlite"):
    """A database in a file of this machine; implements `gateway.store.interfaces.Database`."""

    path: str

    def __str__(self) -> str:
        """The path."""
        return self.path

    def exists(self) -> bool:
        """See `Database`."""
        return Path(self.path).exists()

    def open_writer(self) -> Engine:
        """See `open_writer`."""
        return open_writer(Path(self.path))

    def open_reader(self) -> Engine:
        """See `open_reader`."""
        return open_reader(Path(self.path))


def open_writer(path: Path) -> Engine:
    """The engine whose single connection writes and checkpoints: WAL, synchronous=FULL."""
    engine = create_engine(
        f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, and mean it
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "mmap_size=0",
            "temp_store=MEMORY",  # the gateway may not write outside its state directory
            "foreign_keys=ON",
            "busy_timeout=5000",
            "wal_autocheckpoint=2000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.connection.in_transaction:  # the writer lane begins by itself
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_reader(path: Path) -> Engine:
    """An engine that can only read, and never checkpoints."""
    engine = create_engine(
        f"sqlite:///file:{path}?mode=ro&uri=true",
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("query_only=ON", "wal_autocheckpoint=0", "mmap_size=0", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
