"""Where a seal goes, several documents, and contents that travel another way or may be seen."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.model import Box, DocumentTerms, PartyField
from gateway.envelopes.course.sealed_update import container_in
from gateway.envelopes.course.sealing import placement_of
from gateway.envelopes.errors import (
    EnvelopeFileOtherProblem,
)
from gateway.envelopes.model import NewFile
from policies.model import OnPage
from tests.document_fixtures import receipt
from tests.envelope_house import (
    CALLER,
    NAME,
    PAPER,
    Room,
    Town,
    parties,
    play,
    settle,
)

SEAL_FIELD = PartyField(
    name="seal",
    document=NAME,
    kind="signature",
    box=Box(page=-1, left_mm=30, top_mm=40, width_mm=45, height_mm=45),
)


def test_a_seal_goes_where_the_terms_have_its_field() -> None:
    party = msgspec.structs.replace(parties()[0], fields=(SEAL_FIELD,))
    document = DocumentTerms(name=NAME, digest="", size=1, type="contract")
    assert placement_of(party, document) == OnPage(page="last", left_mm=30, top_mm=40)
    assert placement_of(parties()[0], document) is None
    other = msgspec.structs.replace(document, name="附件.pdf")
    assert placement_of(party, other) is None


def test_a_seal_without_a_picture_signs_although_the_terms_have_a_field(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        buyer, seller = parties()
        placed = (buyer, msgspec.structs.replace(seller, fields=(SEAL_FIELD,)))
        id_ = (await east.create(parties=placed)).envelope.id
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"

    play(tmp_path, scene)


def test_several_documents_are_all_sealed_or_none(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        files = [NewFile(NAME, PAPER), NewFile("附件.pdf", receipt("chromium-a4-301"))]
        id_ = (await east.create(files=files)).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (2, 2)
        for name in (NAME, "附件.pdf"):
            assert await east.final(id_, name) == await west.final(id_, name)

    play(tmp_path, scene)


def test_of_digests_alone_each_brings_the_file_that_the_other_has_sent(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create(mode="digest")).envelope.id
        await settle(east, west)
        assert (await west.show(id_)).next_step == "wait-for-content"
        sealed = await east.final(id_)
        with pytest.raises(EnvelopeFileOtherProblem):
            await west.service.attach(CALLER, id_, NAME, PAPER)
        await west.service.attach(CALLER, id_, NAME, sealed)
        await settle(east, west)
        assert (await east.show(id_)).next_step == "wait-for-content"
        await east.service.attach(CALLER, id_, NAME, await west.final(id_))
        await settle(east, west)
        assert (await east.show(id_)).status == "completed"
        assert east.events.types == ["envelope.completed"]
        assert town.network.contents == {}

    play(tmp_path, scene)


def test_an_open_envelope_travels_as_it_is_and_an_encrypted_one_does_not(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        await east.create(mode="open")
        await settle(east, west)
        assert any(PAPER in each.body for each in town.network.contents.values())
        town.network.contents.clear()
        await east.create(key="other")
        await settle(east, west)
        assert not any(PAPER[:200] in each.body for each in town.network.contents.values())
        assert (east.signed, west.signed) == (2, 2)

    play(tmp_path, scene)


def test_a_container_is_found_without_the_zeros_that_fill_its_place() -> None:
    long = b"\x30\x82\x01\x02" + bytes(range(256)) + b"ab"
    for value in (b"\x30\x03abc", long):
        update = b"/Contents <" + (value + bytes(40)).hex().encode() + b">"
        assert container_in(b"/Contents <00>" + update) == value
    with pytest.raises(ValueError, match="no signature container"):
        container_in(b"nothing")
    assert hashlib.sha256(long).hexdigest()
