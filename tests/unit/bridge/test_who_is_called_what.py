"""Companies are called as their cards have it, in what we send and in what we sign."""

from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes import transcript
from cloud_bridge.model import Party
from gateway.envelopes.errors import (
    PartyNameProblem,
    PartyUnknownProblem,
    PersonUnknownProblem,
)
from tests.envelope_house import (
    CALLER,
    EAST,
    WEST,
    Room,
    Town,
    parties,
    play,
    settle,
)

FALSE = "中国石油天然气集团有限公司"


def renamed(number: int, name: str) -> tuple[Party, ...]:
    both = parties()
    wrong = msgspec.structs.replace(both[number], name=name)
    return (wrong, both[1]) if number == 0 else (both[0], wrong)


@pytest.mark.parametrize("number", [0, 1], ids=["sender", "partner"])
@pytest.mark.parametrize("name", [FALSE, "", f"{WEST}\u3000有限", f"{EAST} 有限公司 "])
def test_a_company_is_not_sent_by_another_name_than_its_card_has(
    tmp_path: Path, number: int, name: str
) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        if name == "" or (number == 0 and name.startswith(EAST)):
            terms = (await east.create(parties=renamed(number, name))).terms
            assert terms.parties[number].name.strip() == parties()[number].name
            return
        with pytest.raises(PartyNameProblem):
            await east.create(parties=renamed(number, name))
        assert town.network.envelopes == {}

    play(tmp_path, scene)


def test_a_company_that_the_network_does_not_have_is_refused_at_once(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        nobody = msgspec.structs.replace(parties()[1], account="org-none")
        with pytest.raises(PartyUnknownProblem, match="no organisation org-none"):
            await east.create(parties=(parties()[0], nobody))
        town.network.is_away = True
        await east.company.listen()
        made = (await east.create(parties=(parties()[0], nobody))).envelope
        assert made.next_step == "send"
        # Nobody could be asked then; now it is told as it is, and it does not go on waiting.
        town.network.is_away = False
        await settle(east)
        told = await east.show(made.id)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == ["refused-account-unknown"]
        assert "the network has no organisation org-none" in told.next_hint
        assert made.id not in town.network.envelopes

    play(tmp_path, scene)


def test_a_person_that_the_network_does_not_have_is_refused_at_once(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        driver = Party(id="driver", kind="person", account="person-9", name="王芳", turn=2)
        with pytest.raises(PersonUnknownProblem) as refused:
            await east.create(mode="open", parties=(parties()[0], driver))
        assert str(refused.value) == "the network has no person person-9 (party driver, 王芳)"
        listed = await east.service.listing(CALLER, status=None, after=None, most=9)
        assert listed.envelopes == ()
        town.network.admit("person-9", "王芳")
        made = await east.create(mode="open", parties=(parties()[0], driver))
        assert made.unasked == ()

    play(tmp_path, scene)


def test_who_could_not_be_asked_for_is_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        driver = Party(id="driver", kind="person", account="person-9", name="王芳", turn=3)
        town.network.is_away = True
        await east.company.listen()
        made = await east.create(mode="open", parties=(*parties(), driver))
        assert made.unasked == ("seller", "driver")
        town.network.is_away = False
        await settle(east)
        told = await east.show(made.envelope.id)
        assert (told.status, [each for each, _ in told.trouble]) == (
            "held",
            ["refused-account-unknown"],
        )
        assert "person-9" in told.next_hint

    play(tmp_path, scene)


def let_it_use_any_name(room: Room) -> None:
    """Its gateway is in the hand of somebody who cheats."""
    cards = room.company.ground.cards
    honest = cards.names
    cards.names = lambda organisation: (*honest(organisation), FALSE)  # type: ignore[method-assign]


@pytest.mark.parametrize("number", [0, 1], ids=["it calls itself so", "it calls us so"])
def test_nothing_is_sealed_for_a_sender_that_calls_a_company_what_it_is_not(
    tmp_path: Path, number: int
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        let_it_use_any_name(east)
        id_ = (await east.create(mode="open", parties=renamed(number, FALSE))).envelope.id
        await settle(east, west)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == ["party-name"]
        assert FALSE not in told.counterparties
        assert (west.signed, west.judge.judged) == (0, 0)
        # What was entered is kept all the same, and whoever verifies it sees the name.
        found = transcript.verify(
            await west.service.transcript(CALLER, id_),
            roots=[town.trusted.root, *town.roots],
            at=town.clock.now(),
            documents={},
        )
        assert ("party-name" in [each.fault for each in found.findings]) == (number == 0)
        await west.service.decline(CALLER, id_, reason="not-us")
        await settle(west, east)
        assert (await east.show(id_)).status == "declined"

    play(tmp_path, scene)
