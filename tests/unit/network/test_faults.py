"""When the database fails, the caller is told to come again, and nothing is half there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import Connection

from cloud_bridge.envelopes.statements import Opened, Reminded
from tests.network_house import Company, Draft, ProblemAnswer, network_house
from tests.postgres_server import Server, postgres

__all__ = ["postgres"]

T = TypeVar("T")

_FAIL = "CREATE TRIGGER full BEFORE INSERT ON feed BEGIN SELECT RAISE(FAIL, 'disk full'); END"


def _run(sql: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.exec_driver_sql(sql)

    return work


async def _draft(buyer: Company) -> Draft:
    draft = buyer.draft(buyer.party("buyer"), mode="digest")
    await draft.send()
    return draft


async def test_an_entry_that_cannot_be_told_is_no_entry(tmp_path: Path) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        draft = await _draft(buyer)
        lane = house.core.lane
        await lane.write(_run(_FAIL))
        for _ in range(2):
            with pytest.raises(ProblemAnswer) as refused:
                await draft.say(Opened(), by=buyer, party="buyer")
            assert (refused.value.status, refused.value.type) == (503, "network-store-failed")
            assert refused.value.headers["Retry-After"] == "2"
        assert (await draft.now()).sequence == 1
        await lane.write(
            lambda connection: connection.exec_driver_sql("DROP TRIGGER full") and None
        )
        await draft.say(Opened(), by=buyer, party="buyer")
        assert (await draft.now()).sequence == 2
        assert [item.sequence for item in (await buyer.feed()).items] == [1, 2]


async def test_of_statements_that_come_together_only_the_bad_one_fails(tmp_path: Path) -> None:
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        draft = await _draft(buyer)
        good = [await draft.statement(Reminded(party="buyer"), by=buyer) for _ in range(20)]
        bad = await draft.statement(Reminded(party="nobody"), by=buyer)
        results = await asyncio.gather(
            *(buyer.state(each, envelope=draft.id) for each in (*good[:10], bad, *good[10:])),
            return_exceptions=True,
        )
        failed = [each for each in results if isinstance(each, Exception)]
        assert [each.type for each in failed if isinstance(each, ProblemAnswer)] == ["not-allowed"]
        assert len(failed) == 1
        assert (await draft.now()).sequence == 21


async def test_a_database_server_that_drops_its_connections_is_spoken_with_again(
    postgres: Server, tmp_path: Path
) -> None:
    database = postgres.database()
    shared = {"store": {"url": database.url}, "contents_directory": tmp_path / "contents"}
    async with network_house(tmp_path, **shared) as house:
        buyer = await house.company("买方有限公司")
        draft = await _draft(buyer)
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        heads, _ = await _until_taken(buyer.heads)
        seen = {"seen": 1, "head": heads.heads[0].hash}
        signed = draft.sign(draft.said(Opened(), by=buyer, party="buyer", **seen), by=buyer)
        entry, refused = await _until_taken(lambda: buyer.state(signed, envelope=draft.id))
        assert set(refused) == {"network-store-failed"}
        assert (await buyer.record(draft.id)).entries[1:] == (entry,)


async def _until_taken(ask: Callable[[], Awaitable[T]]) -> tuple[T, list[str]]:
    """The answer, and the problems before it."""
    refused: list[str] = []
    while len(refused) < 10:
        try:
            return await ask(), refused
        except ProblemAnswer as problem:
            refused.append(problem.type)
    raise AssertionError(refused)
