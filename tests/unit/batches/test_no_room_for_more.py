"""Before too much is open, a batch is refused as a whole, and says when to come again."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.jobs.errors import TooMuchOpenProblem
from gateway.store.schema import batch, batch_item
from tests.batch_house import BatchHouse, batch_house, item


async def test_what_would_be_too_much_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with batch_house(tmp_path, most_open=3) as house:
        await house.submit(item("WB-1"), item("WB-2"))

        with pytest.raises(TooMuchOpenProblem) as refused:
            await house.submit(item("WB-3"), item("WB-4"), key="batch-2")

        assert (refused.value.status, refused.value.retry_after_seconds) == (429, 30)
        assert await _rows(house) == (1, 2)


async def test_what_has_ended_makes_room_for_the_same_batch(tmp_path: Path) -> None:
    async with batch_house(tmp_path, most_open=3) as house:
        await house.submit(item("WB-1"), item("WB-2"))
        await house.admission.look()
        assert house.admission.open_of("tms").items == 2
        with pytest.raises(TooMuchOpenProblem):
            await house.submit(item("WB-3"), item("WB-4"), key="batch-2")

        await house.work()
        await house.admission.look()

        second = await house.submit(item("WB-3"), item("WB-4"), key="batch-2")
        await house.work()
        assert await house.states(second) == ["sealed", "sealed"]


async def test_a_repeat_is_answered_though_there_is_no_room(tmp_path: Path) -> None:
    async with batch_house(tmp_path, most_open=2) as house:
        first = await house.submit(item("WB-1"), item("WB-2"))
        again = await house.submit(item("WB-1"), item("WB-2"))
        assert again.id == first.id


async def _rows(house: BatchHouse) -> tuple[int, ...]:
    """How many batches and items there are."""
    counts = [select(func.count()).select_from(table) for table in (batch, batch_item)]
    return await house.house.lane.write(
        lambda unit: tuple(unit.connection.execute(each).scalar_one() for each in counts)
    )
