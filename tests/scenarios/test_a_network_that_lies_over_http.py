"""Whatever the network makes of it: it is named, nothing is sealed on it, and honesty is no alarm.

Two companies seal for themselves; between the second one and the network stands a server that
gives other answers. It may have the network's own key, as an operator who lies has.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs
from structlog.typing import EventDict

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes import chain
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord, Link, parse_link, statement_digest
from cloud_bridge.envelopes.statements import SignedStatement, Statement, Withdrawn, parse
from cloud_bridge.envelopes.transcript import compare
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import Card, NetworkIdentity
from cloud_bridge.wire import Content, Feed, FeedItem, Heads, Parcel
from gateway.audit.record import read_leaf
from gateway.envelopes.model import EnvelopeTold
from gateway.store.schema import audit_leaf
from tests.bridge_house import Authority
from tests.envelope_house import CALLER, EAST, WEST, Room, parties, settle
from tests.served_house import ServedStreet, served_street
from tests.servers.lying import LyingProxy, Question

_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_TOLD = 3
"""Entries of the contract that is talked about: sent, and two reminders."""


@dataclass(frozen=True)
class Stage:
    """East and the network are honest; what West hears comes through the liar."""

    street: ServedStreet
    east: Room
    west: Room
    liar: LyingProxy

    @property
    def key(self) -> SigningKey:
        """The network's own."""
        return self.street.house.core.key

    async def hear(self, room: Room) -> list[EventDict]:
        """Let a company listen, compare and work; gives what its log says."""
        with capture_logs() as log:
            await room.company.bridge.reconcile()
            await settle(room)
            self.street.clock.move(timedelta(hours=2))
            await settle(room)
        return log

    async def found_out(self, room: Room, envelope: str, lie: str, log: list[EventDict]) -> None:
        """The lie is named by everything that names lies, and the key was not used."""
        told = await room.show(envelope)
        assert (told.status, told.next_step) == ("held", "look-at-it")
        assert lie in [type_ for type_, _ in told.trouble], told.trouble
        assert lie in room.company.bridge.tally.lies
        named = [each["trouble"] for each in log if each["event"] == "network_lies"]
        assert lie in named
        recorded = [
            (each["trouble"], each["lie"])
            for each in leaves(room)
            if each["kind"] == "envelope-trouble" and each["envelope"] == envelope
        ]
        assert (lie, True) in recorded
        assert [each.subject for each in room.events.events] == [envelope]
        assert room.events.types == ["envelope.held"]
        assert room.signed == 0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        street = await stack.enter_async_context(served_street(tmp_path))
        liar = await stack.enter_async_context(LyingProxy(street.port))
        street.ports[WEST] = liar.port
        east = await stack.enter_async_context(street.room(tmp_path, EAST))
        west = await stack.enter_async_context(street.room(tmp_path, WEST))
        yield Stage(street, east, west, liar)


def leaves(room: Room) -> list[dict[str, Any]]:
    with room.company.house.engine.connect() as connection:
        return [read_leaf(row.leaf) for row in connection.execute(audit_leaf.select())]


async def sealed_by_east(stage: Stage) -> str:
    """A contract that East has signed, and of which West has heard nothing yet."""
    id_ = (await stage.east.create()).envelope.id
    await settle(stage.east)
    assert stage.east.signed == 1
    return id_


async def talked_about(stage: Stage) -> str:
    """A contract that waits for West, with two reminders of East's."""
    id_ = (await stage.east.create(parties=parties(turns=(2, 1)))).envelope.id
    await stage.east.company.bridge.outbox.send(id_)
    for _ in range(2):
        stage.street.clock.move(timedelta(days=2))
        await stage.east.service.remind(CALLER, id_, "seller")
        await stage.east.company.bridge.outbox.send(id_)
    return id_


Retell = Callable[[Sequence[Entry]], Iterable[Entry]]
Tell = Callable[[Question, bytes], bytes]


def retelling(retell: Retell) -> Callable[[Question, bytes], bytes]:
    """Entries are told otherwise, in feeds and in records, asked for or brought along."""

    def of_record(record: EnvelopeRecord) -> EnvelopeRecord:
        return replace(record, entries=tuple(retell(record.entries)))

    def tell(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/feed"):
            feed = read_feed(answer)
            by_entry = {each.sequence: each for each in feed.items}
            items = [
                replace(by_entry[parse_link(entry).sequence], entry=entry)
                for entry in retell([each.entry for each in feed.items])
                if parse_link(entry).sequence in by_entry
            ]
            return _pack(replace(feed, items=tuple(with_records(items, of_record))))
        return in_records(of_record)(question, answer)

    return tell


def read_feed(answer: bytes) -> Feed:
    return msgspec.msgpack.decode(answer, type=Feed)


Change = Callable[[EnvelopeRecord], EnvelopeRecord]


def with_records(items: Iterable[FeedItem], change: Change) -> Iterator[FeedItem]:
    for each in items:
        yield each if each.record is None else replace(each, record=change(each.record))


def in_records(change: Change) -> Tell:
    """Records are told otherwise, asked for or brought along by the feed."""

    def tell(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/feed"):
            feed = read_feed(answer)
            return _pack(replace(feed, items=tuple(with_records(feed.items, change))))
        if question.asks("/v1/envelopes/") and "/contents/" not in question.path:
            return _encode(change(msgspec.json.decode(answer, type=EnvelopeRecord)))
        return answer

    return tell


def in_contents(change: Callable[[Content], Content], where: str) -> Tell:
    """Contents are given otherwise: by the feed, or, as it brings none, to whoever asks."""

    def tell(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/feed"):
            feed = read_feed(answer)
            given = map(change, feed.contents) if where == "with the feed" else ()
            return _pack(replace(feed, contents=tuple(given)))
        if "/contents/" in question.path and question.method == "GET":
            return _pack(change(msgspec.msgpack.decode(answer, type=Content)))
        return answer

    return tell


def placed(signed: SignedStatement, like: Link, *, by: SigningKey, **changes: Any) -> Entry:  # noqa: ANN401
    """A statement in a place, signed by whoever has the network's key."""
    link = replace(like, statement=statement_digest(signed), **changes)
    encoded = _encode(link)
    return Entry(link=encoded, signed=signed, signature=by.sign(chain.DOMAIN + encoded))


def other_words(entry: Entry) -> SignedStatement:
    """What somebody said, with a word changed."""
    changed = entry.signed.statement.replace(b'"seller"', b'"buyer"')
    return replace(entry.signed, statement=changed)


# Lies about entries


def without(sequence: int) -> Callable[[Stage], Retell]:
    def lie(_stage: Stage) -> Retell:
        return lambda entries: [each for each in entries if parse_link(each).sequence != sequence]

    return lie


def changed_on_its_way(_stage: Stage) -> Retell:
    return lambda entries: [
        replace(each, signed=other_words(each)) if parse_link(each).sequence > 1 else each
        for each in entries
    ]


def forged_by_the_operator(stage: Stage) -> Retell:
    return lambda entries: [
        placed(other_words(each), parse_link(each), by=stage.key)
        if parse_link(each).sequence > 1
        else each
        for each in entries
    ]


def signed_by_another_network(_stage: Stage) -> Retell:
    key = SigningKey.generate()
    return lambda entries: [placed(each.signed, parse_link(each), by=key) for each in entries]


def invented(stage: Stage) -> Retell:
    """East is said to have withdrawn; East has not."""

    def retell(entries: Sequence[Entry]) -> list[Entry]:
        last = parse_link(entries[-1])
        first = parse(entries[0].signed)
        said = Statement(
            id="withdrawn",
            envelope=first.envelope,
            terms=first.terms,
            author=first.author,
            act=Withdrawn(reason="other"),
            at=last.at,
            seen=last.sequence,
            head=entries[-1].hash,
        )
        forged = sign_statement(said, stage.key, card=entries[0].signed.card)
        place = {"sequence": last.sequence + 1, "previous": entries[-1].hash}
        return [*entries, placed(forged, last, by=stage.key, **place)]

    return lambda entries: retell(entries) if entries else []


def in_another_order(stage: Stage) -> Retell:
    """The two reminders, each in the other's place, and every place signed."""

    def retell(entries: Sequence[Entry]) -> list[Entry]:
        if len(entries) < _TOLD:
            return list(entries)
        story: list[Entry] = []
        for number, place in zip((0, 2, 1), entries, strict=True):
            previous = story[-1].hash if story else ""
            link = parse_link(place)
            signed = entries[number].signed
            story.append(placed(signed, link, by=stage.key, previous=previous))
        return story

    return retell


LIES: dict[str, tuple[Callable[[Stage], Retell], str]] = {
    "an entry in the middle is left out": (without(2), "gap"),
    "the newest entry is kept back": (without(_TOLD), "missing"),
    "a statement is changed on its way": (changed_on_its_way, "hash"),
    "the operator changes a statement": (forged_by_the_operator, "author-signature"),
    "what was said is told in another order": (in_another_order, "not-allowed"),
    "another network's key": (signed_by_another_network, "network-signature"),
    "the operator says what a company did not": (invented, "author-signature"),
}


@pytest.mark.parametrize(("lie", "name"), LIES.values(), ids=LIES.keys())
async def test_a_lie_about_an_entry_is_named_and_nothing_is_sealed(
    stage: Stage, lie: Callable[[Stage], Retell], name: str
) -> None:
    id_ = await talked_about(stage)
    await stage.east.company.listen()
    stage.liar.tell = retelling(lie(stage))
    log = await stage.hear(stage.west)
    assert stage.liar.told
    await stage.found_out(stage.west, id_, name, log)


# Other lies


@pytest.mark.parametrize("where", ["with the feed", "when it is asked"])
async def test_a_document_that_is_not_the_one_is_never_sealed(stage: Stage, where: str) -> None:
    id_ = await sealed_by_east(stage)

    def other(content: Content) -> Content:
        """It says that it is the one that is wanted."""
        given = plain(b"%PDF-1.7 another contract", envelope=id_)
        return replace(given, head=replace(given.head, digest=content.head.digest))

    stage.liar.tell = in_contents(other, where)
    log = await stage.hear(stage.west)
    await stage.found_out(stage.west, id_, "content", log)


@pytest.mark.parametrize("where", ["with the feed", "when it is asked"])
async def test_ciphertext_in_which_one_bit_was_changed_is_never_sealed(
    stage: Stage, where: str
) -> None:
    id_ = await sealed_by_east(stage)

    def flipped(content: Content) -> Content:
        body = bytearray(content.body)
        body[len(body) // 2] ^= 1
        return replace(content, body=bytes(body))

    stage.liar.tell = in_contents(flipped, where)
    log = await stage.hear(stage.west)
    await stage.found_out(stage.west, id_, "content", log)


async def test_two_stories_are_named_by_comparing_transcripts_and_when_the_other_is_heard(
    stage: Stage,
) -> None:
    id_ = await talked_about(stage)
    await stage.east.company.bridge.reconcile()

    def story(entries: Sequence[Entry]) -> list[Entry]:
        """What East said first came a second later, and nothing since."""
        if len(entries) < _TOLD:
            return list(entries)
        link = parse_link(entries[1])
        at = link.at + timedelta(seconds=1)
        return [entries[0], placed(entries[1].signed, link, by=stage.key, at=at)]

    def tell(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/heads"):
            heads = msgspec.json.decode(answer, type=Heads)
            return _encode(replace(heads, heads=()))
        return retelling(story)(question, answer)

    stage.liar.tell = tell
    assert await stage.west.company.listen() == 0
    assert (await stage.west.show(id_)).trouble == ()
    mine, theirs = [await each.service.transcript(CALLER, id_) for each in (stage.west, stage.east)]
    difference = compare(mine, theirs)
    assert difference is not None
    assert (difference.kind, difference.sequence) == ("forked", 2)

    stage.liar.become_honest()
    log = await stage.hear(stage.west)
    await stage.found_out(stage.west, id_, "forked", log)


@pytest.mark.parametrize("what", ["a statement", "an envelope"])
async def test_what_is_answered_and_forgotten_is_missed(stage: Stage, what: str) -> None:
    id_ = ""
    if what == "a statement":
        id_ = (await stage.west.create(parties=parties())).envelope.id
        await stage.west.company.bridge.outbox.send(id_)
        await stage.west.service.remind(CALLER, id_, "buyer")
    forgotten = "/statements" if what == "a statement" else "/parcels"

    def answered(question: Question) -> bytes | None:
        """As if the network had taken it: the place is right, and signed with its key."""
        if question.method != "POST" or not question.path.endswith(forgotten):
            return None
        if what == "a statement":
            signed = msgspec.json.decode(question.body, type=SignedStatement)
        else:
            signed = msgspec.msgpack.decode(question.body, type=Parcel).statement
        said = parse(signed)
        link = Link(
            envelope=said.envelope,
            sequence=said.seen + 1,
            previous=said.head,
            statement="",
            at=stage.street.clock.now(),
        )
        return _encode(placed(signed, link, by=stage.key))

    stage.liar.invent = answered
    if what == "an envelope":
        id_ = (await stage.west.create(parties=parties())).envelope.id
    await stage.west.company.bridge.outbox.send(id_)
    assert stage.liar.told
    log = await stage.hear(stage.west)
    await stage.found_out(stage.west, id_, "missing", log)


async def test_an_older_record_after_a_newer_one_is_missed(stage: Stage) -> None:
    id_ = await talked_about(stage)
    await stage.west.company.bridge.reconcile()
    assert (await stage.west.show(id_)).sequence == _TOLD

    def older(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/heads"):
            heads = msgspec.json.decode(answer, type=Heads)
            first = tuple(replace(each, sequence=1, hash=hashes[0]) for each in heads.heads)
            return _encode(replace(heads, heads=first))
        return retelling(lambda entries: entries[:1])(question, answer)

    kept = await stage.west.company.bridge.state(id_)
    assert kept is not None
    hashes = kept.hashes
    stage.liar.tell = older
    log = await stage.hear(stage.west)
    await stage.found_out(stage.west, id_, "missing", log)


async def test_a_partners_keys_that_were_swapped_are_not_believed(stage: Stage) -> None:
    """The operator gives East a card of its own making, and says with its key what East said."""
    id_ = await sealed_by_east(stage)
    thief, stranger = SigningKey.generate(), Authority()

    def swapped(record: EnvelopeRecord) -> EnvelopeRecord:
        known = stage.east.company.bridge.card
        card = stranger.sealed(replace(known, signing_key=thief.public))
        others = [
            each
            for each in record.cards
            if msgspec.json.decode(each.card, type=Card).organisation != EAST
        ]
        said = [sign_statement(parse(each.signed), thief, card=1) for each in record.entries]
        story: list[Entry] = []
        for signed, place in zip(said, record.entries, strict=True):
            previous = story[-1].hash if story else ""
            link = parse_link(place)
            story.append(placed(signed, link, by=stage.key, previous=previous))
        return replace(record, entries=tuple(story), cards=(card, *others))

    stage.liar.tell = in_records(swapped)
    await stage.hear(stage.west)
    told = await stage.west.show(id_)
    assert told.status == "held"
    assert stage.west.signed == 0
    assert stage.west.company.ground.cards.newest(EAST) != thief.public

    # What was told with the thief's key was not kept: the truth is believed once it is told.
    stage.liar.become_honest()
    await stage.hear(stage.west)
    assert stage.west.company.ground.cards.newest(EAST) == stage.east.company.bridge.card


async def test_what_is_no_answer_and_another_key_are_named_and_nothing_is_asked_of_it(
    stage: Stage,
) -> None:
    id_ = await sealed_by_east(stage)

    def other(question: Question, answer: bytes) -> bytes:
        if question.asks("/v1/feed"):
            return b"<html>a proxy's page</html>"
        if not question.asks("/v1/identity"):
            return answer
        told = msgspec.json.decode(answer, type=NetworkIdentity)
        return _encode(replace(told, signing_key=SigningKey.generate().public))

    stage.liar.tell = other
    bridge = stage.west.company.bridge
    with capture_logs() as log:
        for _ in range(2):
            assert await stage.west.company.listen() > 0
    assert bridge.tally.lies == {"unreadable": 1, "network-key": 1}
    lies = [each["trouble"] for each in log if each["event"] == "network_lies"]
    assert lies == ["unreadable", "network-key"]
    assert not bridge.is_here
    assert id_ not in [each.id for each in (await listed(stage.west))]
    stage.liar.become_honest()
    await settle(stage.west, stage.east)
    assert (await stage.west.show(id_)).status == "completed"


async def listed(room: Room) -> Sequence[EnvelopeTold]:
    return (await room.service.listing(CALLER, status=None, after=None, most=50)).envelopes


# Honesty


def as_it_is(stage: Stage) -> Callable[[Question, bytes], bytes]:
    del stage
    return lambda _question, answer: answer


def backwards(_stage: Stage) -> Callable[[Question, bytes], bytes]:
    return retelling(lambda entries: list(reversed(entries)))


def twice(_stage: Stage) -> Callable[[Question, bytes], bytes]:
    def tell(question: Question, answer: bytes) -> bytes:
        if not question.asks("/v1/feed"):
            return answer
        feed = read_feed(answer)
        return _pack(replace(feed, items=(*feed.items, *feed.items)))

    return tell


def all_again(_stage: Stage) -> Callable[[Question, bytes], bytes]:
    """Every page brings all that was ever told as well, the oldest last."""
    before: list[Any] = []

    def tell(question: Question, answer: bytes) -> bytes:
        if not question.asks("/v1/feed"):
            return answer
        feed = read_feed(answer)
        given = replace(feed, items=(*feed.items, *reversed(before)))
        before.extend(feed.items)
        return _pack(given)

    return tell


def late(_stage: Stage) -> Callable[[Question, bytes], bytes]:
    """A page comes when the next one was asked for."""
    waiting: list[Any] = []

    def tell(question: Question, answer: bytes) -> bytes:
        if not question.asks("/v1/feed"):
            return answer
        feed = read_feed(answer)
        given = replace(feed, items=tuple(waiting))
        waiting[:] = feed.items
        return _pack(given)

    return tell


@pytest.mark.parametrize("telling", [as_it_is, backwards, twice, all_again, late])
async def test_what_comes_late_or_twice_or_in_another_order_is_no_lie(
    stage: Stage, telling: Callable[[Stage], Callable[[Question, bytes], bytes]]
) -> None:
    stage.liar.tell = telling(stage)
    id_ = (await stage.east.create()).envelope.id
    with capture_logs() as log:
        for _ in range(4):
            await settle(stage.east, stage.west)
    for room in (stage.east, stage.west):
        told = await room.show(id_)
        assert (told.status, told.trouble) == ("completed", ())
        assert room.company.bridge.tally.lies == {}
        assert room.signed == 1
        assert (await room.company.bridge.reconcile()).is_clean
    assert not [each for each in log if each["event"] in {"network_lies", "envelope_trouble"}]
