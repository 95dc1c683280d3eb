"""Two bridges over a real network: an outage of a working day, and what left the house."""

import base64
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud_bridge.encryption import opened
from cloud_bridge.envelopes.statements import Acknowledged
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import SigningKey
from cloud_bridge.model import Organisation, Verification
from cloud_bridge.network.model import Account
from cloud_bridge.networks.model import Way
from cloud_bridge.networks.open import open_network
from gateway.envelopes.egress import Ledger
from gateway.envelopes.outbox import owe
from gateway.store.lane import WriterLane
from gateway.store.networks import NetworkReader
from tests.bridge_house import Authority, Company, company, contract, signing_key_in
from tests.envelope_parties import sha256
from tests.network_house import NetworkHouse, network_house
from tests.servers.proxy import FaultProxy
from tests.servers.recording import RecordingProxy
from tests.signing_house import FakeClock

_HOURS = 8
_WAITING = 40
"""Envelopes; the bench has thousands."""

CANARIES = ("CANARY-DOCUMENT-7f3a", "金丝雀合同正文", "receipt-east", "company-east", "tms")
"""What stands in documents; labels of keys, names of seals and systems."""


@dataclass
class Place:
    """A network, and the ways to it."""

    house: NetworkHouse
    clock: FakeClock
    trusted: Authority
    directory: Path
    stack: contextlib.AsyncExitStack

    async def company(self, organisation: str, *, port: int) -> Company:
        """A company whose gateway reaches the network at a port."""
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
            return open_network(
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
        buyer = await place.company("org-buyer", port=proxy.port)
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


async def ledger_of(at: Company) -> Counter[tuple[str, int]]:
    reader: NetworkReader = at.ground.networks
    rows = await reader.left(after=0, most=1000)
    assert {row.organisation for _, row in rows} == {at.id}
    kinds = {row.kind for _, row in rows}
    assert {"NewEnvelope", "Content", "SignedStatement", "SignedCard", "feed", "heads"} <= kinds
    return Counter((row.digest.hex(), row.size) for _, row in rows)
