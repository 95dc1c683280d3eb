"""A start after a kill puts aside what nobody was told of, and nothing else."""

import asyncio
from pathlib import Path

import pytest

from gateway.batches.inputs import SHELF as INPUTS
from gateway.store.acknowledged import acknowledged_ends
from tests.envelope_house import EAST, WEST, Killed, Town, settle


def test_what_was_sealed_and_not_yet_stated_is_still_there_after_a_start(tmp_path: Path) -> None:
    """Documents of the archive and of envelopes lie in the same segments; the furthest counts."""

    async def scene() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east, town.room(tmp_path, WEST) as west:
            one = (await east.create(key="one")).envelope.id
            await settle(east)
            two = (await east.create(key="two")).envelope.id

            def dies(step: str) -> None:
                if step == "state":
                    raise Killed

            dying = town.joined(east.company, dies)
            with pytest.raises(Killed):
                await dying.work()
            assert east.signed == 2
            house, ground = east.company.house, east.company.ground
            await ground.lane.write(ground.queue.take_back)
            house.content.close()
            ends = await ground.lane.write(lambda unit: acknowledged_ends(unit.connection))
            house.content.recover(ends, passing=(INPUTS,))

            again = town.joined(east.company)
            await settle(again, west)
            assert [(await again.show(each)).status for each in (one, two)] == ["completed"] * 2
            assert east.signed == 2

    asyncio.run(scene())
