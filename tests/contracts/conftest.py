"""Fixtures of the contract suites."""

from pathlib import Path

import pytest

from gateway.store.database import SQLiteFile
from gateway.store.interfaces import Database
from gateway.store.migrating import migrate
from tests.contracts.network_servers import (
    mariadb_url,
    postgresql_url,
    rabbitmq_broker,
    s3_endpoint,
)
from tests.hsm_fixtures import soft_token, soft_token_original
from tests.postgres_server import postgres

__all__ = [
    "mariadb_url",
    "postgres",
    "postgresql_url",
    "rabbitmq_broker",
    "s3_endpoint",
    "soft_token",
    "soft_token_original",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of each engine with this version's tables, and nothing in them."""
    if request.param == "postgresql":
        emptied: Database = request.getfixturevalue("postgres").emptied()
        return emptied
    made = SQLiteFile(str(tmp_path / "test.sqlite"))
    engine = made.open_writer()
    migrate(engine)
    engine.dispose()
    return made
