"""What the network has no room for, or a proxy no way, goes out soon after that ends."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.jobs.outcomes import Done, Later
from tests.envelope_house import CALLER, EAST, WEST, Town, settle
from tests.memory_network import MemoryNetwork

_TRIED_AGAIN = timedelta(minutes=15)


@pytest.fixture(params=["refused-content-quota", "network-way-too-narrow"])
def trouble(request: pytest.FixtureRequest) -> str:
    """What is in the way."""
    return str(request.param)


def shut(network: MemoryNetwork, trouble: str, *, shut: bool = True) -> None:
    """No content passes, or all do again."""
    network.is_full = shut and trouble == "refused-content-quota"
    network.way_bytes = 10 if shut and trouble == "network-way-too-narrow" else None


def test_a_contract_that_has_not_gone_out(tmp_path: Path, trouble: str) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east, town.room(tmp_path, WEST):
            shut(town.network, trouble)
            id_ = (await east.create()).envelope.id
            (outcome,) = await east.work()
            assert isinstance(outcome, Later)
            assert (outcome.reason.type, outcome.after) == (trouble, _TRIED_AGAIN)
            told = await east.show(id_)
            assert (told.status, told.next_step) == ("sending", "send")
            assert "tried again every quarter of an hour" in told.next_hint
            compared = east.company.bridge.last

            shut(town.network, trouble, shut=False)
            town.clock.move(_TRIED_AGAIN)
            await east.work()

            told = await east.show(id_)
            assert (told.status, told.trouble) == ("signing", ())
            assert "quarter" not in told.next_hint
            assert east.company.bridge.last is compared

    asyncio.run(go())


def test_a_signature_of_ours(tmp_path: Path, trouble: str) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east, town.room(tmp_path, WEST) as west:
            id_ = (await east.create()).envelope.id
            await east.work()
            shut(town.network, trouble)
            await settle(west)
            told = await west.show(id_)
            assert (told.status, told.next_step) == ("signing", "wait-for-network")
            assert "tried again every quarter of an hour" in told.next_hint
            before = west.signed

            shut(town.network, trouble, shut=False)
            town.clock.move(_TRIED_AGAIN)
            await settle(east, west)

            assert (await east.show(id_)).status == "completed"
            assert (await west.show(id_)).status == "completed"
            assert west.signed == before

    asyncio.run(go())


def test_withdrawn_meanwhile_it_is_tried_no_more(tmp_path: Path, trouble: str) -> None:
    async def go() -> None:
        town = Town.built()
        async with town.room(tmp_path, EAST) as east, town.room(tmp_path, WEST):
            shut(town.network, trouble)
            id_ = (await east.create()).envelope.id
            await east.work()
            told = await east.service.withdraw(CALLER, id_, reason="typed wrongly")
            assert told.status == "withdrawn"
            town.clock.move(_TRIED_AGAIN)
            assert all(isinstance(each, Done) for each in await east.work())

    asyncio.run(go())
