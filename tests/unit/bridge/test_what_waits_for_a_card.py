"""What is sent to a partner whose gateway has not started yet goes out soon after it has."""

import asyncio
from datetime import timedelta
from pathlib import Path

from gateway.jobs.outcomes import Done, Later
from tests.envelope_house import CALLER, EAST, WEST, Room, Town

WAITS = (
    "It waits for a partner's card, and is tried again every five minutes: the network has no card "
    f"of {WEST}: its gateway publishes one when it starts"
)


async def waiting(east: Room) -> str:
    """An envelope to a partner that has no card."""
    id_ = (await east.create()).envelope.id
    (outcome,) = await east.work()
    assert isinstance(outcome, Later)
    assert (outcome.reason.type, outcome.after) == ("card-unknown", timedelta(minutes=5))
    return id_


def test_it_says_what_it_waits_for_and_goes_out_without_a_comparison(tmp_path: Path) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east:
            id_ = await waiting(east)
            told = await east.show(id_)
            assert (told.status, told.next_step, told.next_hint) == ("sending", "send", WAITS)
            async with town.room(tmp_path, WEST):
                compared = east.company.bridge.last
                town.clock.move(timedelta(minutes=5))
                await east.work()
                told = await east.show(id_)
                assert (told.status, told.trouble) == ("signing", ())
                assert WAITS not in told.next_hint
                assert east.company.bridge.last is compared

    asyncio.run(go())


def test_it_waits_for_days_and_is_told_of_once(tmp_path: Path) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east:
            id_ = await waiting(east)
            before = await east.show(id_)
            for _ in range(20):
                town.clock.move(timedelta(hours=5))
                assert [type(each) for each in await east.work()] == [Later]
            assert await east.show(id_) == before

    asyncio.run(go())


def test_once_the_card_is_there_it_no_longer_says_that_it_waits_for_one(tmp_path: Path) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east:
            id_ = await waiting(east)
            async with town.room(tmp_path, WEST):
                town.network.is_full = True
                town.clock.move(timedelta(minutes=5))
                assert [type(each) for each in await east.work()] == [Later]
            told = await east.show(id_)
            assert told.next_hint.startswith("It waits for room at the network")
            assert "refused-content-quota" in dict(told.trouble)

    asyncio.run(go())


def test_it_is_withdrawn_meanwhile_and_asked_for_no_more(tmp_path: Path) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east:
            id_ = await waiting(east)
            told = await east.service.withdraw(CALLER, id_, reason="typed wrongly")
            assert told.status == "withdrawn"
            town.clock.move(timedelta(minutes=5))
            assert [type(each) for each in await east.work()] == [Done]
            assert await east.show(id_) == told

    asyncio.run(go())
