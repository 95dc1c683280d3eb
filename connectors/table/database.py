"""One database of a partner, and what SQLAlchemy is told about it."""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakSet

from sqlalchemy import URL, Column, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchTableError

from connectors.errors import PlaceUnfitError, SettingsUnfitError
from connectors.secret_files import first_line
from connectors.tls import TLS

if TYPE_CHECKING:
    import psycopg

_DRIVERS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mysql+pymysql",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Where the database is.

    Attributes:
        url: SQLAlchemy's, without a password: `postgresql://user@host:5432/database`.
        password_file: its first line is the password; None: the database asks for none.
        tls: how the server is known; None: without TLS.
        schema: that the tables are in; None: the connection's own.
        timeout_seconds: for connecting, and for every statement.
    """

    url: str
    password_file: Path | None = None
    tls: TLS | None = field(default_factory=TLS)
    schema: str | None = None
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what cannot be used, or would weaken it."""
        driven(self.url)


class Database:
    """An engine that is made with its first use; tables as the database itself describes them."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._url = driven(settings.url)
        self._engine: Engine | None = None
        self._tables: dict[str, Table] = {}
        self._making = threading.Lock()
        self._live: WeakSet[psycopg.Connection[Any]] = WeakSet()

    @property
    def place(self) -> str:
        """Server and database, for errors."""
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self._url.host or 'local'}{port}/{self._url.database or ''}"

    def engine(self) -> Engine:
        """The engine; the password is read with every new connection.

        Raises:
            OSError: a file of the settings cannot be read.
        """
        with self._making:
            if self._engine is None:
                self._engine = create_engine(
                    self._url,
                    pool_size=3,
                    max_overflow=0,
                    pool_timeout=self._settings.timeout_seconds,
                    pool_pre_ping=True,
                    isolation_level="READ COMMITTED",
                    hide_parameters=True,
                    connect_args=self._arguments(),
                )
                event.listen(self._engine, "do_connect", self._log_in)
                event.listen(self._engine, "connect", self._connected)
            return self._engine

    def table(self, name: str) -> Table:
        """The table with the columns and types that it really has.

        Raises:
            PlaceUnfitError: there is no such table.
        """
        if name not in self._tables:
            try:
                table = Table(
                    name, MetaData(), schema=self._settings.schema, autoload_with=self.engine()
                )
            except NoSuchTableError:
                raise PlaceUnfitError(
                    f"there is no table `{name}` that this user may see; create it, or grant it"
                ) from None
            self._tables[name] = table
        return self._tables[name]

    def forget(self) -> None:
        """Describe the tables anew when they are next used."""
        self._tables.clear()

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()

    def interrupt(self) -> None:
        """End whatever waits for the server, from another thread.

        libpq waits for an answer for ever where a network swallows it; pymysql does not.
        """
        import psycopg  # noqa: PLC0415 - who has no such table never loads it

        for connection in list(self._live):
            with (
                suppress(OSError, psycopg.Error),
                socket(fileno=os.dup(connection.fileno())) as its,
            ):
                its.shutdown(SHUT_RDWR)

    def _connected(self, connection: object, _record: object) -> None:
        if self._url.get_backend_name() == "postgresql":
            self._live.add(cast("psycopg.Connection[Any]", connection))

    def _log_in(
        self, _dialect: object, _record: object, _args: object, named: dict[str, Any]
    ) -> None:
        if self._settings.password_file is not None:
            named["password"] = first_line(self._settings.password_file)

    def _arguments(self) -> dict[str, Any]:
        tls, seconds = self._settings.tls, max(1, round(self._settings.timeout_seconds))
        if self._url.drivername == _DRIVERS["postgresql"]:
            return {
                "connect_timeout": seconds,
                "tcp_user_timeout": seconds * 1000,
                "options": f"-c statement_timeout={seconds * 1000}",
                "application_name": "sealgate",
                **_libpq(tls),
            }
        timeouts = dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), seconds)
        return {**timeouts, "charset": "utf8mb4", "ssl": tls.context() if tls else None}


def column(table: Table, name: str) -> Column[Any]:
    """The column of this name.

    Raises:
        PlaceUnfitError: the table has none; the nearest name is told.
    """
    if name in table.c:
        return table.c[name]
    near = get_close_matches(name, table.c.keys(), 1)
    cure = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(table.c.keys())}"
    raise PlaceUnfitError(f"table `{table.name}` has no column `{name}`; {cure}")


def driven(text: str) -> URL:
    """The URL with the driver that is used.

    Raises:
        SettingsUnfitError: it cannot be used, holds a password, or sets options.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsUnfitError(
            "the URL of the database cannot be read", "write postgresql://user@host/database"
        ) from None
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise SettingsUnfitError(
            f"`{kind}` is no database that can be used", f"{', '.join(_DRIVERS)} are"
        )
    if url.password is not None:
        raise SettingsUnfitError(
            "the URL of the database holds a password", "put it into a file of its own"
        )
    if not set(url.query) <= {"host"}:
        raise SettingsUnfitError(
            "the URL of the database sets options", "leave them out; `host` (a socket) may be one"
        )
    return url.set(drivername=_DRIVERS[kind])


def _libpq(tls: TLS | None) -> dict[str, str]:
    if tls is None:
        return {"sslmode": "disable"}
    files = {"sslrootcert": tls.ca or "system", "sslcert": tls.certificate, "sslkey": tls.key}
    named = {name: str(value) for name, value in files.items() if value is not None}
    return {"sslmode": "verify-full", **named}
