"""Units of work share commits, and what raises leaves nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from cloud_bridge.network.problems import StoreProblem
from cloud_bridge.network.store.database import SQLiteFile
from cloud_bridge.network.store.lane import WriterLane
from cloud_bridge.network.store.schema import member
from tests.fresh_databases import put_network_database


@pytest.fixture
async def lane(tmp_path: Path) -> AsyncIterator[WriterLane]:
    put_network_database(tmp_path / "network.db")
    database = SQLiteFile(tmp_path / "network.db")
    async with WriterLane(database.open_writer(), database.open_reader()) as lane:
        yield lane


def _joins(organisation: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(
            insert(member).values(organisation=organisation, envelope="e", has_left=False)
        )

    return work


async def _members(lane: WriterLane) -> list[str]:
    return await lane.read(
        lambda connection: sorted(connection.scalars(select(member.c.organisation)))
    )


async def test_what_waits_together_is_committed_together(lane: WriterLane) -> None:
    names = [f"org-{number:02}" for number in range(50)]
    await asyncio.gather(*(lane.write(_joins(name)) for name in names))
    assert await _members(lane) == names
    assert lane.units == 50
    assert lane.commits < 5


async def test_a_unit_that_raises_takes_its_own_writes_back_and_no_others(lane: WriterLane) -> None:
    def gives_up(connection: Connection) -> None:
        _joins("given-up")(connection)
        raise ValueError("no")

    results = await asyncio.gather(
        lane.write(_joins("first")),
        lane.write(gives_up),
        lane.write(_joins("last")),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [type(None), ValueError, type(None)]
    assert await _members(lane) == ["first", "last"]


async def test_what_the_database_refuses_fails_alone(lane: WriterLane) -> None:
    await lane.write(_joins("there"))
    results = await asyncio.gather(
        lane.write(_joins("first")),
        lane.write(_joins("there")),
        lane.write(_joins("last")),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [type(None), StoreProblem, type(None)]
    assert await _members(lane) == ["first", "last", "there"]


async def test_readers_cannot_write(lane: WriterLane) -> None:
    with pytest.raises(StoreProblem):
        await lane.read(_joins("reader"))
    assert await _members(lane) == []
