"""Two companies and a network, with keys of their own, that sign an envelope in memory."""

import copy
import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from cloud_bridge.envelopes import chain, record, state
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, Link, statement_digest
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Act,
    Revision,
    Sent,
    Signed,
    SignedStatement,
    Statement,
)
from cloud_bridge.keys import EncryptionKey, SigningKey, sign_statement
from cloud_bridge.model import Card, DocumentTerms, Party, SignedCard, Terms

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
ENVELOPE = "11111111-2222-4333-8444-555555555555"
PAPER = b"%PDF-1.7 a contract"
BUYER = Party(id="buyer", kind="organisation", account="org-buyer", name="买方有限公司", turn=1)
SELLER = Party(id="seller", kind="organisation", account="org-seller", name="Seller Ltd", turn=2)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def terms_of(*parties: Party, **changes: object) -> Terms:
    terms = Terms(
        envelope=ENVELOPE,
        title="采购合同",
        initiator="org-buyer",
        mode="open" if any(each.kind != "organisation" for each in parties) else "encrypted",
        parties=parties or (BUYER, SELLER),
        documents=(
            DocumentTerms(
                name="合同.pdf", digest=sha256(PAPER), size=len(PAPER), type="purchase-contract"
            ),
        ),
        expires_at=START + timedelta(days=30),
    )
    return msgspec.structs.replace(terms, **changes)


@dataclass
class Company:
    """An organisation with its machine keys, and the card that names them."""

    id: str
    name: str
    signing: SigningKey = field(default_factory=SigningKey.generate)
    encryption: EncryptionKey = field(default_factory=EncryptionKey.generate)

    @property
    def card(self) -> Card:
        return Card(
            organisation=self.id,
            name=self.name,
            signing_key=self.signing.public,
            encryption_key=self.encryption.public,
            serial=1,
            issued_at=START - timedelta(days=1),
            expires_at=START + timedelta(days=365),
        )


class Cards:
    """Cards that are believed because the test made them."""

    def __init__(self, *cards: Card) -> None:
        self._cards = {(each.organisation, each.serial): each for each in cards}

    def card(self, organisation: str, serial: int) -> Card | None:
        return self._cards.get((organisation, serial))


class Envelope:
    """One envelope at a network of its own. Whoever speaks has seen everything before."""

    def __init__(self, terms: Terms | None = None) -> None:
        self.companies = {
            each.id: each
            for each in (
                Company("org-buyer", "买方有限公司"),
                Company("org-seller", "Seller Ltd"),
                Company("org-third", "Third GmbH"),
            )
        }
        self.network = SigningKey.generate()
        self.terms = msgspec.json.encode(terms or terms_of())
        self.state: EnvelopeState = state.begin(self.terms)
        self.states = [self.state]
        self.entries: list[Entry] = []
        self.now = START
        self._ids = itertools.count(1)

    @property
    def cards(self) -> Cards:
        return Cards(*(each.card for each in self.companies.values()))

    def record(self, *cards: SignedCard) -> EnvelopeRecord:
        return EnvelopeRecord(terms=self.terms, entries=tuple(self.entries), cards=cards)

    def statement(self, act: Act, *, by: str, party: str = "", **changes: object) -> Statement:
        said = Statement(
            id=f"{'network:' if by == NETWORK else ''}statement-{next(self._ids)}",
            envelope=self.state.terms.envelope,
            terms=self.state.terms_digest,
            author=by,
            party=party,
            act=act,
            at=self.now,
            seen=self.state.sequence,
            head=self.state.head,
        )
        return msgspec.structs.replace(said, **changes)

    def say(self, act: Act, *, by: str, party: str = "", **changes: object) -> Entry:
        said = self.statement(act, by=by, party=party, **changes)
        key = self.network if by == NETWORK else self.companies[by].signing
        self.state, entry = record.append(
            self.state,
            self.as_signed(said),
            at=self.now,
            network=self.network,
            author_key=key.public,
        )
        self.states.append(self.state)
        self.entries.append(entry)
        self.now += timedelta(seconds=1)
        return entry

    def as_signed(self, statement: Statement) -> SignedStatement:
        """By the key of its author."""
        if statement.author == NETWORK:
            return sign_statement(statement, self.network, card=0)
        return sign_statement(statement, self.companies[statement.author].signing, card=1)

    def told(self, signed: SignedStatement, /, **changes: object) -> Entry:
        """An entry that the network signs, whatever it is: how a network that lies does."""
        link = Link(
            envelope=self.state.terms.envelope,
            sequence=self.state.sequence + 1,
            previous=self.state.head,
            statement=statement_digest(signed),
            at=self.now,
        )
        encoded = msgspec.json.encode(msgspec.structs.replace(link, **changes))
        signature = self.network.sign(chain.DOMAIN + encoded)
        return Entry(link=encoded, signed=signed, signature=signature)

    def as_it_was(self, sequence: int) -> "Envelope":
        """The same envelope after an earlier entry, to go on otherwise."""
        earlier = copy.copy(self)
        earlier.state, earlier.states = self.states[sequence], self.states[: sequence + 1]
        earlier.entries = self.entries[:sequence]
        return earlier

    def send(self) -> "Envelope":
        self.say(Sent(terms=self.state.terms_digest), by="org-buyer")
        return self

    def signed(self, **changes: object) -> Signed:
        """What whoever signs next would say: each document grows by a signature."""
        mark = f"signature {len(self.entries)}"
        revisions = tuple(
            Revision(
                document=each.name,
                base=self.state.current[each.name],
                digest=sha256(f"{each.name} {mark}".encode()),
                size=self.state.size(each.name) + 1000,
                container=b"\x30\x03\x02\x01\x01",
                field=f"Signature{len(self.entries)}",
            )
            for each in self.state.terms.documents
        )
        return Signed(**{"revisions": revisions, **changes})  # type: ignore[arg-type]

    def sign(self, party: str, **changes: object) -> Entry:
        each = self.state.party(party)
        assert each is not None
        if each.party.kind == "organisation":
            return self.say(self.signed(**changes), by=each.party.account, party=party)
        act = self.signed(**{"method": "code", "read_seconds": 60, **changes})
        return self.say(act, by=NETWORK, party=party)
