"""A load generator in a process of its own: envelopes between two companies, at a network alone.

What a gateway would say is said here by hand: sent, opened, signed, acknowledged; the network says
that all have signed. Only digests pass, so that what is measured are events.
"""

import asyncio
import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from bench.measuring import answer, wait_until
from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.envelopes.chain import Entry, parse_link, terms_digest
from cloud_bridge.envelopes.statements import (
    Acknowledged,
    Act,
    Opened,
    Revision,
    Sent,
    Signed,
    SignedStatement,
    Statement,
)
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import EncryptionKey, SigningKey, sign_statement
from cloud_bridge.model import Card, DocumentTerms, Party, Terms
from cloud_bridge.wire import NewEnvelope
from gateway.clock import SystemClock
from tests.seals_of_companies import authority, certify, sign_card

_ROUND = 2
_PAPER_BYTES = 20_000
_CONTAINER_BYTES = 1_600
_NO_LIMIT = 1e6


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that speaks."""

    organisation: str
    name: str
    key: str


class EventTask(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator is told; the members take part in pairs, in order.

    Attributes:
        serial: of the cards; a later run has a higher one.
        at_once: envelopes under way at one time.
        warm_up: seconds that do not count.
        seconds: that count.
    """

    url: str
    network_key: str
    ca: str
    folders: tuple[str, ...]
    members: tuple[Member, ...]
    serial: int
    at_once: int
    warm_up: float
    seconds: float


class EventLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        events: entries that the network gave within the seconds that count.
        envelopes: completed within them.
        cores: what the generator took, a share of one.
    """

    events: int
    envelopes: int
    cores: float


class _Ledger:
    async def leaving(self, *, kind: str, envelope: str, digest: bytes, size: int) -> None:
        """Nobody asks afterwards."""


@dataclass(slots=True)
class _Speaker:
    member: Member
    key: SigningKey
    network: CloudNetwork
    serial: int


@dataclass(slots=True)
class _Chain:
    """One envelope, as both of its companies drive it."""

    terms: Terms
    count: Callable[[int], None]
    sequence: int = 0
    head: str = ""

    async def walk(self, buyer: _Speaker, seller: _Speaker) -> None:
        """From its first to its last entry."""
        encoded = msgspec.json.encode(self.terms)
        digest = terms_digest(encoded)
        sent = self._signed(buyer, "", Sent(terms=digest), digest)
        self._took(await buyer.network.send(NewEnvelope(terms=encoded, sent=sent)))
        base = self.terms.documents[0].digest
        size = self.terms.documents[0].size
        for speaker, party in ((buyer, "buyer"), (seller, "seller")):
            await self._say(speaker, party, Opened(), digest)
            revision = Revision(
                document="合同.pdf",
                base=base,
                digest=secrets.token_hex(32),
                size=size + _PAPER_BYTES,
                container=secrets.token_bytes(_CONTAINER_BYTES),
                field=f"Signature-{party}",
            )
            await self._say(speaker, party, Signed(revisions=(revision,)), digest)
            base, size = revision.digest, revision.size
        # What the network says of itself (`completed`) is the next entry; its hash is asked for.
        record = await buyer.network.envelope(self.terms.envelope)
        for entry in record.entries[self.sequence :]:
            self._took(entry)
        held = self.sequence, self.head
        for speaker, party in ((buyer, "buyer"), (seller, "seller")):
            acknowledged = Acknowledged(sequence=held[0], head=held[1])
            await self._say(speaker, party, acknowledged, digest)

    async def _say(self, speaker: _Speaker, party: str, act: Act, digest: str) -> None:
        self._took(await speaker.network.state(self._signed(speaker, party, act, digest)))

    def _signed(self, speaker: _Speaker, party: str, act: Act, digest: str) -> SignedStatement:
        statement = Statement(
            id=secrets.token_hex(12),
            envelope=self.terms.envelope,
            terms=digest,
            author=speaker.member.organisation,
            act=act,
            at=SystemClock().now(),
            party=party if isinstance(act, Opened | Signed) else "",
            seen=self.sequence,
            head=self.head,
        )
        return sign_statement(statement, speaker.key, card=speaker.serial)

    def _took(self, entry: Entry) -> None:
        self.sequence, self.head = parse_link(entry).sequence, entry.hash
        self.count(1)


def terms_between(buyer: Member, seller: Member) -> Terms:
    """A contract of one document, of which only digests pass."""
    paper = secrets.token_bytes(16)
    return Terms(
        envelope=str(uuid.uuid4()),
        title="采购合同",
        initiator=buyer.organisation,
        mode="digest",
        parties=(
            Party(
                id="buyer", kind="organisation", account=buyer.organisation, name=buyer.name, turn=1
            ),
            Party(
                id="seller",
                kind="organisation",
                account=seller.organisation,
                name=seller.name,
                turn=2,
            ),
        ),
        documents=(
            DocumentTerms(
                name="合同.pdf",
                digest=hashlib.sha256(paper).hexdigest(),
                size=_PAPER_BYTES,
                type="purchase-contract",
            ),
        ),
        expires_at=SystemClock().now().replace(microsecond=0) + timedelta(days=30),
    )


def _prepare(task: EventTask) -> Callable[[float], EventLoad]:
    return lambda begin: asyncio.run(_load(task, begin))


async def _load(task: EventTask, begin: float) -> EventLoad:
    speakers = [
        _speaker(task, each, folder)
        for each, folder in zip(task.members, task.folders, strict=True)
    ]
    for each in speakers:
        await each.network.__aenter__()
    await _publish(speakers)
    wait_until(begin)
    starts = time.monotonic() + task.warm_up
    ends = starts + task.seconds
    events, envelopes, cpu = 0, 0, 0.0

    def count(number: int) -> None:
        nonlocal events
        if starts <= time.monotonic() < ends:
            events += number

    async def lane(number: int) -> None:
        nonlocal envelopes
        pair = number % (len(speakers) // _ROUND)
        buyer, seller = speakers[_ROUND * pair], speakers[_ROUND * pair + 1]
        while time.monotonic() < ends:
            await _Chain(terms_between(buyer.member, seller.member), count).walk(buyer, seller)
            envelopes += starts <= time.monotonic() < ends

    async def clock() -> None:
        nonlocal cpu
        await asyncio.sleep(max(0.0, starts - time.monotonic()))
        cpu = time.process_time()

    await asyncio.gather(clock(), *(lane(number) for number in range(task.at_once)))
    cores = (time.process_time() - cpu) / (time.monotonic() - starts)
    for each in speakers:
        await each.network.__aexit__(None, None, None)
    return EventLoad(events=events, envelopes=envelopes, cores=round(cores, 3))


def _speaker(task: EventTask, member: Member, folder: str) -> _Speaker:
    key = SigningKey.from_pem(member.key.encode())
    way = Way(
        url=task.url,
        network_key=task.network_key,
        ca=Path(task.ca),
        certificate=Path(folder) / "client.pem",
        key=Path(folder) / "client-key.pem",
    )
    network = open_client(
        member.organisation,
        way,
        key=key,
        requests_per_second=_NO_LIMIT,
        ledger=_Ledger(),
        time=SystemClock(),
    )
    return _Speaker(member, key, network, task.serial)


async def _publish(speakers: list[_Speaker]) -> None:
    root = authority()
    now = SystemClock().now().replace(microsecond=0)
    for each in speakers:
        card = Card(
            organisation=each.member.organisation,
            name=each.member.name,
            signing_key=each.key.public,
            encryption_key=EncryptionKey.generate().public,
            serial=each.serial,
            issued_at=now - timedelta(minutes=1),
            expires_at=now + timedelta(days=1),
        )
        seal = certify(each.member.name, by=root, organisation=each.member.name)
        await each.network.publish(sign_card(card, seal))


if __name__ == "__main__":
    answer(EventTask, _prepare)
