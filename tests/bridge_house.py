"""Companies' bridges over a real database, with cards of a CA of the test's, on any network."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import Sent, SignedStatement, parse
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.keys import EncryptionKey, SigningKey
from cloud_bridge.model import Card, DocumentTerms, Party, SignedCard, Terms
from cloud_bridge.wire import NewEnvelope
from gateway.cli.trial.certificates import TrialCA
from gateway.envelopes.brought import Brought
from gateway.envelopes.carriage.carrying import Bridge
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.ground import Ground, Inbound, Member
from gateway.envelopes.partners.cards import Cards
from gateway.envelopes.records import Records
from gateway.freezes.book import FreezeBook
from gateway.freezes.outgoing import Outgoing
from gateway.freezes.service import FreezeService
from gateway.jobs.queue import DatabaseQueue
from gateway.returns.model import Event
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.files.content import Content, Location
from gateway.store.rows.envelope_contents import (
    SHELF,
    ContentRow,
    EnvelopeContentReader,
    put_content,
)
from gateway.store.rows.envelope_owed import OwedReader
from gateway.store.rows.envelopes import EnvelopeReader, EnvelopeRow, put_envelope
from gateway.store.rows.networks import NetworkReader
from tests.envelope_parties import PAPER, sha256
from tests.officers import with_officers
from tests.seals_of_companies import authority, certify, sign_card
from tests.signing_house import POLICY, FakeClock, House, SoftSigner, signing_house


class Authority:
    """Whom partners trust to say who a company is."""

    def __init__(self) -> None:
        self._root = authority()

    @property
    def root(self) -> bytes:
        return self._root.der

    def sealed(self, card: Card, *, name: str | None = None) -> SignedCard:
        """The card, signed with a seal of its name (or another)."""
        seal = certify("合同专用章", by=self._root, organisation=name or card.name)
        return sign_card(card, seal)


class ToldEvents:
    """Keeps every event whose transaction committed."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, transaction: Transaction, event: Event) -> None:
        transaction.after_commit(self.events.extend, event)

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.events]


@dataclass
class MadeCard:
    """`CardSource` without a signing cycle: the card is there when the test begins."""

    member: Member
    cards: Cards
    signed: SignedCard

    def current(self) -> Card | None:
        return self.cards.newest(self.member.organisation)

    def why_none(self) -> str:
        return ""

    async def ensure(self) -> Card:
        card = msgspec.json.decode(self.signed.card, type=Card)
        if self.current() is None:
            await self.cards.pin(card, self.signed)
        await self.member.network.publish(self.signed)
        return card


@dataclass
class Company:
    """A company with a gateway of its own, as far as its bridge is concerned."""

    house: House
    ground: Ground
    bridge: Bridge
    card: SignedCard
    clock: FakeClock
    freezes: FreezeService
    events: ToldEvents
    pauses: list[float] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.bridge.member.organisation

    async def listen(self) -> float:
        return await self.bridge.step(wait_seconds=0)

    async def keep(self, envelope: str, name: str, document: bytes) -> None:
        """Have a document of an envelope here."""
        digest = sha256(document)

        def kept(unit: Transaction, location: Location) -> None:
            row = ContentRow(
                organisation=self.id,
                envelope=envelope,
                digest=digest,
                document=name,
                size=len(document),
                segment=location.segment,
                segment_offset=location.offset,
            )
            put_content(unit, row, at=self.clock.now())

        content = Content(f"{envelope}-{digest[:16]}", self.clock.now(), (document,), SHELF)
        await self.ground.lane.write_with(content, kept)

    async def owe_envelope(self, terms: Terms, *documents: bytes) -> None:
        """As an envelope is created: all of it is durable, nothing of it has left."""
        documents = documents or (PAPER,)
        encoded = msgspec.json.encode(terms)
        begun = folding.begin(encoded)
        for named, document in zip(terms.documents, documents, strict=True):
            await self.keep(terms.envelope, named.name, document)
        sent = self.bridge.statement(
            begun, Sent(terms=begun.terms_digest), id=f"{terms.envelope}:sent"
        )
        now = self.clock.now()
        row = EnvelopeRow(
            organisation=self.id,
            id=terms.envelope,
            company=self.bridge.member.company,
            ours=True,
            terms=encoded,
            status="sending",
            system=self.bridge.member.system,
            business_number="PO-1",
            document_type="contract",
            seal="contract",
            created_at=now,
            changed_at=now,
            expires_at=terms.expires_at,
        )

        def write(unit: Transaction) -> None:
            put_envelope(unit, row)
            new = NewEnvelope(terms=encoded, sent=sent)
            owe(unit, self.id, terms.envelope, *map(sha256, documents), new, at=now)

        await self.ground.lane.write(write)

    async def network_say(self, said: SignedStatement) -> Entry:
        """Say it at the network, and take it in here."""
        taken = await self.bridge.network.state(said)
        envelope = parse(said).envelope
        await self.bridge.inbox.believe(envelope, taken.entries)
        return taken.entry

    async def row(self, envelope: str) -> EnvelopeRow:
        found = await self.ground.envelopes.by_id(self.id, envelope)
        assert found is not None
        return found

    async def jobs(self) -> list[str]:
        """The causes for which envelopes are to be looked at, claimed and done with."""
        claimed = await self.ground.queue.claim("envelope", most=100)
        for job in claimed:
            await self.ground.lane.write(
                lambda unit, lease=job.lease: self.ground.queue.finish(unit, lease)
            )
        return [job.key.partition("/")[2] for job in claimed]


@contextlib.asynccontextmanager
async def company(
    directory: Path,
    organisation: str,
    connect: Callable[[WriterLane, SigningKey], CloudNetwork],
    *,
    network_key: str,
    trusted: Authority,
    clock: FakeClock,
    roots: Sequence[bytes] | None = None,
    signer: SoftSigner | None = None,
    policy: str = POLICY,
    seals_by: TrialCA | None = None,
    inbound: Mapping[str, Inbound] | None = None,
    system: str = "tms",
) -> AsyncIterator[Company]:
    """Put a company's bridge up; again in the same directory, it is after a restart."""
    directory.mkdir(exist_ok=True)
    async with (
        signing_house(
            directory,
            clock=clock,
            signer=signer,
            policy=policy,
            authority=seals_by,
            organisation=f"{organisation} 有限公司",
        ) as house,
        contextlib.AsyncExitStack() as stack,
    ):
        readers = SQLiteFile(str(directory / "test.sqlite")).open_reader()
        believed = [trusted.root] if roots is None else roots
        networks = NetworkReader(readers)
        cards = Cards(lane=house.lane, reader=networks, roots=lambda: believed, clock=clock)
        await cards.load()
        freezes = FreezeService(
            book=FreezeBook(),
            lane=house.lane,
            audit=house.audit,
            in_force=lambda: with_officers(house.in_force),
            clock=clock,
        )
        await house.lane.write(lambda unit: freezes.book.load(unit.connection))
        envelopes = EnvelopeReader(readers)
        events = ToldEvents()
        ground = Ground(
            lane=house.lane,
            content=house.content,
            envelopes=envelopes,
            owed=OwedReader(readers),
            contents=EnvelopeContentReader(readers),
            brought=Brought(clock),
            networks=networks,
            queue=DatabaseQueue(lane=house.lane, clock=clock, holder="one"),
            audit=house.audit,
            events=events,
            cards=cards,
            records=Records(envelopes),
            clock=clock,
            roots=lambda: believed,
            freezes=Outgoing(
                book=freezes.book,
                lane=house.lane,
                documents=house.reader,
                in_force=lambda: house.in_force,
            ),
        )
        signing_key = signing_key_in(directory)
        network = await stack.enter_async_context(connect(house.lane, signing_key))
        member = Member(
            company="east",
            organisation=organisation,
            name=f"{organisation} 有限公司",
            system=system,
            card_seal="company-east",
            inbound=inbound or {"purchase-contract": Inbound("contract", "company-east")},
            network=network,
            network_key=network_key,
            signing_key=signing_key,
            encryption_key=_encryption_key(directory / "encryption.pem"),
        )
        card = Card(
            organisation=organisation,
            name=member.name,
            signing_key=member.signing_key.public,
            encryption_key=member.encryption_key.public,
            serial=1,
            issued_at=clock.now() - timedelta(days=1),
            expires_at=clock.now() + timedelta(days=365),
        )
        known = cards.newest(organisation)
        signed = trusted.sealed(card) if known is None else cards.signed(organisation, known.serial)
        assert signed is not None
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        bridge = Bridge(
            member,
            ground,
            MadeCard(member, cards, signed),
            reconcile_seconds=3600,
            pause=pause,
            chance=lambda: 0.0,
        )
        yield Company(house, ground, bridge, signed, clock, freezes, events, pauses)
        for reader in (envelopes, ground.owed, ground.contents, networks):
            reader.close()
        readers.dispose()


def signing_key_in(directory: Path) -> SigningKey:
    """The key of the company whose gateway is in a directory; made there at first."""
    directory.mkdir(exist_ok=True)
    file = directory / "signing.pem"
    if not file.exists():
        file.write_bytes(SigningKey.generate().pem)
    return SigningKey.from_pem(file.read_bytes())


def _encryption_key(file: Path) -> EncryptionKey:
    if not file.exists():
        file.write_bytes(EncryptionKey.generate().pem)
    return EncryptionKey.from_pem(file.read_bytes())


def contract(number: int, *, buyer: str, seller: str, clock: FakeClock, **changes: object) -> Terms:
    """A contract between two companies, the buyer first."""
    terms = Terms(
        envelope=f"00000000-0000-4000-8000-{number:012}",
        title="采购合同",
        initiator=buyer,
        mode="encrypted",
        parties=tuple(
            Party(id=id_, kind="organisation", account=who, name=f"{who} 有限公司", turn=turn)
            for turn, (id_, who) in enumerate([("buyer", buyer), ("seller", seller)], 1)
        ),
        documents=(
            DocumentTerms(
                name="合同.pdf", digest=sha256(PAPER), size=len(PAPER), type="purchase-contract"
            ),
        ),
        expires_at=clock.now() + timedelta(days=30),
    )
    return msgspec.structs.replace(terms, **changes)
