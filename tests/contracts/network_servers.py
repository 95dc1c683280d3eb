"""The servers of network places: one of each kind for the whole session."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contracts.network_places import (
    AMQPPlace,
    HTTPPlace,
    S3Place,
    TablePlace,
    amqp_place,
    http_place,
    s3_place,
    table_place,
)
from tests.servers.mariadb import mariadb
from tests.servers.postgresql import postgresql
from tests.servers.rabbitmq import Broker, rabbitmq
from tests.servers.s3 import s3_server

DATABASE_PASSWORD = "drei-Kraniche-7"  # noqa: S105 - of servers that live for one session


@pytest.fixture(scope="session")
def rabbitmq_broker() -> Iterator[Broker]:
    with rabbitmq() as broker:
        yield broker


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """With the password, for the test itself."""
    with postgresql(DATABASE_PASSWORD) as port:
        yield f"postgresql+psycopg://sealgate:{DATABASE_PASSWORD}@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """With the password, for the test itself."""
    with mariadb(DATABASE_PASSWORD) as port:
        yield f"mariadb+pymysql://sealgate:{DATABASE_PASSWORD}@127.0.0.1:{port}/wms"


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@asynccontextmanager
async def network_place(
    kind: str, request: pytest.FixtureRequest, directory: Path
) -> AsyncIterator[AMQPPlace | TablePlace | HTTPPlace | S3Place]:
    """A new place of this kind, behind a proxy."""
    match kind:
        case "amqp":
            async with amqp_place(request.getfixturevalue("rabbitmq_broker")) as queue:
                yield queue
        case "postgresql" | "mariadb":
            url = request.getfixturevalue(f"{kind}_url")
            async with table_place(url, DATABASE_PASSWORD, directory) as table:
                yield table
        case "http":
            async with http_place() as server:
                yield server
        case "s3":
            async with s3_place(request.getfixturevalue("s3_endpoint"), directory) as bucket:
                yield bucket
        case _:
            raise AssertionError(f"{kind} is no kind of network place")
