"""Two bridges over a real network: an outage of a working day, and what left the house."""

import base64
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pyhanko.pdf_utils.reader import PdfFileReader

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.encryption import opened
from cloud_bridge.envelopes.statements import Acknowledged
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Box, Organisation, PartyField, Verification
from cloud_bridge.network.accounts.model import Account
from gateway.cli.trial.certificates import TrialCA
from gateway.envelopes.carriage.egress import Ledger
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.ground import Inbound
from gateway.store.lane import WriterLane
from gateway.store.networks import NetworkReader
from tests.bridge_house import Authority, Company, company, contract, signing_key_in
from tests.envelope_house import CALLER, EAST, PAPER, POLICY, WEST, Town, parties, settle
from tests.envelope_parties import sha256
from tests.memory_network import MemoryNetwork
from tests.network_house import NetworkHouse, network_house
from tests.servers.proxy import FaultProxy
from tests.servers.recording import RecordingProxy
from tests.signing_house import FakeClock, SoftSigner

_HOURS = 8
_WAITING = 40
"""Envelopes; the bench has thousands."""

SYSTEM = "canary-tms-40d1"
CANARIES = ("CANARY-DOCUMENT-7f3a", "金丝雀合同正文", "receipt-east", "company-east", SYSTEM)
"""What stands in documents; labels of keys, names of seals and systems.

Each with something that is not of Base64, in which three letters soon stand by chance.
"""

_OF_PICTURES = (
    "CANARY-TITLE-51c0",
    "金丝雀印模说明",
    "CANARY-COMMENT-88aa",
    "CANARY-ID-1d2e",
    "CANARY-PNG-TEXT-94b7",
    "金丝雀印模标题",
)
"""What stands in the pictures of seals."""


@dataclass
class Place:
    """A network, and the ways to it."""

    house: NetworkHouse
    clock: FakeClock
    trusted: Authority
    directory: Path
    stack: contextlib.AsyncExitStack

    async def company(self, organisation: str, *, port: int, **how: Any) -> Company:  # noqa: ANN401
        """A company whose gateway reaches the network at a port; `how`: see `company()`."""
        directory = self.directory / organisation
        key = signing_key_in(directory)
        now = self.house.time.now()
        verification = Verification(
            level="organisation",
            method="register-extract",
            at=now,
            expires_at=now + timedelta(days=365),
        )
        known = Organisation(
            id=organisation, name=f"{organisation} 有限公司", verification=verification
        )
        await self.house.core.accounts.add(
            Account(organisation=known, signing_key=key.public, certificates=frozenset())
        )
        way = Way(url=f"http://127.0.0.1:{port}", network_key=self.house.network_key)

        def connect(lane: WriterLane, signing_key: SigningKey) -> CloudNetwork:
            return open_client(
                organisation,
                way,
                key=signing_key,
                requests_per_second=10_000,
                ledger=Ledger(organisation, way.url, lane=lane, clock=self.clock),
                time=self.clock,
            )

        return await self.stack.enter_async_context(
            company(
                directory,
                organisation,
                connect,
                network_key=self.house.network_key,
                trusted=self.trusted,
                clock=self.clock,
                **how,
            )
        )


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with network_house(tmp_path / "network") as house, contextlib.AsyncExitStack() as stack:
        clock = FakeClock(datetime(2026, 11, 27, 6, 0, tzinfo=UTC))
        yield Place(house, clock, Authority(), tmp_path, stack)


def port_of(house: NetworkHouse) -> int:
    return int(house.url.rpartition(":")[2])


async def test_what_waited_through_an_outage_is_carried_once_and_nothing_is_missing(
    place: Place,
) -> None:
    proxy = FaultProxy(port_of(place.house))
    await proxy.come_back()
    place.stack.push_async_callback(proxy.go_away)
    buyer = await place.company("org-buyer", port=proxy.port)
    seller = await place.company("org-seller", port=port_of(place.house))
    assert await seller.listen() == 0
    assert await buyer.listen() == 0

    await proxy.go_away()
    assert await buyer.listen() > 0
    every = [
        contract(number, buyer=buyer.id, seller=seller.id, clock=place.clock)
        for number in range(_WAITING)
    ]
    for terms in every:
        await buyer.owe_envelope(terms)
    with pytest.raises(NetworkAwayError):
        await buyer.bridge.outbox.send(every[0].envelope)
    place.clock.move(timedelta(hours=_HOURS))
    place.house.time.move(timedelta(hours=_HOURS))
    assert await buyer.listen() > 0
    assert not buyer.bridge.is_here

    await proxy.come_back()
    assert await buyer.listen() == 0
    causes = await buyer.jobs()
    assert len(causes) == _WAITING
    # In the middle of it every connection dies once more.
    proxy.cut_at = proxy.passed + 60_000
    waiting = [cause.split("/")[0] for cause in causes]
    tries = 0
    while waiting:
        tries += 1
        assert tries < 10
        waiting = [envelope for envelope in waiting if not await sent(buyer, envelope)]

    assert await seller.listen() == 0
    while (await seller.bridge.network.feed(await cursor(seller), wait_seconds=0)).items:
        assert await seller.listen() == 0
    found = [await each.bridge.reconcile() for each in (buyer, seller)]
    assert [(each.checked, each.fetched, each.is_clean) for each in found] == [
        (_WAITING, 0, True),
        (_WAITING, 0, True),
    ]
    for terms in every:
        rows = [await each.row(terms.envelope) for each in (buyer, seller)]
        assert [(row.status, row.sequence) for row in rows] == [("signing", 1)] * 2
        assert rows[0].head == rows[1].head
    assert await buyer.ground.owed.count(buyer.id) == (0, None)


async def sent(at: Company, envelope: str) -> bool:
    try:
        return await at.bridge.outbox.send(envelope)
    except NetworkAwayError:
        return False


async def cursor(at: Company) -> str:
    return (await at.ground.networks.standing(at.id)).cursor


async def test_nothing_leaves_the_house_but_what_the_ledger_has_and_no_secret_is_in_it(
    place: Place,
) -> None:
    document = f"%PDF-1.7 {CANARIES[0]} {CANARIES[1]}".encode()
    async with RecordingProxy(port_of(place.house)) as proxy:
        buyer = await place.company("org-buyer", port=proxy.port, system=SYSTEM)
        seller = await place.company("org-seller", port=port_of(place.house))
        assert await seller.listen() == 0
        assert await buyer.listen() == 0
        terms = contract(1, buyer=buyer.id, seller=seller.id, clock=place.clock)
        (paper,) = terms.documents
        paper = replace(paper, digest=sha256(document), size=len(document))
        terms = replace(terms, documents=(paper,))
        await buyer.owe_envelope(terms, document)
        assert await buyer.bridge.outbox.send(terms.envelope)
        state = await buyer.bridge.state(terms.envelope)
        assert state is not None
        act = Acknowledged(sequence=state.sequence, head=state.head)
        said = buyer.bridge.statement(state, act, id="acknowledged")
        await buyer.ground.lane.write(
            lambda unit: owe(unit, buyer.id, terms.envelope, said, at=place.clock.now())
        )
        assert await buyer.bridge.outbox.send(terms.envelope)
        assert (await buyer.bridge.network.person("王芳", "13800004821")).name == "王芳"
        await buyer.bridge.reconcile()
        requests, stream = proxy.requests, proxy.everything
        left = await ledger_of(buyer)

    # The partner can read it: so it did travel.
    content = await seller.bridge.network.content(terms.envelope, sha256(document))
    key = seller.bridge.member.encryption_key
    assert opened(content, organisation=seller.id, key=key) == document
    assert len(requests) > 8
    assert Counter((sha256(each.body), len(each.body)) for each in requests) == left
    keys = [
        *buyer.bridge.member.signing_key.pem.splitlines()[1:-1],
        *buyer.bridge.member.encryption_key.pem.splitlines()[1:-1],
    ]
    for secret in (*(each.encode() for each in CANARIES), *keys):
        for form in (secret, base64.b64encode(secret), secret.hex().encode()):
            assert form not in stream
            assert not [each for each in requests for layer in each.layers if form in layer]


@pytest.mark.parametrize("mode", ["encrypted", "digest"])
async def test_two_companies_seal_and_nothing_of_their_seals_pictures_leaves_either_house(
    place: Place, mode: str
) -> None:
    seals_by = TrialCA(now=place.clock.now())
    town = Town(
        clock=place.clock,
        network=MemoryNetwork(place.clock),
        trusted=place.trusted,
        seals_by=seals_by,
    )
    async with RecordingProxy(port_of(place.house)) as proxy:
        rooms = [
            town.joined(await _sealing_company(town, place, organisation, picture, proxy.port))
            for organisation, picture in ((EAST, _svg()), (WEST, _png()))
        ]
        for room in rooms:
            assert await room.company.listen() == 0
        east, west = rooms
        fields = [
            replace(each, fields=(_field(f"seal-{each.id}", left),))
            for each, left in zip(parties(), (20, 120), strict=True)
        ]
        id_ = (await east.create(mode=mode, parties=tuple(fields))).envelope.id
        await settle(*rooms)
        if mode == "digest":
            await west.service.attach(CALLER, id_, "合同.pdf", await east.final(id_))
            await settle(*rooms)
            await east.service.attach(CALLER, id_, "合同.pdf", await west.final(id_))
            await settle(*rooms)
        assert (await east.show(id_)).status == "completed"
        sealed = await west.final(id_)
        requests, stream = proxy.requests, proxy.everything

    # Both seals were drawn into the document, and that is not what left.
    seals = [each.sig_field for each in PdfFileReader(BytesIO(sealed)).embedded_signatures]
    assert [_width(each) > 50 for each in seals] == [True, True], seals
    kinds = Counter(each.path.rpartition("/")[2] for each in requests)
    assert kinds["statements"] + kinds["parcels"] >= 4
    drawn = sealed[len(PAPER) :].partition(b"/Contents")[0]
    secrets = [
        *(each.encode() for each in (*_OF_PICTURES, "公司公章.svg", "公司公章.png")),
        *(drawn[at : at + 48] for at in range(0, len(drawn) - 48, 480)),
        _png()[1][-200:-100],
    ]
    for secret in secrets:
        for form in (secret, base64.b64encode(secret), secret.hex().encode()):
            assert form not in stream
            assert not [each for each in requests for layer in each.layers if form in layer]


def _field(name: str, left_mm: float) -> PartyField:
    box = Box(page=-1, left_mm=left_mm, top_mm=200, width_mm=45, height_mm=45)
    return PartyField(name=name, document="合同.pdf", kind="signature", box=box)


def _width(field: Any) -> float:  # noqa: ANN401 - a dictionary of the PDF
    """Of the drawing of a signature's field, in points."""
    widget = field["/Kids"][0] if "/Kids" in field else field
    left, _, right, _ = widget["/Rect"]
    return float(right - left) if "/AP" in widget else 0.0


async def _sealing_company(
    town: Town, place: Place, organisation: str, picture: tuple[str, bytes], port: int
) -> Company:
    name, data = picture
    policies = place.directory / organisation / "policies"
    policies.mkdir(parents=True)
    (policies / name).write_bytes(data)
    stamp = f"stamp: {{picture: {{file: {name}, widthMillimetres: 30}}}},"
    return await place.company(
        organisation,
        port=port,
        policy=POLICY.replace(
            "signature: {kind: approval}", f"{stamp} signature: {{kind: approval}}"
        ),
        seals_by=town.seals_by,
        signer=SoftSigner(place.clock),
        inbound={"*": Inbound("contract", "company-east")},
    )


def _svg() -> tuple[str, bytes]:
    """A seal with words in its title, its description, a comment and an id."""
    title, description, comment, id_ = _OF_PICTURES[:4]
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>{title}</title>'
        f"<desc>{description}</desc><!-- {comment} -->"
        f'<rect id="{id_}" width="10" height="10" fill="#ff0000"/></svg>'
    )
    return "公司公章.svg", text.encode()


def _png() -> tuple[str, bytes]:
    """A seal with words in its metadata."""
    words = PngInfo()
    words.add_text("Comment", _OF_PICTURES[4])
    words.add_itxt("Title", _OF_PICTURES[5])
    picture = Image.radial_gradient("L").resize((400, 400)).convert("RGB")
    written = BytesIO()
    picture.save(written, "PNG", pnginfo=words)
    return "公司公章.png", written.getvalue()


async def ledger_of(at: Company) -> Counter[tuple[str, int]]:
    reader: NetworkReader = at.ground.networks
    rows = await reader.left(after=0, most=1000)
    assert {row.organisation for _, row in rows} == {at.id}
    kinds = {row.kind for _, row in rows}
    told = {"Parcel", "SignedStatement", "SignedCard", "NewPerson"}
    assert told | {"feed", "heads"} <= kinds
    return Counter((row.digest.hex(), row.size) for _, row in rows)
