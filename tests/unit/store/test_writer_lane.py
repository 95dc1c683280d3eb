"""One thread writes for many: order, shared commits, and failures that hurt nobody else."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, Table, insert, select

from gateway.store.engines.database import open_reader, open_writer
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.engines.statements import RowStatement
from gateway.store.errors import StoreProblem, StoreVersionError
from gateway.store.files.content import Content, ContentStore, Location
from gateway.store.migrating import migrate, newest_revision
from gateway.store.rows.documents import UsedNonce, live_nonces, remember_nonce
from gateway.store.schema import charge_slot, metadata
from tests.fresh_databases import put_gateway_database
from tests.signing_house import START, FakeClock

_insert = insert(charge_slot)
_add = RowStatement(_insert, "counter", "slot", "used")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    put_gateway_database(tmp_path / "test.sqlite")
    return open_writer(tmp_path / "test.sqlite")


@pytest.fixture
def content(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "documents", clock=FakeClock())


@pytest.fixture
async def lane(engine: Engine, content: ContentStore) -> AsyncIterator[WriterLane]:
    async with WriterLane(engine, content) as made:
        yield made
    engine.dispose()


class Gate:
    """A unit of work that stands still until the test lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait(self, _unit: Transaction) -> None:
        self.reached.set()
        assert self.opened.wait(20)


def put(transaction: Transaction, name: str) -> str:
    transaction.later(_add, (name, 0, 1))
    return name


def names(tmp_path: Path) -> list[str]:
    engine = open_reader(tmp_path / "test.sqlite")
    with engine.connect() as connection:
        found = list(connection.execute(select(charge_slot.c.counter)).scalars())
    engine.dispose()
    return found


async def test_what_was_written_can_be_read_when_write_returns(
    lane: WriterLane, tmp_path: Path
) -> None:
    assert await lane.write(lambda unit: put(unit, "a")) == "a"
    assert names(tmp_path) == ["a"]


async def test_many_at_once_share_commits(lane: WriterLane, tmp_path: Path) -> None:
    await asyncio.gather(*(lane.write(lambda unit, n=n: put(unit, f"{n}")) for n in range(300)))
    assert len(names(tmp_path)) == 300
    assert lane.units == 300
    assert lane.commits < 300


async def test_a_unit_that_raises_leaves_nothing_and_hurts_nobody(
    lane: WriterLane, tmp_path: Path
) -> None:
    def refuse(unit: Transaction) -> None:
        put(unit, "refused")
        unit.state["x"] = 1
        raise LookupError("no")

    results = await asyncio.gather(
        lane.write(lambda unit: put(unit, "before")),
        lane.write(refuse),
        lane.write(lambda unit: put(unit, f"after {unit.state.get('x')}")),
        return_exceptions=True,
    )
    assert isinstance(results[1], LookupError)
    assert names(tmp_path) == ["before", "after None"]


async def test_what_cannot_be_written_fails_alone(lane: WriterLane, tmp_path: Path) -> None:
    gate = Gate()
    blocking = asyncio.create_task(lane.write(gate.wait))
    await asyncio.to_thread(gate.reached.wait, 20)
    wanted = ("twice", "once", "twice")
    together = [asyncio.create_task(lane.write(lambda unit, n=n: put(unit, n))) for n in wanted]
    await asyncio.sleep(0)  # all wait while the lane stands at the gate
    gate.opened.set()
    await blocking

    results = await asyncio.gather(*together, return_exceptions=True)

    assert results[:2] == ["twice", "once"]
    assert isinstance(results[2], StoreProblem)
    assert sorted(names(tmp_path)) == ["once", "twice"]
    assert await lane.write(lambda unit: put(unit, "next")) == "next"


async def test_what_a_unit_asks_and_writes_itself_is_of_the_same_transaction(
    lane: WriterLane, tmp_path: Path
) -> None:
    def ask_and_write(unit: Transaction) -> list[str]:
        unit.connection.execute(_insert, {"counter": "itself", "slot": 0, "used": 1})
        return list(unit.connection.execute(select(charge_slot.c.counter)).scalars())

    def write_and_break(unit: Transaction) -> None:
        ask_and_write(unit)
        unit.connection.exec_driver_sql("SELECT * FROM no_such_table")

    with pytest.raises(StoreProblem, match="no_such_table"):
        await lane.write(write_and_break)
    assert names(tmp_path) == []
    assert await lane.write(ask_and_write) == ["itself"]
    assert await lane.write(lambda unit: put(unit, "later")) == "later"
    assert sorted(names(tmp_path)) == ["itself", "later"]


async def test_a_document_is_on_the_disk_before_the_unit_that_counts_it_runs(
    lane: WriterLane, tmp_path: Path
) -> None:
    def count(unit: Transaction, location: Location) -> bytes:
        put(unit, f"{location.offset}")
        return (tmp_path / "documents" / location.segment).read_bytes()[location.offset :][:5]

    kept = await asyncio.gather(
        *(lane.write_with(Content(f"{n}.pdf", START, (b"doc-%d" % n,)), count) for n in range(5)),
        lane.write(lambda unit: put(unit, "beside")),
    )
    assert kept == [b"doc-%d" % n for n in range(5)] + ["beside"]


async def test_a_document_that_cannot_be_kept_fails_its_own_unit_only(
    lane: WriterLane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    gate = Gate()
    blocking = asyncio.create_task(lane.write(gate.wait))
    await asyncio.to_thread(gate.reached.wait, 20)
    content = Content("x.pdf", START, (b"x",))
    lost = asyncio.create_task(lane.write_with(content, lambda unit, _: put(unit, "lost")))
    beside = asyncio.create_task(lane.write(lambda unit: put(unit, "beside")))
    await asyncio.sleep(0)
    monkeypatch.setattr(os, "writev", full)
    gate.opened.set()
    await blocking

    with pytest.raises(StoreProblem, match="No space"):
        await lost
    assert await beside == "beside"
    assert names(tmp_path) == ["beside"]


async def test_a_caller_that_gives_up_does_not_end_the_lane(
    lane: WriterLane, tmp_path: Path
) -> None:
    gate = Gate()
    under_way = asyncio.create_task(lane.write(gate.wait))
    await asyncio.to_thread(gate.reached.wait, 20)
    waiting = asyncio.create_task(lane.write(lambda unit: put(unit, "given up")))
    await asyncio.sleep(0)
    under_way.cancel()
    waiting.cancel()
    await asyncio.gather(under_way, waiting, return_exceptions=True)
    gate.opened.set()

    assert await lane.write(lambda unit: put(unit, "next")) == "next"
    assert names(tmp_path) == ["next"]


async def test_what_waits_is_written_before_the_lane_stops(
    engine: Engine, content: ContentStore, tmp_path: Path
) -> None:
    async with WriterLane(engine, content) as lane:
        waiting = [asyncio.create_task(lane.write(lambda u, n=n: put(u, f"{n}"))) for n in range(9)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert len(names(tmp_path)) == 9
    engine.dispose()


async def test_what_goes_along_waits_for_what_is_asked_and_shares_its_commit(
    lane: WriterLane, tmp_path: Path
) -> None:
    kept = lane.along(lambda unit: put(unit, "along"))
    for _ in range(3):
        await asyncio.to_thread(lambda: None)
    assert (lane.commits, names(tmp_path)) == (0, [])

    assert await lane.write(lambda unit: put(unit, "asked")) == "asked"

    assert await kept == "along"
    assert (lane.commits, names(tmp_path)) == (1, ["along", "asked"])


async def test_what_goes_along_is_not_run_before_what_was_asked_earlier(lane: WriterLane) -> None:
    order: list[str] = []
    gate = Gate()
    blocking = asyncio.create_task(lane.write(gate.wait))
    await asyncio.to_thread(gate.reached.wait, 20)
    first = asyncio.create_task(lane.write(lambda _unit: order.append("first")))
    await asyncio.sleep(0)
    lane.along(lambda _unit: order.append("along"))
    last = asyncio.create_task(lane.write(lambda _unit: order.append("last")))
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(blocking, first, last)
    assert order == ["first", "along", "last"]


async def test_what_goes_along_and_raises_hurts_nobody(lane: WriterLane, tmp_path: Path) -> None:
    def refuse(_unit: Transaction) -> None:
        raise LookupError("no")

    kept = lane.along(refuse)
    assert await lane.write(lambda unit: put(unit, "asked")) == "asked"
    with pytest.raises(LookupError):
        await kept
    assert names(tmp_path) == ["asked"]


async def test_what_goes_along_is_written_before_the_lane_stops(
    engine: Engine, content: ContentStore, tmp_path: Path
) -> None:
    async with WriterLane(engine, content) as lane:
        kept = lane.along(lambda unit: put(unit, "along"))
    assert (await kept, names(tmp_path)) == ("along", ["along"])
    engine.dispose()


def _opened_for_writing(file: Path) -> int:
    """How many descriptors of this process may write to the file (proc(5), fdinfo)."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.exists() and descriptor.resolve() == file:
            told = Path("/proc/self/fdinfo", descriptor.name).read_text()
            flags = int(told.partition("flags:")[2].split()[0], 8)
            found += flags & os.O_ACCMODE != os.O_RDONLY
    return found


async def test_exactly_one_connection_writes_whatever_is_asked(
    lane: WriterLane, tmp_path: Path
) -> None:
    """SQLite before 3.51.3 may damage its log where two do."""
    readers = open_reader(tmp_path / "test.sqlite")
    with readers.connect() as connection:
        connection.execute(select(charge_slot.c.counter)).all()
        await asyncio.gather(
            *(
                lane.write(lambda unit, n=n: put(unit, f"{n}"), exclusive=n % 2 == 0)
                for n in range(9)
            )
        )
        connection.execute(select(charge_slot.c.counter)).all()
        assert _opened_for_writing(tmp_path / "test.sqlite") == 1
    readers.dispose()


def test_the_database_survives_a_power_cut_as_far_as_sqlite_can_promise(engine: Engine) -> None:
    with engine.connect() as connection:
        answers = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "mmap_size")
        }
    assert answers == {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}
    engine.dispose()


def test_a_reader_cannot_write(engine: Engine, tmp_path: Path) -> None:
    reader = open_reader(tmp_path / "test.sqlite")
    with reader.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(_insert, {"counter": "x", "slot": 0, "used": 1})
    reader.dispose()
    engine.dispose()


def test_the_migrations_make_the_schema_that_the_code_uses(engine: Engine) -> None:
    def told(table: Table) -> set[tuple[str, bool]]:
        return {(column.name, bool(column.nullable)) for column in table.columns}

    present = MetaData()
    present.reflect(engine)
    assert {name: told(table) for name, table in metadata.tables.items()} == {
        name: told(table) for name, table in present.tables.items() if name != "alembic_version"
    }
    engine.dispose()


def test_the_newest_migration_is_the_one_that_alembic_goes_to(engine: Engine) -> None:
    with engine.connect() as connection:
        present = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert present.scalar_one() == newest_revision()
    engine.dispose()


def test_a_database_of_a_newer_version_is_not_touched(engine: Engine, tmp_path: Path) -> None:
    engine.dispose()
    with sqlite3.connect(tmp_path / "test.sqlite") as db:
        db.execute("update alembic_version set version_num='9999'")
    db.close()
    newer = open_writer(tmp_path / "test.sqlite")
    with pytest.raises(StoreVersionError, match="newer"):
        migrate(newer)
    newer.dispose()


async def test_nonces_are_remembered_until_a_replay_would_be_too_old(lane: WriterLane) -> None:
    def remember(unit: Transaction) -> None:
        remember_nonce(unit, UsedNonce("k", "old", 10.0))
        remember_nonce(unit, UsedNonce("k", "new", 20.0))

    await lane.write(remember)
    live = await lane.write(lambda unit: live_nonces(unit.connection, now=15.0))
    assert live == [UsedNonce("k", "new", 20.0)]
