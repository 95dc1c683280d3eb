"""Persons sign by the network: whom we believe that of, and what they gave along."""

from pathlib import Path

import msgspec
import pytest

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Attachment,
    Claimed,
    Place,
    Revision,
    Signed,
    Statement,
)
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Party
from gateway.envelopes.course.sealed_update import container_in
from gateway.envelopes.errors import (
    EnvelopeDocumentUnknownProblem,
)
from policies.model import OnPage
from tests.cheating_partners import cheats
from tests.envelope_house import (
    CALLER,
    NAME,
    Room,
    Town,
    parties,
    play,
    settle,
    sha256,
)
from tests.partners import partner, partners_root


def test_a_person_is_believed_by_the_persons_root_alone(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        town.network.admit("person-1", "张三")
        person = Party(id="driver", kind="person", account="person-1", name="张三", turn=2)
        for key, root, status in (("a", "个人根", "completed"), ("b", "伙伴根 CA", "held")):
            cheats(town)
            id_ = (
                await east.create(key=key, mode="open", parties=(parties()[0], person))
            ).envelope.id
            await settle(east)
            base = await east.final(id_)
            signer = partner("某网络", common="张三", root=root)
            document = signer.sealed(
                base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()
            )
            kept = town.network.envelopes[id_]
            revision = Revision(
                document=NAME,
                base=sha256(base),
                digest=sha256(document),
                size=len(document),
                container=container_in(document[len(base) :]),
                field="Seal-P1",
            )
            town.network.contents[id_, revision.digest] = plain(document, envelope=id_)
            said = Statement(
                id="network:person",
                envelope=id_,
                terms=kept.state.terms_digest,
                author=NETWORK,
                party="driver",
                act=Signed(revisions=(revision,), method="code"),
                at=town.clock.now(),
                seen=kept.state.sequence,
                head=kept.state.head,
            )
            town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))
            east.persons = (partners_root("个人根").der,)
            await settle(east)
            assert (await east.show(id_)).status == status
        assert [each for each, _ in (await east.show(id_)).trouble] == ["revision-person-untrusted"]

    play(tmp_path, scene)


PHOTO = b"\xff\xd8\xff a box with a hole"


async def received_with(town: Town, east: Room, photo: Attachment) -> str:
    """An envelope that a driver has signed, who gave a photograph along."""
    driver = Party(id="driver", kind="bearer", name="张三", turn=2)
    id_ = (await east.create(mode="open", parties=(parties()[0], driver))).envelope.id
    await settle(east)
    kept = town.network.envelopes[id_]
    base = await east.final(id_)
    signer = partner("某网络", common="张三", root="个人根")
    document = signer.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now())
    revision = Revision(
        document=NAME,
        base=sha256(base),
        digest=sha256(document),
        size=len(document),
        container=container_in(document[len(base) :]),
        field="Seal-P1",
    )
    for content in (document, PHOTO):
        town.network.contents[id_, sha256(content)] = plain(content, envelope=id_)
    acts = (
        Claimed(name="张三", contact="138****8000", method="contact-tail"),
        Signed(
            revisions=(revision,),
            method="contact-tail",
            attachments=(photo,),
            place=Place(latitude=31.2304, longitude=121.4737, accuracy_m=20),
            remark="外箱一处破损",
            acted_at=town.clock.now(),
        ),
    )
    for number, act in enumerate(acts):
        said = Statement(
            id=f"network:driver-{number}",
            envelope=id_,
            terms=kept.state.terms_digest,
            author=NETWORK,
            party="driver",
            act=act,
            at=town.clock.now(),
            seen=kept.state.sequence,
            head=kept.state.head,
        )
        town.network.say_itself(kept, sign_statement(said, town.network.key, card=0))
    east.persons = (partners_root("个人根").der,)
    await settle(east)
    return id_


def photo_of(content: bytes = PHOTO, **changes: int) -> Attachment:
    told = Attachment(
        name="photo-1.jpg", digest=sha256(content), size=len(content), media_type="image/jpeg"
    )
    return msgspec.structs.replace(told, **changes)


def test_what_a_driver_gave_along_is_kept_here_and_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await received_with(town, east, photo_of())
        told = await east.show(id_)
        assert told.status == "completed"
        (evidence,) = told.evidence
        assert (evidence.party, evidence.remark) == ("driver", "外箱一处破损")
        assert evidence.place is not None
        assert evidence.place.latitude == 31.2304
        assert evidence.attachments == (photo_of(),)
        # The network may be gone for good.
        town.network.is_away = True
        for name in ("photo-1.jpg", sha256(PHOTO)):
            assert await east.service.document(CALLER, id_, name) == PHOTO
        with pytest.raises(EnvelopeDocumentUnknownProblem, match="no attachment"):
            await east.service.document(CALLER, id_, "photo-2.jpg")

    play(tmp_path, scene)


def test_a_photograph_that_is_not_what_was_told_is_a_lie(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        id_ = await received_with(town, east, photo_of(size=len(PHOTO) + 1))
        told = await east.show(id_)
        assert (told.status, told.trouble[0][0]) == ("held", "content")

    play(tmp_path, scene)
