"""What state a database is in, whichever engine it is."""

import re
import sqlite3
from collections.abc import Callable, Iterator

import msgspec
from sqlalchemy import Connection, func, inspect, select

from gateway.store.migrating import newest_revision
from gateway.store.schema import metadata

# Two connections at once may corrupt the write-ahead log (https://sqlite.org/wal.html). We write
# and checkpoint with one (`store.engines.database`), so it is told and nothing need be done.
_WAL_MENDED = (3, 51, 3)
_LEAST_POSTGRESQL = 130000

Setting = Callable[[str], str]


class StoreReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A database as it was found.

    Attributes:
        engine: `sqlite` or `postgresql`.
        version: of the engine.
        revision: of the schema; None: there are no tables.
        newest: the revision that this version of Sealgate works with.
        rows: how many each table has; empty unless the revision is the newest.
        damage: what is wrong with what is kept; None: nothing.
        remarks: what is right to know, and no reason to stop.
    """

    engine: str
    version: str
    revision: str | None
    newest: str
    rows: dict[str, int]
    damage: str | None
    remarks: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether a gateway of this version can work with it as it is."""
        return self.damage is None and self.revision == self.newest


def look(connection: Connection) -> StoreReport:
    """Look at all of it; takes as long as reading it does.

    Raises:
        SQLAlchemyError: it cannot be read.
    """
    if connection.dialect.name == "sqlite":
        version, remarks, damage = _sqlite(connection)
    else:
        version, remarks, damage = _postgresql(connection)
    newest = newest_revision()
    revision = None if damage else _revision(connection)
    return StoreReport(
        engine=connection.dialect.name,
        version=version,
        revision=revision,
        newest=newest,
        rows=_rows(connection) if revision == newest else {},
        damage=damage,
        remarks=tuple(remarks),
    )


def _sqlite(connection: Connection) -> tuple[str, list[str], str | None]:
    said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    remarks = []
    if sqlite3.sqlite_version_info < _WAL_MENDED:
        remarks.append(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug (mended in 3.51.3): harmless "
            "as long as nothing but the gateway writes to the file"
        )
    return sqlite3.sqlite_version, remarks, None if said == "ok" else said


def _postgresql(connection: Connection) -> tuple[str, list[str], str | None]:
    def setting(name: str) -> str:
        query = select(func.current_setting(name))
        return str(connection.execute(query).scalar_one())

    broken = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
        "WHERE relnamespace = current_schema()::regnamespace AND NOT indisvalid"
    )
    invalid = ", ".join(broken.scalars())
    return (
        re.split(r"\s", setting("server_version"))[0],
        list(_postgresql_remarks(setting)),
        f"indexes that are not valid: {invalid} (REINDEX)" if invalid else None,
    )


def _postgresql_remarks(setting: Setting) -> Iterator[str]:
    if int(setting("server_version_num")) < _LEAST_POSTGRESQL:
        yield "the server is older than PostgreSQL 13, with which Sealgate was never tried"
    if setting("fsync") != "on":
        yield "fsync is off: a power cut loses what was acknowledged"
    if setting("data_checksums") != "on":
        yield "data checksums are off: the server does not notice pages that its disk damaged"
    if not setting("synchronous_standby_names"):
        yield "there is no synchronous standby: with the server's disk goes what was acknowledged"
    if setting("server_encoding") != "UTF8":
        yield f"the encoding is {setting('server_encoding')}: Chinese text needs UTF8"


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar_one_or_none()
    return found


def _rows(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in sorted(metadata.tables.items())
    }
