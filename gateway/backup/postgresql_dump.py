"""PostgreSQL's copy of one moment: `pg_dump` in its custom format, and `pg_restore`.

An exported snapshot has `pg_dump` see the very moment that our own connection reads.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import CursorResult

from gateway.backup.errors import BackupFailedError
from gateway.backup.model import POSTGRESQL_DUMP
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.engines.reading import one_moment

_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")
_PACKAGE = "install the server's client programs (Debian: postgresql-client), and run this again"


class PostgreSQLMoment:
    """Implements `gateway.backup.interfaces.HeldMoment`."""

    member = POSTGRESQL_DUMP

    def __init__(self, database: PostgreSQL) -> None:
        """Hold the present moment.

        Raises:
            BackupFailedError: `pg_dump` is missing, or older than the server.
        """
        self._database = database
        self._engine = database.open_reader()
        self.connection = self._engine.connect()
        try:
            one_moment(self.connection)
            # It stands idle while all is copied, and holds nobody up.
            self._said("SET LOCAL idle_in_transaction_session_timeout = 0")
            self._snapshot = str(self._said("SELECT pg_export_snapshot()").scalar_one())
            version = self._said("SELECT current_setting('server_version_num')").scalar_one()
            self._program = fitting("pg_dump", int(version) // 10_000)
        except BaseException:
            self.close()
            raise

    def size(self) -> int:
        """See `HeldMoment`."""
        return int(self._said("SELECT pg_database_size(current_database())").scalar_one())

    def copy_to(self, file: Path) -> None:
        """See `HeldMoment`."""
        with _spoken_to(self._database) as (conninfo, environment):
            run(
                [
                    *(self._program, "--format=custom", "--no-owner", "--no-privileges"),
                    *("--lock-wait-timeout=30000", f"--snapshot={self._snapshot}"),
                    *(f"--file={file}", f"--dbname={conninfo}"),
                ],
                environment,
            )

    def close(self) -> None:
        """See `HeldMoment`."""
        self.connection.close()
        self._engine.dispose()

    def _said(self, words: str) -> CursorResult[Any]:
        return self.connection.exec_driver_sql(words)


def restore_dump(database: PostgreSQL, dump: Path) -> None:
    """Put a dump into an empty database: all of it or nothing.

    Raises:
        BackupFailedError: `pg_restore` is missing or failed.
    """
    with _spoken_to(database) as (conninfo, environment):
        run(
            [
                *(fitting("pg_restore"), "--single-transaction", "--exit-on-error"),
                *("--no-owner", "--no-privileges", f"--dbname={conninfo}", str(dump)),
            ],
            environment,
        )


def fitting(name: str, server: int = 0) -> str:
    """Where a program of PostgreSQL is.

    Args:
        name: `pg_dump` or `pg_restore`.
        server: the server's major version; an older program cannot read it.

    Raises:
        BackupFailedError: it is missing or too old.
    """
    program = shutil.which(name)
    if program is None:
        raise BackupFailedError(f"there is no {name} on this machine: {_PACKAGE}")
    found = _MAJOR.search(run([program, "--version"], {}))
    if found is None or int(found[1]) < server:
        told = found[1] if found else "no version that it says"
        raise BackupFailedError(
            f"{program} is of PostgreSQL {told}, and the server is {server}: an older one cannot "
            f"dump it; {_PACKAGE}"
        )
    return program


def run(command: list[str], environment: Mapping[str, str]) -> str:
    """Run a program of PostgreSQL to its end; gives its standard output.

    Raises:
        BackupFailedError: it failed; with its own last words.
    """
    done = subprocess.run(  # noqa: S603 - a program that `fitting` found, no shell
        command,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise BackupFailedError(f"{Path(command[0]).name} failed: {words[-1]}")
    return done.stdout


@contextmanager
def _spoken_to(database: PostgreSQL) -> Iterator[tuple[str, dict[str, str]]]:
    """How libpq reaches the server that takes writes; the password by a file, never by a word."""
    conninfo = make_conninfo(database.url, target_session_attrs="primary", connect_timeout="5")
    if database.password is None:
        yield conninfo, {}
        return
    with TemporaryDirectory(prefix="sealgate-") as directory:
        file = Path(directory) / "pgpass"
        escaped = database.password.replace("\\", "\\\\").replace(":", "\\:")
        file.touch(mode=0o600)
        file.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        yield conninfo, {"PGPASSFILE": str(file)}
