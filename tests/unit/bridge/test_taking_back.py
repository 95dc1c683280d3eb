"""What never left is withdrawn here; what only seems not to have left, at the network."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.errors import NetworkAwayError, NetworkRefusedError
from cloud_bridge.wire import NewEnvelope
from gateway.audit.record import read_leaf
from gateway.envelopes.carriage.bridge_errors import BridgeAwayProblem
from gateway.envelopes.errors import EnvelopeNotNowProblem
from gateway.store.schema import audit_leaf
from tests.envelope_house import CALLER, EAST, Room, Town, parties, play, settle
from tests.memory_network import Side


async def noted(room: Room) -> list[tuple[str, str]]:
    """What the audit log says of envelopes, with the act or the end."""
    rows = await room.company.ground.lane.write(
        lambda unit: unit.connection.execute(
            select(audit_leaf.c.leaf).order_by(audit_leaf.c.index)
        ).all()
    )
    leaves: list[dict[str, Any]] = [read_leaf(row.leaf) for row in rows]
    return [
        (each["what"], each.get("act") or each.get("status") or "")
        for each in leaves
        if each["kind"] == "envelope"
    ]


async def unsent(town: Town, east: Room) -> str:
    """An envelope whose document has no room at the network."""
    town.network.is_full = True
    id_ = (await east.create()).envelope.id
    await east.work()
    assert [type_ for type_, _ in (await east.show(id_)).trouble] == ["refused-content-quota"]
    return id_


def test_what_has_no_room_at_the_network_is_withdrawn_without_it(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await unsent(town, east)

        told = await east.service.withdraw(CALLER, id_, reason="写错了价格")

        assert (told.status, told.next_step, told.trouble) == ("withdrawn", "nothing", ())
        assert told.next_hint == "It was withdrawn before it was sent: 写错了价格"
        town.network.is_full = False
        await settle(east, west)
        await east.company.bridge.reconcile()
        await settle(east, west)
        assert town.network.envelopes == {}
        assert await east.company.ground.owed.of_envelope(EAST, id_) == ()
        assert (await east.show(id_)).status == "withdrawn"
        assert east.events.types == ["envelope.withdrawn"]
        assert east.events.events[0].data["troubles"] == []
        assert await noted(east) == [
            ("sent", ""),
            ("asked", "withdrawn"),
            ("ended", "withdrawn"),
        ]
        again = await east.service.withdraw(CALLER, id_, reason="again")
        assert again.next_hint == told.next_hint

    play(tmp_path, scene)


def test_two_who_withdraw_it_at_once_withdraw_it_once(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await unsent(town, east)
        both = (east.service.withdraw(CALLER, id_, reason=why) for why in ("one", "two"))
        assert {told.status for told in await asyncio.gather(*both)} == {"withdrawn"}
        assert east.events.types == ["envelope.withdrawn"]

    play(tmp_path, scene)


def test_nothing_is_withdrawn_while_the_network_does_not_say_whether_it_has_it(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await unsent(town, east)
        town.network.is_away = True
        with pytest.raises(BridgeAwayProblem):
            await east.service.withdraw(CALLER, id_, reason="mistake")
        assert (await east.show(id_)).status == "sending"

    play(tmp_path, scene)


def test_what_had_left_and_whose_answer_was_lost_is_withdrawn_at_the_network(
    tmp_path: Path,
) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        send = Side.send

        async def and_hang_up(side: Side, envelope: NewEnvelope) -> Entry:
            await send(side, envelope)
            raise NetworkAwayError("the answer was lost")

        with patch.object(Side, "send", and_hang_up):
            await east.work()
        assert (await east.show(id_)).sequence == 0

        await east.service.withdraw(CALLER, id_, reason="mistake")

        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.reason) == ("withdrawn", "mistake")

    play(tmp_path, scene)


def test_nothing_goes_out_while_it_is_taken_back(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await unsent(town, east)
        town.network.is_full = False
        ask, asked, goes_on = Side.envelope, asyncio.Event(), asyncio.Event()

        async def slowly(side: Side, envelope: str) -> object:
            try:
                return await ask(side, envelope)
            finally:
                asked.set()
                await goes_on.wait()

        with patch.object(Side, "envelope", slowly):
            withdrawing = asyncio.create_task(east.service.withdraw(CALLER, id_, reason="mistake"))
            await asked.wait()  # it is not there
            sending = asyncio.create_task(east.company.bridge.outbox.send(id_))
            await east.company.ground.envelopes.by_id(EAST, id_)
            goes_on.set()
            assert (await withdrawing).status == "withdrawn"
            assert await sending
        await settle(east, west)
        assert town.network.envelopes == {}

    play(tmp_path, scene)


MEANWHILE = pytest.mark.parametrize(
    "before", [[], ["envelope.held"]], ids=["it was away", "it refused the same once more"]
)


async def late(
    town: Town,
    east: Room,
    *,
    before: list[str],
    **changes: Any,  # noqa: ANN401 - of an envelope
) -> str:
    """An envelope that came to the network after it was taken back, and what was told before."""
    id_ = (await east.create(**changes)).envelope.id
    under_way: list[NewEnvelope] = []

    async def never(_side: Side, envelope: NewEnvelope) -> Entry:
        under_way.append(envelope)
        raise NetworkAwayError("on the way for long")

    with patch.object(Side, "send", never):
        await east.work()
    if before:
        not_this = NetworkRefusedError("not this", type="not-allowed")
        with patch.object(Side, "send", side_effect=not_this):
            assert await east.company.bridge.outbox.send(id_)
        assert (await east.show(id_)).status == "held"
    await east.service.withdraw(CALLER, id_, reason="mistake")
    assert east.events.types == [*before, "envelope.withdrawn"]
    await town.network.of(EAST).send(under_way[0])
    return id_


@MEANWHILE
def test_what_comes_to_the_network_after_it_was_taken_back_is_withdrawn_there_and_told_once(
    tmp_path: Path,
    before: list[str],
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await late(town, east, before=before)

        await settle(east, west)

        for room in (east, west):
            assert (await room.show(id_)).status == "withdrawn"
            assert room.signed == 0
        assert east.events.types == [*before, "envelope.withdrawn"]
        assert west.events.types == ["envelope.withdrawn"]
        assert town.network.envelopes[id_].state.status == "withdrawn"
        # The log has both: that it was taken back here, and what the network's record came to.
        assert [each for each in await noted(east) if each[0] == "ended"] == [
            ("ended", "withdrawn"),
            ("ended", "withdrawn"),
        ]

    play(tmp_path, scene)


@MEANWHILE
def test_that_others_declined_what_was_taken_back_is_no_second_end(
    tmp_path: Path,
    before: list[str],
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        declined = {"title": "拒收的合同", "parties": parties(turns=(2, 1))}
        id_ = await late(town, east, before=before, **declined)
        await settle(west)  # before we say that it is withdrawn

        await settle(east, west)

        assert (await east.show(id_)).status == "declined"
        assert west.events.types == ["envelope.declined"]
        assert east.events.types == [*before, "envelope.withdrawn"]

    play(tmp_path, scene)


@MEANWHILE
def test_that_all_had_signed_what_was_taken_back_is_told(
    tmp_path: Path,
    before: list[str],
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await late(town, east, before=before, parties=parties()[1:])
        await settle(west)

        await settle(east, west)

        assert (await east.show(id_)).status == "completed"
        ends = ["envelope.withdrawn", "envelope.completed"]
        assert east.events.types == [*before, *ends]

    play(tmp_path, scene)


def test_what_was_taken_back_is_neither_reminded_of_nor_declined(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await unsent(town, east)
        await east.service.withdraw(CALLER, id_, reason="mistake")
        with pytest.raises(EnvelopeNotNowProblem):
            await east.service.remind(CALLER, id_, "seller")
        with pytest.raises(EnvelopeNotNowProblem):
            await east.service.decline(CALLER, id_, reason="mistake")

    play(tmp_path, scene)
