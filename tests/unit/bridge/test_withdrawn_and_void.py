"""How a contract ends without being signed, or is void afterwards."""

from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import (
    NETWORK,
    Statement,
    Voided,
)
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Party
from gateway.envelopes.errors import (
    EnvelopeFileOtherProblem,
    EnvelopeNotNowProblem,
    PartyWithoutLinkProblem,
)
from tests.envelope_house import (
    CALLER,
    PAPER,
    Room,
    Town,
    parties,
    play,
    settle,
)
from tests.envelope_logs import leaves


def test_an_envelope_is_withdrawn_while_not_everybody_has_signed(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        with pytest.raises(EnvelopeNotNowProblem):
            await west.service.withdraw(CALLER, id_, reason="mistake")
        await east.service.remind(CALLER, id_, "seller")
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "withdrawn"
            assert room.events.types == ["envelope.withdrawn"]
            assert (await room.show(id_)).reason == "mistake"
            assert "its-turn" not in [each.state for each in (await room.show(id_)).parties]
        again = await east.service.withdraw(CALLER, id_, reason="again")
        assert (again.status, again.reason) == ("withdrawn", "mistake")
        asked = [each for each in await leaves(east) if each.get("what") == "asked"]
        assert [(each["act"], each["system"]) for each in asked] == [
            ("reminded", CALLER.system),
            ("withdrawn", CALLER.system),
        ]
        assert not [each for each in await leaves(west) if each.get("what") == "asked"]

    play(tmp_path, scene)


def test_a_link_is_for_persons_and_bearers_of_an_envelope_that_goes_on(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.admit("person-1", "张三")
        person = Party(id="driver", kind="person", account="person-1", name="张三", turn=3)
        id_ = (await east.create(mode="open", parties=(*parties(turns=(2, 1)), person))).envelope.id
        await east.company.listen()
        await east.work()
        for party in ("seller", "nobody"):
            with pytest.raises(PartyWithoutLinkProblem, match="persons and bearers: driver"):
                await east.service.link(CALLER, id_, party)
        assert (await east.service.link(CALLER, id_, "driver")).url
        await east.service.withdraw(CALLER, id_, reason="mistake")
        await settle(east, west)
        with pytest.raises(EnvelopeNotNowProblem, match="it is withdrawn"):
            await east.service.link(CALLER, id_, "driver")
        with pytest.raises(EnvelopeFileOtherProblem, match=r"it has 合同\.pdf"):
            await east.service.attach(CALLER, id_, "other.pdf", PAPER)

    play(tmp_path, scene)


def say_void(town: Town, envelope: str, *, by: str) -> None:
    """The network says that a contract is void."""
    kept = town.network.envelopes[envelope]
    said = Statement(
        id="network:voided",
        envelope=envelope,
        terms=kept.state.terms_digest,
        author=NETWORK,
        act=Voided(by=by),
        at=town.clock.now(),
        seen=kept.state.sequence,
        head=kept.state.head,
    )
    town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))


@pytest.mark.parametrize("agreement", ["none", "another contract"])
def test_a_contract_is_not_void_because_the_network_says_so(tmp_path: Path, agreement: str) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        by = "99999999-2222-4333-8444-555555555555"
        if agreement != "none":
            by = (await east.create(key="other")).envelope.id
        await settle(east, west)
        say_void(town, id_, by=by)
        await settle(east, west)
        for room in (east, west):
            told = await room.show(id_)
            assert told.status == "held"
            assert [type_ for type_, _ in told.trouble] == ["not-allowed"]
            assert "envelope.voided" not in room.events.types

    play(tmp_path, scene)


def test_a_cancellation_that_all_have_signed_voids_the_contract_and_both_are_told(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        agreement = (await east.create(key="v", title="解约协议", voids=id_)).envelope.id
        await settle(east, west)
        assert (await west.show(agreement)).status == "completed"
        say_void(town, id_, by=agreement)
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "voided"
            assert room.events.types.count("envelope.voided") == 1
            assert room.events.types.count("envelope.completed") == 2

    play(tmp_path, scene)
