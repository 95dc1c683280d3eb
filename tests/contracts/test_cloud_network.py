"""What a gateway may rely on, whichever network it speaks to: the real one, and ours in memory."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.encryption import encrypt, opened, plain
from cloud_bridge.envelopes import state as folding
from cloud_bridge.envelopes.record import check, extend
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    Act,
    Completed,
    Declined,
    Reminded,
    Revision,
    Sent,
    Signed,
    SignedStatement,
    Statement,
    parse,
)
from cloud_bridge.errors import NetworkRefusedError
from cloud_bridge.interfaces import CloudNetwork, Time
from cloud_bridge.keys import EncryptionKey, SigningKey, sign_statement
from cloud_bridge.model import Card, Delivery, Party, SignedCard, Terms
from cloud_bridge.wire import Content, NewEnvelope, Parcel
from tests.bridge_house import contract
from tests.envelope_parties import PAPER, Cards, sha256
from tests.memory_network import MemoryNetwork
from tests.network_house import Company as Registered
from tests.network_house import network_house
from tests.seals_of_companies import Certified, authority, certify, sign_card
from tests.signing_house import FakeClock

SIGNED = PAPER + b" and a signature upon it"


def signature(terms: Terms) -> Signed:
    """What the first to sign states."""
    (document,) = terms.documents
    revision = Revision(
        document=document.name,
        base=document.digest,
        digest=sha256(SIGNED),
        size=len(SIGNED),
        container=b"\x30\x03\x02\x01\x01",
        field="Signature-buyer",
    )
    return Signed(revisions=(revision,))


class NoLedger:
    """What left is no business of these tests."""

    async def leaving(self, *, kind: str, envelope: str, digest: bytes, size: int) -> None:
        pass


@dataclass
class Member:
    """A company, and the network as it speaks to it."""

    id: str
    name: str
    network: CloudNetwork
    signing: SigningKey
    seal: Certified
    time: Time
    encryption: EncryptionKey = field(default_factory=EncryptionKey.generate)

    def card(self, *, serial: int = 1) -> Card:
        now = self.time.now().replace(microsecond=0)
        return Card(
            organisation=self.id,
            name=self.name,
            signing_key=self.signing.public,
            encryption_key=self.encryption.public,
            serial=serial,
            issued_at=now - timedelta(days=1),
            expires_at=now + timedelta(days=365),
        )

    def sealed(self, card: Card) -> SignedCard:
        return sign_card(card, self.seal)


@dataclass
class Meeting:
    """Two companies on one network."""

    network_key: str
    buyer: Member
    seller: Member
    time: Time

    @property
    def cards(self) -> Cards:
        return Cards(self.buyer.card(), self.seller.card())

    async def publish(self) -> None:
        for each in (self.buyer, self.seller):
            await each.network.publish(each.sealed(each.card()))

    def terms(self) -> Terms:
        """A contract of its own."""
        clock = FakeClock(self.time.now().replace(microsecond=0))
        number = secrets.randbelow(10**9)
        terms = contract(number, buyer=self.buyer.id, seller=self.seller.id, clock=clock)
        names = (self.buyer.name, self.seller.name)
        parties = [
            msgspec.structs.replace(each, name=name)
            for each, name in zip(terms.parties, names, strict=True)
        ]
        return msgspec.structs.replace(terms, parties=tuple(parties))

    def content(self, terms: Terms, body: bytes = PAPER) -> Content:
        cards = [self.buyer.card(), self.seller.card()]
        return encrypt(body, envelope=terms.envelope, cards=cards)

    def said(
        self, state: EnvelopeState, act: Act, *, by: Member, id_: str, party: str = ""
    ) -> SignedStatement:
        statement = Statement(
            id=id_,
            envelope=state.terms.envelope,
            terms=state.terms_digest,
            author=by.id,
            act=act,
            at=self.time.now(),
            party=party,
            seen=state.sequence,
            head=state.head,
        )
        return sign_statement(statement, by.signing, card=1)

    def new(self, terms: Terms) -> NewEnvelope:
        encoded = msgspec.json.encode(terms)
        begun = folding.begin(encoded)
        sent = self.said(begun, Sent(terms=begun.terms_digest), by=self.buyer, id_="sent")
        return NewEnvelope(terms=encoded, sent=sent)

    async def sent(self, terms: Terms | None = None) -> EnvelopeState:
        """An envelope that is under way."""
        terms = terms or self.terms()
        await self.buyer.network.put_content(self.content(terms))
        new = self.new(terms)
        taken = await self.buyer.network.send(new)
        begun = folding.begin(new.terms)
        return extend(begun, taken.entry, network_key=self.network_key, cards=self.cards)


@contextlib.asynccontextmanager
async def in_memory(_directory: Path) -> AsyncIterator[Meeting]:
    clock, root = FakeClock(), authority()
    network = MemoryNetwork(clock)

    def member(name: str) -> Member:
        id_ = f"org-{secrets.token_hex(6)}"
        side = network.register(id_, name)
        seal = certify("合同专用章", by=root, organisation=name)
        return Member(id_, name, side, SigningKey.generate(), seal, clock)

    yield Meeting(network.key.public, member("买方有限公司"), member("Seller Ltd"), clock)


@contextlib.asynccontextmanager
async def over_http(directory: Path) -> AsyncIterator[Meeting]:
    async with network_house(directory) as house, contextlib.AsyncExitStack() as stack:

        async def member(name: str) -> Member:
            known: Registered = await house.company(name, publish=False)
            network = open_client(
                known.id,
                Way(url=house.url, network_key=house.network_key),
                key=known.signing,
                requests_per_second=1000,
                ledger=NoLedger(),
                time=house.time,
            )
            await stack.enter_async_context(network)
            return Member(known.id, name, network, known.signing, known.seal, house.time)

        buyer, seller = await member("买方有限公司"), await member("Seller Ltd")
        yield Meeting(house.network_key, buyer, seller, house.time)


Place = Callable[[Path], contextlib.AbstractAsyncContextManager[Meeting]]


@pytest.fixture(params=[in_memory, over_http], ids=["memory", "http"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Meeting]:
    """Nobody has published a card yet."""
    opened_at: Place = request.param
    async with opened_at(tmp_path) as made:
        yield made


@pytest.fixture
async def meeting(place: Meeting) -> Meeting:
    await place.publish()
    return place


async def test_a_network_says_who_it_is(place: Meeting) -> None:
    assert (await place.buyer.network.identity()).signing_key == place.network_key


async def test_cards_are_found_by_id_and_by_name(place: Meeting) -> None:
    seller = place.seller
    signed = seller.sealed(seller.card())
    before = await place.buyer.network.organisation(seller.id)
    assert before is not None
    assert (before.name, before.card) == (seller.name, None)
    for _again in range(2):
        await seller.network.publish(signed)
    found = await place.buyer.network.organisation(seller.id)
    assert found is not None
    assert found.card == signed
    assert list(await place.buyer.network.organisations(seller.name)) == [found]
    assert await place.buyer.network.organisation("org-of-nobody") is None
    assert list(await place.buyer.network.organisations("Nobody GmbH")) == []


async def test_a_person_is_one_account_by_name_and_contact(meeting: Meeting) -> None:
    first = await meeting.buyer.network.person("王芳", "wang.fang@example.com")
    again = await meeting.seller.network.person("王芳", "wang.fang@example.com")
    other = await meeting.buyer.network.person("李强", "wang.fang@example.com")
    assert first == again
    assert first.name == "王芳"
    assert first.verification.level == "none"
    assert other.id != first.id
    assert "wang.fang" not in first.contact


async def test_a_persons_account_is_found_by_its_id(meeting: Meeting) -> None:
    made = await meeting.buyer.network.person("王芳", "wang.fang@example.com")
    assert await meeting.seller.network.person_of(made.id) == made
    for nobody in ("person-of-nobody", meeting.seller.id):
        assert await meeting.buyer.network.person_of(nobody) is None


async def test_another_card_of_the_same_serial_or_anothers_is_refused(meeting: Meeting) -> None:
    seller = meeting.seller
    other = msgspec.structs.replace(seller.card(), encryption_key=EncryptionKey.generate().public)
    with pytest.raises(NetworkRefusedError) as refused:
        await seller.network.publish(seller.sealed(other))
    assert refused.value.type == "conflict"
    with pytest.raises(NetworkRefusedError) as refused:
        await seller.network.publish(meeting.buyer.sealed(meeting.buyer.card(serial=2)))
    assert refused.value.type == "card-invalid"


async def test_an_envelope_is_sent_once_however_often(meeting: Meeting) -> None:
    terms = meeting.terms()
    new = meeting.new(terms)
    with pytest.raises(NetworkRefusedError) as refused:
        await meeting.buyer.network.send(new)
    assert refused.value.type == "content-missing"
    await meeting.buyer.network.put_content(meeting.content(terms))
    first = await meeting.buyer.network.send(new)
    assert await meeting.buyer.network.send(new) == first
    other = meeting.new(msgspec.structs.replace(terms, title="another"))
    with pytest.raises(NetworkRefusedError) as refused:
        await meeting.buyer.network.send(other)
    assert refused.value.type == "conflict"


async def test_a_content_reaches_the_partner_as_it_was_put(meeting: Meeting) -> None:
    state = await meeting.sent()
    digest = sha256(PAPER)
    seller = meeting.seller
    content = await seller.network.content(state.terms.envelope, digest)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER
    await meeting.buyer.network.put_content(meeting.content(state.terms))
    again = await seller.network.content(state.terms.envelope, digest)
    assert opened(again, organisation=seller.id, key=seller.encryption) == PAPER
    with pytest.raises(NetworkRefusedError) as refused:
        await seller.network.content(state.terms.envelope, "0" * 64)
    assert refused.value.type == "content-missing"


async def test_a_statement_becomes_one_entry_however_often_it_is_said(meeting: Meeting) -> None:
    state = await meeting.sent()
    said = meeting.said(state, Reminded(party="buyer"), by=meeting.buyer, id_="reminded")
    entry = await meeting.buyer.network.state(said)
    assert await meeting.buyer.network.state(said) == entry
    assert entry.signed == said
    extended = extend(state, entry, network_key=meeting.network_key, cards=meeting.cards)
    assert extended.sequence == 2


async def test_an_answer_has_what_was_said_since_the_entry_that_its_author_had_seen(
    meeting: Meeting,
) -> None:
    state, buyer = await meeting.sent(), meeting.buyer
    said = [
        meeting.said(state, Reminded(party="buyer"), by=buyer, id_=f"reminded-{number}")
        for number in range(3)
    ]
    first, second = [await buyer.network.state(each) for each in said[:2]]
    assert first.entries == (first.entry,)
    assert second.entries == (first.entry, second.entry)
    last = await buyer.network.state(said[2])
    assert last.entries == (first.entry, second.entry, last.entry)
    assert await buyer.network.state(said[1]) == second
    assert (await buyer.network.envelope(state.terms.envelope)).entries[1:] == last.entries


async def test_contents_and_what_stands_on_them_are_brought_together(meeting: Meeting) -> None:
    buyer, seller, terms = meeting.buyer, meeting.seller, meeting.terms()
    new = meeting.new(terms)
    contents = (meeting.content(terms),)
    parcel = Parcel(statement=new.sent, terms=new.terms, contents=contents)
    first = await buyer.network.bring(parcel)
    assert await buyer.network.bring(parcel) == first
    assert first.entries == (await seller.network.envelope(terms.envelope)).entries
    begun = folding.begin(new.terms)
    state = extend(begun, first.entry, network_key=meeting.network_key, cards=meeting.cards)
    said = meeting.said(state, signature(terms), by=buyer, id_="signed", party="buyer")
    contents = (meeting.content(terms, SIGNED),)
    second = await buyer.network.bring(Parcel(statement=said, contents=contents))
    assert second.entries == (await seller.network.envelope(terms.envelope)).entries[1:]
    for document in (PAPER, SIGNED):
        content = await seller.network.content(terms.envelope, sha256(document))
        assert opened(content, organisation=seller.id, key=seller.encryption) == document


async def test_of_what_is_refused_together_nothing_counts(meeting: Meeting) -> None:
    state, buyer = await meeting.sent(), meeting.buyer
    envelope = state.terms.envelope
    another = msgspec.structs.replace(state.terms, title="another")
    new = meeting.new(another)
    contents = (meeting.content(state.terms, SIGNED),)
    with pytest.raises(NetworkRefusedError) as refused:
        await buyer.network.bring(Parcel(statement=new.sent, terms=new.terms, contents=contents))
    assert refused.value.type == "conflict"
    with pytest.raises(NetworkRefusedError) as refused:
        await buyer.network.content(envelope, sha256(SIGNED))
    assert refused.value.type == "content-missing"
    said = meeting.said(state, signature(state.terms), by=buyer, id_="signed", party="buyer")
    with pytest.raises(NetworkRefusedError) as refused:
        await buyer.network.bring(Parcel(statement=said))
    assert refused.value.type == "content-missing"
    assert len((await buyer.network.envelope(envelope)).entries) == 1


async def test_whoever_signs_last_is_told_at_once_that_all_have_signed(meeting: Meeting) -> None:
    buyer, terms = meeting.buyer, meeting.terms()
    alone = msgspec.structs.replace(terms, parties=terms.parties[:1])
    state = await meeting.sent(alone)
    await buyer.network.put_content(meeting.content(alone, SIGNED))
    said = meeting.said(state, signature(alone), by=buyer, id_="signed", party="buyer")
    taken = await buyer.network.state(said)
    (completed,) = taken.after
    assert isinstance(parse(completed.signed).act, Completed)
    assert await buyer.network.state(said) == taken
    entries = (await buyer.network.envelope(alone.envelope)).entries
    assert entries[1:] == taken.entries == (taken.entry, completed)


async def test_what_an_envelope_does_not_allow_is_refused(meeting: Meeting) -> None:
    state = await meeting.sent()
    said = meeting.said(state, Reminded(party="buyer"), by=meeting.seller, id_="not-its-own")
    with pytest.raises(NetworkRefusedError) as refused:
        await meeting.seller.network.state(said)
    assert refused.value.type == "not-allowed"


async def test_both_are_told_each_entry_in_order_and_the_record_holds(meeting: Meeting) -> None:
    buyer, seller = meeting.buyer.network, meeting.seller.network
    before = {each: (await each.feed("", wait_seconds=0)).cursor for each in (buyer, seller)}
    state = await meeting.sent()
    await buyer.state(meeting.said(state, Reminded(party="buyer"), by=meeting.buyer, id_="r"))
    record = await seller.envelope(state.terms.envelope)
    checked = check(record, network_key=meeting.network_key, cards=meeting.cards)
    assert checked.sequence == 2
    for each in (buyer, seller):
        feed = await each.feed(before[each], wait_seconds=5)
        assert [item.entry for item in feed.items] == list(record.entries)
        assert [item.sequence for item in feed.items] == [1, 2]
        assert (await each.feed(feed.cursor, wait_seconds=0)).items == ()
        (head,) = (await each.heads("")).heads
        assert (head.envelope, head.sequence, head.hash) == (
            state.terms.envelope,
            2,
            checked.head,
        )
        assert (await each.heads(state.terms.envelope)).heads == ()


async def test_what_a_feed_brings_along_is_what_whoever_asks_is_given(meeting: Meeting) -> None:
    state = await meeting.sent()
    buyer, seller = meeting.buyer.network, meeting.seller.network
    await buyer.state(meeting.said(state, Reminded(party="buyer"), by=meeting.buyer, id_="r"))
    envelope = state.terms.envelope

    feed = await seller.feed("", wait_seconds=0)

    # It may bring nothing; these two networks do.
    record = await seller.envelope(envelope)
    assert [item.record for item in feed.items] == [record, None]
    assert feed.contents == (await seller.content(envelope, sha256(PAPER)),)
    own = await buyer.feed("", wait_seconds=0)
    assert ([item.record for item in own.items], own.contents) == ([None, None], ())


async def test_an_envelope_of_nobody_is_refused(meeting: Meeting) -> None:
    with pytest.raises(NetworkRefusedError) as refused:
        await meeting.buyer.network.envelope("00000000-0000-4000-8000-000000000000")
    assert refused.value.type == "envelope-unknown"
    state = await meeting.sent()
    other = msgspec.structs.replace(
        msgspec.json.decode(
            meeting.said(state, Declined(reason="x"), by=meeting.buyer, id_="d").statement,
            type=Statement,
        ),
        envelope="00000000-0000-4000-8000-000000000000",
    )
    signed = sign_statement(other, meeting.buyer.signing, card=1)
    with pytest.raises(NetworkRefusedError) as refused:
        await meeting.buyer.network.state(signed)
    assert refused.value.type == "envelope-unknown"


async def test_a_claim_is_released_by_who_sent_the_goods_alone(meeting: Meeting) -> None:
    bearer = Party(id="receiver", kind="bearer", contact_tail="4821")
    plain_terms = meeting.terms()
    terms = msgspec.structs.replace(
        plain_terms,
        mode="open",
        parties=(bearer, *plain_terms.parties),
        delivery=Delivery(
            waybill="SF-1", shipper="甲", carrier="乙", consignee="丙", lines=(("灯", 8),)
        ),
    )
    sender, other = meeting.buyer.network, meeting.seller.network
    await sender.put_content(plain(PAPER, envelope=terms.envelope))
    await sender.send(meeting.new(terms))
    assert (await sender.link(terms.envelope, "receiver")).url.startswith("http")
    await sender.release(terms.envelope, "receiver")
    with pytest.raises(NetworkRefusedError):
        await sender.release(terms.envelope, "seller")
    with pytest.raises(NetworkRefusedError):
        await other.release(terms.envelope, "receiver")
