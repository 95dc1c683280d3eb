"""Of nodes that share a PostgreSQL database, one wakes the others when there is something to do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.engines.notices import Notices
from gateway.store.engines.postgresql import PostgreSQL
from tests.postgres_server import Server
from tests.queue_house import QueueHouse, new_job, open_queue_house

_FAR_LONGER_THAN_A_NOTICE_TAKES = 60.0


@pytest.fixture
def shared(postgres: Server) -> PostgreSQL:
    return postgres.emptied()


@pytest.fixture
async def here(tmp_path: Path, shared: PostgreSQL) -> AsyncIterator[QueueHouse]:
    async with open_queue_house(tmp_path / "here", shared) as house:
        yield house


@pytest.fixture
async def there(tmp_path: Path, shared: PostgreSQL) -> AsyncIterator[QueueHouse]:
    async with open_queue_house(tmp_path / "there", shared) as house:
        yield house


async def test_a_node_that_waits_is_woken_by_what_another_enqueues(
    here: QueueHouse, there: QueueHouse, shared: PostgreSQL
) -> None:
    async with Notices(shared, there.queue.hint) as notices:
        await notices.connected.wait()
        await there.claim()
        waiting = asyncio.create_task(
            there.queue.wait("seal", seconds=_FAR_LONGER_THAN_A_NOTICE_TAKES)
        )
        await here.enqueue(new_job("a"))
        async with asyncio.timeout(_FAR_LONGER_THAN_A_NOTICE_TAKES / 4):
            await waiting
        assert await there.claimed() == ["a"]


async def test_what_a_unit_that_raises_enqueued_wakes_nobody(
    here: QueueHouse, shared: PostgreSQL
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    def refuse(transaction: object) -> None:
        here.queue.enqueue(transaction, [new_job("a")])  # type: ignore[arg-type]  # given by the lane
        raise ValueError("the caller thinks better of it")

    async with Notices(shared, heard.put_nowait) as notices:
        await notices.connected.wait()
        with pytest.raises(ValueError, match="thinks better"):
            await here.lane.write(refuse)
        await here.enqueue(new_job("b", kind="deliver"))
        async with asyncio.timeout(_FAR_LONGER_THAN_A_NOTICE_TAKES / 4):
            assert await heard.get() == "deliver"
    assert heard.empty()


async def test_who_cannot_listen_goes_on_without(
    here: QueueHouse, shared: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.engines.notices._PAUSE_SECONDS", 0.0)
    begun: list[int] = []

    class Breaking:
        async def listen(self) -> object:
            begun.append(1)
            if len(begun) == 1:
                raise OSError("the server is away")
            return await shared.listen()

    async with Notices(Breaking(), lambda _word: None) as notices:  # type: ignore[arg-type]  # breaks once
        async with asyncio.timeout(_FAR_LONGER_THAN_A_NOTICE_TAKES / 4):
            await notices.connected.wait()
        await here.enqueue(new_job("a"))
    assert len(begun) == 2
    assert await here.claimed() == ["a"]
