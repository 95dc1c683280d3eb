"""Two who sign in one turn: one takes the pen, and of two who stand for each other one signs."""

from pathlib import Path

import msgspec

from cloud_bridge.envelopes.statements import (
    Began,
)
from gateway.envelopes.carriage.owed import owe
from tests.envelope_house import (
    Room,
    Town,
    parties,
    play,
    settle,
)


def test_of_a_turn_that_both_share_one_takes_the_pen_and_both_sign(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(1, 1)))).envelope.id
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_who_asked_for_the_pen_too_late_has_no_trouble_with_that(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(parties=parties(turns=(1, 1)))).envelope.id
        await east.company.bridge.outbox.send(id_)
        await west.company.listen()
        state, now = town.network.envelopes[id_].state, town.clock.now()
        for room, party in ((west, "seller"), (east, "buyer")):
            # Each asks upon the same record; the network hears west first.
            asked = room.company.bridge.statement(state, Began(), id=f"{party}-began", party=party)
            await room.company.ground.lane.write(
                lambda unit, room=room, asked=asked: owe(unit, room.company.id, id_, asked, at=now)
            )
            assert await room.company.bridge.outbox.send(id_)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.trouble) == ("completed", ())
            assert room.company.bridge.tally.refused == 0
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_of_two_who_stand_for_each_other_only_one_signs(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        either = tuple(
            msgspec.structs.replace(each, any_of="either") for each in parties(turns=(1, 1))
        )
        id_ = (await east.create(parties=either)).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert east.signed + west.signed == 1

    play(tmp_path, scene)
