"""What becomes of units of work when PostgreSQL goes away under them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.audit.checkpoint import LogKey
from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.audit.verification import LogVerifier
from gateway.store.engines.lane import WriterLane
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.engines.turns import DatabaseAwayError, PostgreSQLWriteConnection
from gateway.store.errors import StoreProblem
from gateway.store.files.content import ContentStore
from gateway.store.rows.documents import DocumentReader
from tests.postgres_server import Server, free_port, postgres
from tests.running_gateway import until
from tests.signing_house import START, FakeClock, SoftSigner

__all__ = ["postgres"]

_NOBODY = "nobody_at_all"


class Log:
    """An audit log on the server, and what a test asks of it."""

    def __init__(self, audit: AuditLog, lane: WriterLane, key: LogKey) -> None:
        self.audit = audit
        self.lane = lane
        self.key = key

    async def record(self, number: int) -> int:
        content = {"version": "x", "number": number}
        return await self.audit.record(Record(kind="start", at=START, content=content))


@pytest.fixture
def database(postgres: Server) -> PostgreSQL:
    return postgres.emptied()


@pytest.fixture
async def log(database: PostgreSQL, tmp_path: Path) -> AsyncIterator[Log]:
    signer = SoftSigner(FakeClock())
    raw = signer.log_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = LogKey("test.example/audit", raw)
    engine = database.open_writer()
    lane = WriterLane(engine, ContentStore(tmp_path / "documents", clock=FakeClock()), node="a")
    audit = AuditLog(
        lane=lane,
        key=key,
        signer=signer,
        checkpoint_file=tmp_path / "checkpoint",
        interval_seconds=3600.0,
    )
    async with lane, audit:
        lane.add_follower(audit)
        yield Log(audit, lane, key)
    engine.dispose()


def ask(database: PostgreSQL, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]  # texts of ours


def backends(database: PostgreSQL, *, wait: str | None = None) -> list[tuple[Any, ...]]:
    """The gateway's own, by their process ids; those that wait for something, if it is named."""
    activity = ask(
        database,
        "SELECT pid, wait_event FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'sealgate'",
    )
    return [row for row in activity if wait is None or row[1] == wait]


@contextmanager
def without_a_standby(database: PostgreSQL) -> Iterator[None]:
    """Commits wait for a standby that never comes."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_NOBODY}'")  # type: ignore[call-overload]  # ours
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


async def test_a_connection_that_was_cut_is_opened_anew(log: Log, database: PostgreSQL) -> None:
    assert await log.record(0) == 0
    ask(database, f"SELECT pg_terminate_backend({backends(database)[0][0]})")
    with pytest.raises(StoreProblem) as told:
        await log.record(1)
    assert told.value.retry_after_seconds
    assert "127.0.0.1" not in told.value.detail
    assert await log.record(2) == 1


@pytest.mark.parametrize("end", ["pg_terminate_backend", "pg_cancel_backend"])
async def test_a_commit_that_no_standby_has_is_not_acknowledged_and_the_log_stays_whole(
    log: Log, database: PostgreSQL, end: str
) -> None:
    """The server has committed it all the same; the next record follows what it has."""
    assert await log.record(0) == 0
    with without_a_standby(database):
        waiting = asyncio.create_task(log.record(1))
        await until(lambda: backends(database, wait="SyncRep"))
        ask(database, f"SELECT {end}({backends(database)[0][0]})")
        with pytest.raises(StoreProblem):
            await waiting
    assert await log.record(2) == 2
    engine = database.open_reader()
    with engine.connect() as connection:
        verdict = LogVerifier(connection, key=log.key, published={}).verify()
    engine.dispose()
    assert (verdict.records, verdict.findings) == (3, [])


async def test_readers_come_back_by_themselves(log: Log, database: PostgreSQL) -> None:
    await log.record(0)
    engine = database.open_reader()
    reader = DocumentReader(engine)
    assert await reader.by_id("x") is None
    for pid, _ in backends(database):
        ask(database, f"SELECT pg_terminate_backend({pid})")
    assert await reader.by_id("x") is None
    await reader.close()
    engine.dispose()


async def test_a_node_that_hangs_in_its_turn_loses_it(database: PostgreSQL) -> None:
    soon = f"{database.url}?options=-c%20idle_in_transaction_session_timeout%3D200"
    engines = [PostgreSQL(url=soon).open_writer(), database.open_writer()]
    hanging, other = (
        PostgreSQLWriteConnection(each, node=node) for node, each in zip("ab", engines, strict=True)
    )

    def take_a_turn() -> bool:
        with other.transaction() as begun:
            return begun.is_behind

    with pytest.raises(psycopg.Error, match="idle-in-transaction"), hanging.transaction() as begun:  # noqa: PT012 - the commit raises
        begun.connection.exec_driver_sql("INSERT INTO nonce VALUES ('k', 'n', 0)")
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(take_a_turn)
    assert ask(database, "SELECT * FROM nonce") == []
    with hanging.transaction() as begun:
        assert begun.is_behind
    for each in (hanging, other):
        each.close()
    for engine in engines:
        engine.dispose()


async def test_a_node_is_behind_only_where_another_wrote(database: PostgreSQL) -> None:
    engine = database.open_writer()
    one, other = (PostgreSQLWriteConnection(engine, node=node) for node in "ab")
    told = []
    for each in (one, one, other, other, one, one):
        with each.transaction() as begun:
            told.append(begun.is_behind)
    assert told == [True, False, True, False, True, False]
    assert ask(database, "SELECT node, turn FROM writer") == [("a", 6)]
    for each in (one, other):
        each.close()
    engine.dispose()


def test_a_server_that_is_away_is_not_asked_in_a_hot_loop() -> None:
    now = [0.0]
    away = PostgreSQL(url=f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    engine = away.open_writer()
    writing = PostgreSQLWriteConnection(engine, node="a", monotonic=lambda: now[0])

    def outcome() -> str:
        try:
            with writing.transaction():
                return "begun"
        except DatabaseAwayError:
            return "too soon"
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            return type(error).__name__

    told = []
    for moment in (0.0, 0.01, 0.06, 0.07, 0.1, 0.2, 0.3, 5.0):
        now[0] = moment
        told.append(outcome())
    tries = [name for name in told if name != "too soon"]
    assert told[:4] == ["OperationalError", "too soon", "OperationalError", "too soon"]
    assert len(tries) == 4
    engine.dispose()
