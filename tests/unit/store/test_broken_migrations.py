"""A migration that breaks leaves the database as it was, and the version before starts on it."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

import gateway.store
from gateway.store import migrating
from gateway.store.engines.database import SQLiteFile
from gateway.store.interfaces import Database
from gateway.store.migrating import migrate, newest_revision, revision_of
from tests.fresh_databases import put_gateway_database
from tests.postgres_server import Server, postgres

__all__ = ["postgres"]

_MIGRATIONS = Path(gateway.store.__file__).parent / "migrations"
_BROKEN = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None
def upgrade():
    op.create_table("new_thing", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("document", sa.Column("new_one", sa.Integer, server_default="1"))
    op.execute("INSERT INTO new_thing VALUES (1)")
    op.execute("UPDATE document SET seal = 'spoiled'")
    op.drop_table("feed_cursor")
    {end}
"""
_PROGRAM = """
import sys
from pathlib import Path
from gateway.store import migrating
from gateway.store.engines.database import open_writer
migrating._MIGRATIONS = Path(sys.argv[2])
migrating.migrate(open_writer(Path(sys.argv[1])))
"""
_VALUES = {
    **dict.fromkeys(("id", "system", "idempotency_key", "state", "seal"), "x"),
    **dict.fromkeys(("document_type", "business_number", "trace_id"), "x"),
    **dict.fromkeys(("request_digest", "request", "decision", "salt"), b""),
    **dict.fromkeys(("input_digest", "to_be_signed_digest"), b""),
    "signed_at": 1_795_000_000,
    "intent_index": 0,
}


def broken(directory: Path, *, end: str) -> Path:
    """The migrations of a newer version, whose last one ends like that after it did much."""
    shutil.copytree(_MIGRATIONS, directory)
    file = directory / "versions" / "9999_what_breaks.py"
    file.write_text(_BROKEN.format(newest=newest_revision(), end=end))
    return directory


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """One of this version, with a document in it."""
    if request.param == "sqlite":
        put_gateway_database(tmp_path / "test.sqlite")
        made: Database = SQLiteFile(str(tmp_path / "test.sqlite"))
    else:
        server: Server = request.getfixturevalue("postgres")
        made = server.database()
    engine = made.open_writer()
    migrate(engine)
    with engine.begin() as connection:
        names, marks = ", ".join(_VALUES), ", ".join(f":{name}" for name in _VALUES)
        connection.execute(text(f"INSERT INTO document ({names}) VALUES ({marks})"), _VALUES)  # noqa: S608 - our own names
    engine.dispose()
    return made


def _state(engine: Engine) -> tuple[object, ...]:
    seen = inspect(engine)
    tables = {
        name: [column["name"] for column in seen.get_columns(name)]
        for name in sorted(seen.get_table_names())
    }
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM document")).all()
    return revision_of(engine), tables, rows


def test_what_raises_in_the_middle_has_done_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = database.open_writer()
    before = _state(engine)
    with monkeypatch.context() as newer:
        newer.setattr(
            migrating, "_MIGRATIONS", broken(tmp_path / "newer", end="raise ValueError('broken')")
        )
        with pytest.raises(ValueError, match="broken"):
            migrate(engine)
    assert _state(engine) == before
    migrate(engine)  # as the version before does at its start
    with engine.begin() as connection:
        connection.execute(text("UPDATE document SET seal = 'y'"))
    engine.dispose()


def test_one_that_is_killed_in_the_middle_has_done_nothing(tmp_path: Path) -> None:
    file = tmp_path / "test.sqlite"
    put_gateway_database(file)
    engine = SQLiteFile(str(file)).open_writer()
    before = _state(engine)
    engine.dispose()
    newer = broken(tmp_path / "newer", end="os.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(file), str(newer)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    engine = SQLiteFile(str(file)).open_writer()
    migrate(engine)
    assert _state(engine) == before
    engine.dispose()


def test_the_same_migration_without_its_fault_goes_through(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(migrating, "_MIGRATIONS", broken(tmp_path / "newer", end=""))
    engine = database.open_writer()
    migrate(engine)
    assert revision_of(engine) == "9999"
    engine.dispose()
