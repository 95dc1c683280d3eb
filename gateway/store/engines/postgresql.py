"""Open a PostgreSQL database, which several gateway nodes may share (docs/adr/0016)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool, QueuePool

if TYPE_CHECKING:
    import psycopg

_READERS = 16
_SETTINGS: dict[str, str] = {
    "application_name": "sealgate",
    # Of several hosts the one that takes writes: after a failover, the standby that was promoted.
    "target_session_attrs": "read-write",
    "connect_timeout": "5",
    # A server that vanished without a word is given up after so many milliseconds.
    "tcp_user_timeout": "10000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    # A node that hangs in the middle of a transaction must not stop the others for good. There is
    # no statement_timeout: it would also end a commit that waits for its standby. One whose machine
    # is gone says no farewell: within 3 s the server gives up what that node held, its turn, too.
    "options": "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=30000"
    " -c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2"
    " -c tcp_user_timeout=3000",
}
_AT_LEAST_ON_THE_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
)


class PostgreSQL(msgspec.Struct, frozen=True, kw_only=True, tag="postgresql"):
    """A database on a PostgreSQL server; implements `Database`.

    Attributes:
        url: libpq's connection URI, without a password; settings of ours that it names itself are
            as it says.
        password: None: libpq looks for one itself (~/.pgpass, service file).
    """

    url: str
    password: str | None = None

    def __str__(self) -> str:
        """Hosts and database, for people."""
        return self.url

    def __repr__(self) -> str:
        """Never the password."""
        return f"PostgreSQL({self.url!r})"

    def exists(self) -> bool:
        """See `Database`."""
        engine = self.open_reader()
        try:
            with engine.connect() as connection:
                return inspect(connection).has_table("alembic_version")
        finally:
            engine.dispose()

    def open_writer(self) -> Engine:
        """See `Database`; commits wait until they are on the disk, and on synchronous standbys."""
        return self._engine(poolclass=NullPool)

    def open_reader(self) -> Engine:
        """See `Database`; from the server that takes writes, so what was committed is seen."""
        read_only = {"options": f"{_SETTINGS['options']} -c default_transaction_read_only=on"}
        # Such a session is no `read-write` one by libpq's measure; `primary` is the same server.
        return self._engine(
            {**read_only, "target_session_attrs": "primary"},
            poolclass=QueuePool,
            max_overflow=_READERS,
        )

    def _engine(self, settings: dict[str, str] | None = None, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's
        wanted = {**_SETTINGS, **(settings or {})}
        return create_engine(
            "postgresql+psycopg://",
            creator=lambda: self._connected(wanted),
            paramstyle="format",  # values go by their places, as with SQLite
            use_native_hstore=False,
            **options,
        )

    async def listen(self) -> "psycopg.AsyncConnection[Any]":
        """See `gateway.store.engines.notices.Listening`."""
        import psycopg  # noqa: PLC0415 - an installation on SQLite never loads it

        settings = {**_SETTINGS, "application_name": "sealgate notices"}
        return await psycopg.AsyncConnection.connect(**self._said(settings), autocommit=True)

    def _connected(self, settings: dict[str, str]) -> "psycopg.Connection[Any]":
        import psycopg  # noqa: PLC0415 - an installation on SQLite never loads it

        connection = psycopg.connect(**self._said(settings))
        connection.autocommit = True
        connection.execute(_AT_LEAST_ON_THE_DISK)
        connection.autocommit = False
        return connection

    def _said(self, settings: dict[str, str]) -> dict[str, Any]:
        import psycopg  # noqa: PLC0415 - as above

        named = psycopg.conninfo.conninfo_to_dict(self.url)
        given = {} if self.password is None else {"password": self.password}
        return {**settings, **named, **given}


def password_in(file: Path | None) -> str | None:
    """The password that a file holds, and nothing else.

    Raises:
        OSError: it cannot be read.
    """
    return None if file is None else file.read_text(encoding="utf-8").strip()
