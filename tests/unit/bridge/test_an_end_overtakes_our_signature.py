"""What we have sealed, and then ended ourselves before it left, never goes out any more."""

from pathlib import Path
from unittest.mock import patch

from cloud_bridge.envelopes.statements import SignedStatement
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.wire import Taken
from tests.envelope_house import CALLER, Room, Town, parties, play, settle
from tests.memory_network import Side
from tests.unit.bridge.test_what_is_frozen_stays import (
    acts,
    away_once_it_has_sealed,
    contents,
    owed,
)


def test_what_is_declined_before_our_signature_has_left_is_declined(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.work()
        await west.company.listen()
        await away_once_it_has_sealed(town, west).work()
        assert (west.signed, acts(town, id_)) == (1, ["Sent", "Signed"])
        held = contents(town, id_)
        await west.service.decline(CALLER, id_, reason="the price has changed")
        town.network.is_away = False
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("declined", "nothing", ())
        assert acts(town, id_).count("Signed") == 1
        assert contents(town, id_) == held
        assert await owed(west, id_) == []

    play(tmp_path, scene)


def test_what_we_withdraw_before_our_signature_has_left_is_withdrawn(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        await east.work()
        await settle(west)
        await east.company.listen()
        await away_once_it_has_sealed(town, east).work()
        assert (east.signed, acts(town, id_)) == (1, ["Sent", "Signed"])
        await east.service.withdraw(CALLER, id_, reason="mistake")
        town.network.is_away = False
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step, told.trouble) == ("withdrawn", "nothing", ())
        assert await owed(east, id_) == []

    play(tmp_path, scene)


def test_a_signature_that_had_arrived_before_counts_and_the_end_is_refused(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.work()
        await west.company.listen()
        honest = Side.state

        async def unanswered(side: Side, statement: SignedStatement) -> Taken:
            await honest(side, statement)
            raise NetworkAwayError("the answer was lost")

        with patch.object(Side, "state", unanswered):
            await west.work()
        assert acts(town, id_).count("Signed") == 2
        await west.service.decline(CALLER, id_, reason="the price has changed")
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "completed"
        assert [each for each, _ in (await west.show(id_)).trouble] == ["refused-not-allowed"]
        assert await owed(west, id_) == []

    play(tmp_path, scene)
