"""The migrations make the tables that the code speaks of."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cloud_bridge.network.store.database import PostgreSQL, SQLiteFile
from cloud_bridge.network.store.migrating import migrate
from cloud_bridge.network.store.schema import metadata
from tests.postgres_server import Server, postgres

__all__ = ["postgres"]


def test_on_sqlite_nothing_is_missing_or_too_much(tmp_path: Path) -> None:
    engine = SQLiteFile(tmp_path / "network.db").open_writer()
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_on_postgresql_nothing_is_missing_or_too_much(postgres: Server) -> None:
    engine = PostgreSQL(postgres.database().url).open_writer()
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
