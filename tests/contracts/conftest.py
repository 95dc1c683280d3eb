"""Fixtures of the contract suites."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.store.content import ContentStore
from gateway.store.database import SQLiteFile
from gateway.store.interfaces import Database
from gateway.store.lane import WriterLane
from tests.contracts.network_servers import (
    mariadb_url,
    postgresql_url,
    rabbitmq_broker,
    s3_endpoint,
)
from tests.fresh_databases import put_gateway_database
from tests.hsm_fixtures import soft_token, soft_token_original
from tests.network_companies import buyer, draft, house, network_store, seller
from tests.postgres_server import postgres
from tests.signing_house import FakeClock

__all__ = [
    "buyer",
    "draft",
    "house",
    "mariadb_url",
    "network_store",
    "postgres",
    "postgresql_url",
    "rabbitmq_broker",
    "s3_endpoint",
    "seller",
    "soft_token",
    "soft_token_original",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database of each engine with this version's tables, and nothing in them."""
    if request.param == "postgresql":
        emptied: Database = request.getfixturevalue("postgres").emptied()
        return emptied
    put_gateway_database(tmp_path / "test.sqlite")
    return SQLiteFile(str(tmp_path / "test.sqlite"))


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    made = database.open_writer()
    yield made
    made.dispose()


@pytest.fixture
def content(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "documents", clock=FakeClock())


@pytest.fixture
async def lane(engine: Engine, content: ContentStore) -> AsyncIterator[WriterLane]:
    async with WriterLane(engine, content, node="a") as made:
        yield made


@pytest.fixture
def readers(database: Database) -> Iterator[Engine]:
    made = database.open_reader()
    yield made
    made.dispose()
