"""An envelope is told to be completed once its last revision was found sound here, not before."""

import asyncio
from pathlib import Path

from gateway.envelopes.ground import Inbound
from policies.model import OnPage
from tests.cheating_partners import cheats, state_revision, untrusted
from tests.envelope_house import CALLER, NAME, Room, Town, play, settle
from tests.partners import partners_root

INBOUND = {"another-type": Inbound("contract", "company-east")}


async def signed_by_us(east: Room, west: Room) -> str:
    """We have signed, and the partner has it."""
    id_ = (await east.create()).envelope.id
    await east.company.listen()
    await east.work()
    await west.company.listen()
    return id_


def test_what_is_held_for_its_last_revision_was_never_told_to_be_completed(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await signed_by_us(east, west)
        base = await east.final(id_)
        document, field = await asyncio.to_thread(untrusted, town, base)
        await state_revision(town, west, id_, base, document, field=field)
        await east.company.listen()
        state = await east.company.bridge.state(id_)
        assert state is not None
        assert state.status == "completed"  # says the network
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("signing", "wait-for-network")
        assert "verified here" in told.next_hint
        page = await east.service.listing(CALLER, status="completed", after=None, most=10)
        assert page.envelopes == ()
        assert east.events.types == []
        # That it is held is no entry of the record: who watches is told all the same.
        watching = asyncio.create_task(
            east.service.watch(CALLER, id_, beyond=told.sequence, seconds=3600)
        )
        await asyncio.sleep(0)
        await settle(east)
        told = await asyncio.wait_for(watching, timeout=30)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert east.events.types == ["envelope.held"]
        town.trust = (*town.roots, partners_root("自封的根").der)
        await east.company.bridge.reconcile()
        await settle(east)
        told = await east.show(id_)
        assert (told.status, told.next_step, told.trouble) == ("completed", "nothing", ())
        assert east.events.types == ["envelope.held", "envelope.completed"]
        assert await east.final(id_) == document

    play(tmp_path, scene, inbound=INBOUND)


def test_what_is_sound_is_completed_when_it_is_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = await signed_by_us(east, west)
        base = await east.final(id_)
        theirs = cheats(town)
        document = theirs.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now())
        await state_revision(town, west, id_, base, document)
        await east.company.listen()
        assert (await east.show(id_)).status == "signing"
        await settle(east)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("completed", "nothing")
        assert east.events.types == ["envelope.completed"]
        assert await east.final(id_) == document

    play(tmp_path, scene, inbound=INBOUND)


def test_of_digests_it_is_completed_and_says_that_the_file_is_lacking(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        await west.service.attach(CALLER, id_, NAME, await east.final(id_))
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("completed", "wait-for-content")
        assert told.next_hint.startswith(f"Attach {NAME}")
        assert east.events.types == []
        told = await east.service.attach(CALLER, id_, NAME, await west.final(id_))
        assert (told.status, told.next_step) == ("completed", "wait-for-network")
        await settle(east, west)
        told = await east.show(id_)
        assert (told.status, told.next_step) == ("completed", "nothing")
        assert east.events.types == ["envelope.completed"]

    play(tmp_path, scene)
