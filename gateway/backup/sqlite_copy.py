"""SQLite's copy of one moment: its online backup API, from within a transaction that reads.

https://sqlite.org/backup.html. The connection that reads is as every other one beside the writer:
it neither writes nor checkpoints (`gateway.store.engines.database`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.backup.model import SQLITE_COPY
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.reading import one_moment


class SQLiteMoment:
    """Implements `gateway.backup.interfaces.HeldMoment`."""

    member = SQLITE_COPY

    def __init__(self, database: SQLiteFile) -> None:
        self._path = Path(database.path)
        self._engine = database.open_reader()
        self.connection = self._engine.connect()
        one_moment(self.connection)
        # The first read is what fixes the moment.
        self.connection.exec_driver_sql("SELECT count(*) FROM alembic_version").close()

    def size(self) -> int:
        """See `HeldMoment`."""
        log = self._path.with_name(f"{self._path.name}-wal")
        return self._path.stat().st_size + (log.stat().st_size if log.exists() else 0)

    def copy_to(self, file: Path) -> None:
        """See `HeldMoment`."""
        source: Any = self.connection.connection.driver_connection  # sqlite3's own
        with closing(sqlite3.connect(file)) as target:
            target.execute("PRAGMA synchronous=OFF").close()  # what it is copied into is synced
            source.backup(target)
            # So that the copy is one file, and nothing beside it counts.
            target.execute("PRAGMA journal_mode=DELETE").close()

    def close(self) -> None:
        """See `HeldMoment`."""
        self.connection.close()
        self._engine.dispose()
