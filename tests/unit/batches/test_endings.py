"""When it is seen that a batch has ended."""

import asyncio
from typing import Any, cast

from gateway.batches.ending import BatchEnding
from gateway.store.errors import StoreProblem


class Items:
    """Some wait at the first look; the last result comes just as that look ends."""

    def __init__(self) -> None:
        self.ending: BatchEnding | None = None
        self.looks = 0

    async def any_waits(self, _batch: str) -> bool:
        self.looks += 1
        if self.looks == 1:
            assert self.ending is not None
            asyncio.get_running_loop().call_soon(self.ending.look, {"b"})
        return self.looks == 1


class Lane:
    """Cannot write the first few times."""

    def __init__(self, *, fails: int = 0) -> None:
        self.writes = 0
        self._fails = fails

    async def write(self, _unit: object) -> bool:
        self.writes += 1
        if self.writes <= self._fails:
            raise StoreProblem("the disk is full")
        return bool(self._fails)


class NoneWait:
    async def any_waits(self, _batch: str) -> bool:
        return False


async def test_an_end_that_cannot_be_written_is_tried_until_it_can() -> None:
    lane, ended = Lane(fails=3), asyncio.Event()
    ending = BatchEnding(
        lane=cast(Any, lane),
        items=cast(Any, NoneWait()),
        outbox=cast(Any, None),
        clock=cast(Any, None),
        changed=lambda _batches: None,
        ended=lambda _batch: ended.set(),
        pause_seconds=0,
    )
    ending.start()
    ending.look({"b"})
    await asyncio.wait_for(ended.wait(), timeout=5)
    assert lane.writes == 4


async def test_a_last_result_that_comes_as_a_look_ends_is_looked_at_again() -> None:
    items, lane = Items(), Lane()
    ending = BatchEnding(
        lane=cast(Any, lane),
        items=cast(Any, items),
        outbox=cast(Any, None),
        clock=cast(Any, None),
        changed=lambda _batches: None,
        ended=lambda _batch: None,
    )
    items.ending = ending
    ending.start()
    ending.look({"b"})
    for _ in range(20):
        await asyncio.sleep(0)
    assert (items.looks, lane.writes) == (2, 1)
