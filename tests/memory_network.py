"""A network in memory, by the same rules as the reference network; the contract suite holds both.

Whoever runs it may lie: `tell` changes what an organisation is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self, TypeVar

import msgspec

from cloud_bridge.envelopes import record, state
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Completed,
    Expired,
    Sent,
    Signed,
    SignedStatement,
    Statement,
    parse,
)
from cloud_bridge.errors import (
    NetworkAwayError,
    NetworkRefusedError,
    NotAllowedError,
    RecordBrokenError,
    WayTooNarrowError,
)
from cloud_bridge.interfaces import CloudNetwork, Time
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import (
    Card,
    NetworkIdentity,
    Organisation,
    Person,
    SignedCard,
    Verification,
)
from cloud_bridge.wire import (
    Content,
    Feed,
    FeedItem,
    Head,
    Heads,
    NewEnvelope,
    Parcel,
    PersonLink,
    Taken,
)

T = TypeVar("T")
_PAGE = 100


@dataclass
class Kept:
    """An envelope at the network."""

    terms: bytes
    state: EnvelopeState
    entries: list[Entry] = field(default_factory=list)


@dataclass
class MemoryNetwork:
    """All of it.

    `is_away`: it does not answer; `is_full`: it has no room for contents; `is_older`: it takes
    nothing together; `way_bytes`: what stands between lets no more contents through at once (None:
    as many as there are); `brings`: its feeds bring along what their readers need next.
    """

    time: Time
    key: SigningKey = field(default_factory=SigningKey.generate)
    is_away: bool = False
    is_full: bool = False
    brings: bool = True
    way_bytes: int | None = None
    is_older: bool = False
    names: dict[str, str] = field(default_factory=dict)
    cards: dict[str, SignedCard] = field(default_factory=dict)
    older: dict[tuple[str, int], SignedCard] = field(default_factory=dict)
    envelopes: dict[str, Kept] = field(default_factory=dict)
    contents: dict[tuple[str, str], Content] = field(default_factory=dict)
    feeds: dict[str, list[FeedItem]] = field(default_factory=dict)
    persons: dict[tuple[str, str], Person] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tell: Callable[[object], object] = lambda told: told

    def of(self, organisation: str) -> "Side":
        return Side(self, organisation)

    def register(self, organisation: str, name: str) -> "Side":
        self.names[organisation] = name
        self.feeds.setdefault(organisation, [])
        return self.of(organisation)

    def admit(self, account: str, name: str) -> None:
        """Have a person by an account that a test chooses."""
        self.persons[name, account] = self.person_called(account, name)

    def person_called(self, account: str, name: str) -> Person:
        now = self.time.now()
        verification = Verification(level="none", method="", at=now, expires_at=now)
        return Person(id=account, name=name, contact="****", verification=verification)

    def take(self, kept: Kept, signed: SignedStatement, *, by: str) -> Taken:
        said = parse(signed)
        known = kept.state.statement_ids.get(said.id)
        if known is not None:
            return _told_around(kept, known, said)
        card = self.older.get((said.author, signed.card))
        if said.author != by or card is None:
            raise NetworkRefusedError("not its author's", type="statement-invalid")
        key = msgspec.json.decode(card.card, type=Card).signing_key
        self._append(kept, signed, key)
        own = kept.state.sequence
        self.go_on(kept)
        return _told_around(kept, own, said)

    def go_on(self, kept: Kept) -> None:
        """What the network itself must state now."""
        while (act := state.due(kept.state, at=self.time.now())) is not None:
            said = Statement(
                id=f"network:{len(kept.entries)}",
                envelope=kept.state.terms.envelope,
                terms=kept.state.terms_digest,
                author=NETWORK,
                act=act,
                at=self.time.now(),
                seen=kept.state.sequence,
                head=kept.state.head,
            )
            self._append(kept, sign_statement(said, self.key, card=0), self.key.public)

    def say_itself(self, kept: Kept, signed: SignedStatement) -> Entry:
        """What the network says for a person."""
        entry = self._append(kept, signed, self.key.public)
        self.go_on(kept)
        return entry

    def _append(self, kept: Kept, signed: SignedStatement, author_key: str) -> Entry:
        try:
            kept.state, entry = record.append(
                kept.state,
                signed,
                at=self.time.now(),
                network=self.key,
                author_key=author_key,
            )
        except NotAllowedError as error:
            raise NetworkRefusedError(str(error), type="not-allowed") from error
        except RecordBrokenError as error:
            raise NetworkRefusedError(str(error), type="statement-invalid") from error
        kept.entries.append(entry)
        item = FeedItem(
            envelope=kept.state.terms.envelope, sequence=kept.state.sequence, entry=entry
        )
        for organisation in kept.state.organisations:
            self.feeds.setdefault(organisation, []).append(item)
        return entry


class Side(CloudNetwork):
    """The network, for one organisation."""

    def __init__(self, network: MemoryNetwork, organisation: str) -> None:
        self._network = network
        self._organisation = organisation

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def identity(self) -> NetworkIdentity:
        self._ask("identity")
        return self._tell(NetworkIdentity(name="memory", signing_key=self._network.key.public))

    async def publish(self, card: SignedCard) -> None:
        self._ask("publish")
        said = msgspec.json.decode(card.card, type=Card)
        name = self._network.names[self._organisation]
        if (said.organisation, said.name) != (self._organisation, name):
            raise NetworkRefusedError("another's card", type="card-invalid")
        before = self._network.cards.get(self._organisation)
        if before is not None and before.card != card.card:
            last = msgspec.json.decode(before.card, type=Card).serial
            if said.serial == last:
                raise NetworkRefusedError("another of this serial", type="conflict")
            if said.serial < last:
                raise NetworkRefusedError("an older card", type="card-invalid")
        self._network.cards[self._organisation] = card
        self._network.older[self._organisation, said.serial] = card

    async def organisation(self, organisation: str) -> Organisation | None:
        self._ask("organisation")
        return self._tell(self._organisation_of(organisation))

    async def organisations(self, name: str) -> Sequence[Organisation]:
        self._ask("organisations")
        found = [id_ for id_, known in self._network.names.items() if known == name]
        return [each for id_ in found if (each := self._organisation_of(id_)) is not None]

    async def send(self, envelope: NewEnvelope) -> Taken:
        self._ask("send")
        try:
            begun = state.begin(envelope.terms)
        except NotAllowedError as error:
            raise NetworkRefusedError(str(error), type="not-allowed") from error
        id_ = begun.terms.envelope
        kept = self._network.envelopes.get(id_) or Kept(envelope.terms, begun)
        if kept.terms != envelope.terms:
            raise NetworkRefusedError("another has this id", type="conflict")
        known = {each.id for each in self._network.persons.values()}
        for party in begun.terms.parties:
            if party.kind == "person" and party.account not in known:
                told = f"there is no person {party.account!r}"
                raise NetworkRefusedError(told, type="account-unknown")
        if begun.terms.mode != "digest":
            for document in begun.terms.documents:
                if (id_, document.digest) not in self._network.contents:
                    raise NetworkRefusedError("a content is missing", type="content-missing")
        taken = self._network.take(kept, envelope.sent, by=self._organisation)
        self._network.envelopes[id_] = kept
        return self._tell(taken)

    async def put_content(self, content: Content) -> None:
        self._ask("put_content")
        most = self._network.way_bytes
        if most is not None and len(content.body) > most:
            raise WayTooNarrowError("a proxy's page", size=len(content.body))
        if self._network.is_full:
            raise NetworkRefusedError("no room", type="content-quota")
        head = content.head
        self._network.contents.setdefault((head.envelope, head.digest), content)

    async def bring(self, parcel: Parcel) -> Taken:
        network = self._network
        if network.is_older:
            raise NetworkRefusedError("each by itself", type="not-together")
        self._ask("bring")
        size = sum(len(each.body) for each in parcel.contents)
        if network.way_bytes is not None and size > network.way_bytes:
            raise NetworkRefusedError("a proxy's page", type="not-together")
        asked, contents = len(network.asked), dict(network.contents)
        try:
            for content in parcel.contents:
                await self.put_content(content)
            if parcel.terms is None:
                return await self.state(parcel.statement)
            return await self.send(NewEnvelope(terms=parcel.terms, sent=parcel.statement))
        except NetworkRefusedError:
            network.contents.clear()
            network.contents.update(contents)
            raise
        finally:
            del network.asked[asked:]

    async def content(self, envelope: str, digest: str) -> Content:
        self._ask("content")
        self._envelope(envelope)
        found = self._network.contents.get((envelope, digest))
        if found is None:
            raise NetworkRefusedError("no such content", type="content-missing")
        return self._tell(found)

    async def state(self, statement: SignedStatement) -> Taken:
        self._ask("state")
        said = parse(statement)
        kept = self._envelope(said.envelope)
        if said.id not in kept.state.statement_ids and isinstance(said.act, Signed):
            self._refuse_missing(kept, said.act)
        return self._tell(self._network.take(kept, statement, by=self._organisation))

    async def envelope(self, envelope: str) -> EnvelopeRecord:
        self._ask("envelope")
        return self._tell(self._record(self._envelope(envelope)))

    def _record(self, kept: Kept) -> EnvelopeRecord:
        cards = [
            card
            for (organisation, _), card in self._network.older.items()
            if organisation in kept.state.organisations
        ]
        return EnvelopeRecord(terms=kept.terms, entries=tuple(kept.entries), cards=tuple(cards))

    async def feed(self, cursor: str, *, wait_seconds: float) -> Feed:  # noqa: ARG002 - waits for nothing
        self._ask("feed")
        items = self._network.feeds.get(self._organisation, [])
        begin = int(cursor or 0)
        some = items[begin : begin + _PAGE]
        feed = Feed(items=tuple(some), cursor=str(begin + len(some)))
        return self._tell(self._along(feed) if self._network.brings else feed)

    def _along(self, feed: Feed) -> Feed:
        """With the records and contents of what others have said."""
        items: list[FeedItem] = []
        contents: dict[tuple[str, str], Content] = {}
        for item in feed.items:
            kept = self._network.envelopes[item.envelope]
            said = parse(item.entry.signed)
            is_mine = self._organisation in kept.state.organisations
            named: set[str] = set()
            if is_mine and said.author != self._organisation:
                if isinstance(said.act, Sent):
                    item = msgspec.structs.replace(item, record=self._tell(self._record(kept)))  # noqa: PLW2901
                    named = {each.digest for each in kept.state.terms.documents}
                if isinstance(said.act, Signed):
                    named = {each.digest for each in said.act.revisions}
            items.append(item)
            places = {(item.envelope, digest) for digest in named} & self._network.contents.keys()
            contents |= {place: self._tell(self._network.contents[place]) for place in places}
        return msgspec.structs.replace(feed, items=tuple(items), contents=tuple(contents.values()))

    async def heads(self, after: str) -> Heads:
        self._ask("heads")
        found = [
            Head(envelope=id_, sequence=kept.state.sequence, hash=kept.state.head)
            for id_, kept in sorted(self._network.envelopes.items())
            if self._organisation in kept.state.organisations and id_ > after
        ]
        page = tuple(found[:_PAGE])
        more = page[-1].envelope if len(found) > _PAGE else ""
        return self._tell(Heads(heads=page, next=more))

    async def link(self, envelope: str, party: str) -> PersonLink:
        self._ask("link")
        self._envelope(envelope)
        until = self._network.time.now() + timedelta(days=1)
        return PersonLink(url=f"https://network.example/s/{party}", expires_at=until)

    async def person(self, name: str, contact: str) -> Person:
        self._ask("person")
        made = self._network.person_called(f"person-{len(self._network.persons) + 1}", name)
        return self._tell(self._network.persons.setdefault((name, contact), made))

    async def person_of(self, account: str) -> Person | None:
        self._ask("person")
        found = [each for each in self._network.persons.values() if each.id == account]
        return self._tell(found[0]) if found else None

    async def release(self, envelope: str, party: str) -> None:
        self._ask("release")
        state = self._envelope(envelope).state
        each = state.party(party)
        mine = state.terms.initiator == self._organisation
        if not mine or each is None or each.party.kind != "bearer":
            raise NetworkRefusedError(f"{party} claims nothing", type="delivery-over")

    def _refuse_missing(self, kept: Kept, act: Signed) -> None:
        id_ = kept.state.terms.envelope
        there = {digest for envelope, digest in self._network.contents if envelope == id_}
        if kept.state.terms.mode != "digest" and {each.digest for each in act.revisions} - there:
            raise NetworkRefusedError("a content is missing", type="content-missing")

    def _ask(self, what: str) -> None:
        if self._network.is_away:
            raise NetworkAwayError("it is away")
        self._network.asked.append((self._organisation, what))

    def _tell(self, told: T) -> T:
        changed: T = self._network.tell(told)  # type: ignore[assignment]  # whoever lies keeps the type
        return changed

    def _envelope(self, envelope: str) -> Kept:
        kept = self._network.envelopes.get(envelope)
        if kept is None or self._organisation not in kept.state.organisations:
            raise NetworkRefusedError("no such envelope", type="envelope-unknown")
        return kept

    def _organisation_of(self, organisation: str) -> Organisation | None:
        name = self._network.names.get(organisation)
        if name is None:
            return None
        now = self._network.time.now()
        verified = Verification(
            level="organisation",
            method="register-extract",
            at=now,
            expires_at=now + timedelta(days=365),
        )
        card = self._network.cards.get(organisation)
        return Organisation(id=organisation, name=name, verification=verified, card=card)


def _told_around(kept: Kept, own: int, said: Statement) -> Taken:
    """A statement's entry, those that its author had not seen, and the end that it led to."""
    following = kept.entries[own : own + 1]
    ends = [each for each in following if isinstance(parse(each.signed).act, Completed | Expired)]
    between = kept.entries[said.seen : own - 1]
    return Taken.of(kept.entries[own - 1], before=between, after=ends)
