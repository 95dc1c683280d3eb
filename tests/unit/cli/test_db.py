"""`sealgate db`: on the file of a trial, and on a PostgreSQL server."""

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.store.migrating import newest_revision
from gateway.store.open import database_of
from tests.postgres_server import Server, postgres
from tests.unit.cli.conftest import CommandLine

__all__ = ["postgres"]


@pytest.fixture
def on_server(sealgate: CommandLine, postgres: Server, tmp_path: Path) -> CommandLine:
    """The trial with a new database on a server."""
    store = f"store: {{url: '{postgres.database().url}', documents: '{tmp_path}'}}\nhttp:"
    sealgate.configure("http:", store)
    return sealgate


def test_without_a_database_the_cure_is_told(sealgate: CommandLine) -> None:
    done = sealgate("db", "check")
    assert done.exit_code == 1
    assert "sealgate db migrate" in done.stderr


def test_a_database_is_made_and_checked(sealgate: CommandLine) -> None:
    assert "it was empty" in sealgate("db", "migrate").stdout
    assert "up to date" in sealgate("db", "migrate").stdout
    done = sealgate("db", "check", "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["engine"], report["revision"]) == ("sqlite", newest_revision())
    assert report["rows"]["document"] == 0


def test_a_damaged_database_is_told(sealgate: CommandLine) -> None:
    sealgate("db", "migrate")
    with sealgate.config.database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))
    assert sealgate("db", "check").exit_code in {1, 2}


def test_a_database_on_a_server_is_made_and_checked(on_server: CommandLine) -> None:
    before = on_server("db", "check")
    assert before.exit_code == 1
    assert "without tables" in before.stderr
    assert on_server("db", "migrate").exit_code == 0
    done = on_server("db", "check")
    assert done.exit_code == 0
    assert "postgresql 15" in done.stdout
    assert "fsync is off" in done.stdout


def test_what_a_newer_version_wrote_is_left_alone(on_server: CommandLine) -> None:
    on_server("db", "migrate")
    engine = database_of(on_server.config).open_writer()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "9999" in on_server("db", "migrate").stderr
    assert on_server("db", "check").exit_code == 1


def test_a_server_that_is_away_is_told_without_the_password(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("geheim\n")
    store = (
        "store: {url: 'postgresql://sealgate@127.0.0.1:1/sealgate', "
        f"password_file: '{tmp_path}/password', documents: '{tmp_path}'}}\nhttp:"
    )
    sealgate.configure("http:", store)
    done = sealgate("db", "check")
    assert done.exit_code == 2
    assert "127.0.0.1" in done.stderr
    assert "geheim" not in done.output


def test_a_password_in_the_url_is_refused(sealgate: CommandLine) -> None:
    url = "postgresql://sealgate:geheim@db/sealgate"
    sealgate.configure("http:", f"store: {{url: '{url}', documents: /srv/documents}}\nhttp:")
    done = sealgate("db", "check")
    assert done.exit_code == 2
    assert "store.password_file" in done.stderr
