"""What a partner did wrong holds the envelope and is named; what is right is believed."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.envelopes.ground import Inbound
from policies.model import OnPage
from tests.cheating_partners import (
    Cheat,
    altered,
    another_company,
    cheats,
    expired,
    state_revision,
    untrusted,
    with_a_page,
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
from tests.envelope_logs import told_in_the_log
from tests.partners import partners_root

CHEATS: dict[str, tuple[Cheat, str]] = {
    "another company": (another_company, "revision-other-company"),
    "expired": (expired, "revision-expired"),
    "untrusted": (untrusted, "revision-untrusted"),
    "altered": (altered, "revision-altered"),
    "a page more": (with_a_page, "revision-page"),
}


@pytest.mark.parametrize(("cheat", "type_"), CHEATS.values(), ids=CHEATS.keys())
def test_what_a_partner_did_wrong_holds_the_envelope_and_is_named(
    tmp_path: Path, cheat: Cheat, type_: str
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        # East is to countersign after the partner, and has signed nothing yet.
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        await east.company.listen()
        await east.work()
        await west.company.listen()
        document, field = await asyncio.to_thread(cheat, town, PAPER)
        await state_revision(town, west, id_, PAPER, document, field=field)
        await settle(east)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert [each for each, _ in told.trouble] == [type_], told.trouble
        assert east.signed == 0
        assert east.events.types == ["envelope.held"]
        assert east.events.events[0].data["troubles"] == [type_]
        assert type_ in await told_in_the_log(east)

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_what_was_held_for_want_of_a_root_goes_on_once_it_is_trusted(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await held_at_east(town, east, west)
        await east.company.bridge.reconcile()
        await settle(east)
        assert (await east.show(id_)).status == "held"
        assert (await told_in_the_log(east)).count("revision-untrusted") == 1
        assert east.events.types == ["envelope.held"]
        town.trust = (*town.roots, partners_root("自封的根").der)
        await east.company.bridge.reconcile()
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.trouble, east.signed) == ("completed", (), 1)
        assert "released" in await told_in_the_log(east)

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_what_was_held_for_want_of_a_root_goes_on_soon_after_the_roots_changed(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await held_at_east(town, east, west)
        trusted = east.company.ground.roots()
        assert isinstance(trusted, list)
        town.clock.move(timedelta(minutes=1))
        await settle(east)
        assert (await east.show(id_)).status == "held"
        compared = east.company.bridge.last
        root = partners_root("自封的根").der
        town.trust = (*town.roots, root)
        trusted.append(root)
        town.clock.move(timedelta(minutes=1))
        await settle(east, west)  # nothing else asks for a comparison
        assert east.company.bridge.last is not compared
        told = await east.show(id_)
        assert (told.status, told.trouble, east.signed) == ("completed", (), 1)

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


def test_a_held_envelope_that_is_withdrawn_is_withdrawn_and_tells_what_held_it(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await held_at_east(town, east, west)
        await east.service.withdraw(CALLER, id_, reason="wrong seal")
        await settle(east, west)
        await east.company.bridge.reconcile()
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("withdrawn", "nothing")
        assert [each for each, _ in told.trouble] == ["revision-untrusted"]
        assert (await west.show(id_)).status == "withdrawn"
        assert east.events.types == ["envelope.held", "envelope.withdrawn"]
        told_of = [each.data["troubles"] for each in east.events.events]
        assert told_of == [["revision-untrusted"]] * 2

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})


async def held_at_east(town: Town, east: Room, west: Room) -> str:
    """East is to countersign what the partner signs with a certificate of nobody's."""
    id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
    await east.company.listen()
    await east.work()
    await west.company.listen()
    document, field = await asyncio.to_thread(untrusted, town, PAPER)
    await state_revision(town, west, id_, PAPER, document, field=field)
    await settle(east)
    assert (await east.show(id_)).status == "held"
    return id_


def test_a_partner_that_signs_with_other_software_is_believed(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.company.listen()
        await east.work()
        await west.company.listen()
        theirs = cheats(town)
        base = await east.final(id_)
        document = theirs.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now())
        await state_revision(town, west, id_, base, document)
        await settle(east)
        assert (await east.show(id_)).status == "completed"
        assert await east.final(id_) == document

    play(tmp_path, scene, inbound={"another-type": Inbound("contract", "company-east")})
