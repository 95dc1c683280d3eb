"""The feed brings along what its reader would get if it asked, and nothing more."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.encryption import encrypt, opened
from cloud_bridge.envelopes.statements import Declined, Forwarded, Opened, Revision, Signed
from cloud_bridge.model import ContentMode
from cloud_bridge.network.records import bringing
from cloud_bridge.network.records.bringing import Bringing
from cloud_bridge.wire import Feed
from tests.network_house import PAPER, Company, Draft, NetworkHouse, ProblemAnswer, network_house

_DIGEST = hashlib.sha256(PAPER).hexdigest()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path, limits={"content_days": 1}) as house:
        yield house


def records(feed: Feed) -> list[str]:
    """Envelopes of which the page brings the record."""
    return [item.envelope for item in feed.items if item.record is not None]


def digests(feed: Feed) -> list[str]:
    return [content.head.digest for content in feed.contents]


async def say_with_large(draft: Draft, *, by: Company, party: str, size: int) -> Revision:
    """Sign with a document that is so much longer than the one before."""
    body = PAPER + bytes(size)
    act = await draft.signature(by=by, party=party)
    await by.put(draft.content(body))
    digest = hashlib.sha256(body).hexdigest()
    revision: Revision = msgspec.structs.replace(act.revisions[0], digest=digest, size=len(body))
    await draft.say(Signed(revisions=(revision,)), by=by, party=party)
    return revision


async def test_who_is_sent_an_envelope_gets_it_whole_with_its_documents(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    await draft.say(Opened(), by=buyer, party="buyer")
    feed = await seller.feed_along()
    assert [item.record for item in feed.items] == [await seller.record(draft.id), None]
    (content,) = feed.contents
    assert content == await seller.content(draft.id, _DIGEST)
    assert opened(content, organisation=seller.id, key=seller.encryption) == PAPER
    own = await buyer.feed_along()
    assert (records(own), own.contents, len(own.items)) == ([], (), 2)


async def test_whoever_does_not_ask_for_it_reads_the_feed_as_it_always_was(
    draft: Draft, seller: Company
) -> None:
    await draft.send()
    answer = await seller.ask("GET", "/v1/feed?after=&wait=0")
    told = msgspec.json.decode(answer)
    assert set(told) == {"items", "cursor"}
    assert [set(item) for item in told["items"]] == [{"envelope", "sequence", "entry"}]


async def test_of_a_document_that_others_have_signed_the_newest_comes_along(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    cursor = (await seller.feed()).cursor
    await draft.signed(by=buyer, party="buyer")
    newest = (await draft.now()).current["合同.pdf"]
    for after, whole in (("", [draft.id]), (cursor, [])):
        feed = await seller.feed_along(after)
        assert (records(feed), digests(feed)) == (whole, [newest])
    cursor = (await seller.feed()).cursor
    await draft.signed(by=seller, party="seller")
    # What it has signed itself it has.
    for after in ("", cursor):
        assert digests(await seller.feed_along(after)) == []
    told = await buyer.feed_along()
    assert digests(told) == [(await draft.now()).current["合同.pdf"]]


async def test_whoever_comes_in_later_gets_all_of_it(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    third = await house.company("Third GmbH")
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    newest = (await draft.now()).current["合同.pdf"]
    body = await seller.content(draft.id, newest)
    document = opened(body, organisation=seller.id, key=seller.encryption)
    await draft.say(Forwarded(account=third.id, name=third.name), by=seller, party="seller")
    # Nobody has encrypted it to the third yet: what it could not open is not brought.
    feed = await third.feed_along()
    assert (records(feed), digests(feed)) == ([draft.id], [])
    await buyer.put(encrypt(document, envelope=draft.id, cards=[third.card]))
    (content,) = (await third.feed_along()).contents
    assert opened(content, organisation=third.id, key=third.encryption) == document


async def test_a_stranger_gets_nothing_more_than_its_feed(
    draft: Draft, seller: Company, house: NetworkHouse
) -> None:
    stranger = await house.company("Stranger GmbH")
    await draft.send()
    assert await stranger.feed_along() == Feed(items=(), cursor="0")
    # Were it told of the envelope all the same, nothing of it would come along.
    feed = await seller.feed()
    along = Bringing(house.core.lane, house.core.contents)
    assert await along.along(feed, reader=stranger.id) == feed
    assert (await along.along(feed, reader=seller.id)).contents


async def test_a_party_that_has_left_gets_nothing_more_than_its_feed(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    third = await house.company("Third GmbH")
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    assert (await seller.feed_along()).contents
    await draft.say(Forwarded(account=third.id, name=third.name), by=seller, party="seller")
    assert await seller.feed_along() == await seller.feed()
    with pytest.raises(ProblemAnswer):
        await seller.content(draft.id, _DIGEST)


@pytest.mark.parametrize("mode", ["digest", "open"])
async def test_contents_come_along_as_the_terms_let_the_network_hold_them(
    mode: ContentMode, buyer: Company, seller: Company
) -> None:
    draft = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2), mode=mode)
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    feed = await seller.feed_along()
    assert records(feed) == [draft.id]
    newest = (await draft.now()).current["合同.pdf"]
    assert digests(feed) == ([] if mode == "digest" else [newest])


@pytest.mark.parametrize("more", [-2000, 1])
async def test_what_is_large_is_asked_for(
    more: int, draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    size = bringing.MOST_EACH - len(PAPER) + more
    revision = await say_with_large(draft, by=buyer, party="buyer", size=size)
    feed = await seller.feed_along()
    assert digests(feed) == ([revision.digest] if more < 0 else [])
    assert records(feed) == [draft.id]
    assert (await seller.content(draft.id, revision.digest)).head.size == revision.size


async def test_a_record_that_is_large_is_asked_for(
    draft: Draft, buyer: Company, seller: Company
) -> None:
    await draft.send()
    act = await draft.signature(by=buyer, party="buyer")
    large: Revision = msgspec.structs.replace(act.revisions[0], container=b"\x30" * 400_000)
    await draft.say(Signed(revisions=(large,)), by=buyer, party="buyer")
    feed = await seller.feed_along()
    assert (records(feed), digests(feed)) == ([], [large.digest])
    assert len((await seller.record(draft.id)).entries) == 2


async def test_a_page_brings_so_much_along_and_no_more(
    buyer: Company, seller: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2)) for _ in range(3)]
    for draft in drafts:
        await draft.send()
    first, second = drafts[0].id, drafts[1].id
    whole = await seller.feed_along()
    assert (len(records(whole)), len(whole.contents)) == (3, 3)
    record = whole.items[0].record
    assert record is not None
    length = len(record.terms) + sum(len(each.card) + len(each.proof) for each in record.cards)
    length += sum(len(msgspec.json.encode(each)) for each in record.entries)
    head = max(len(msgspec.json.encode(each.head)) for each in whole.contents)
    body = len(whole.contents[0].body) + head
    for most, told in (
        (length - 1, ([], [])),
        (length, ([first], [])),
        (length + body, ([first], [first])),
        (2 * (length + body) + 100, ([first, second], [first, second])),
    ):
        monkeypatch.setattr(bringing, "MOST_BYTES", most)
        feed = await seller.feed_along()
        envelopes = [content.head.envelope for content in feed.contents]
        assert (records(feed), envelopes) == told
        assert [item.entry for item in feed.items] == [item.entry for item in whole.items]


async def test_what_was_forgotten_does_not_come_along(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    await draft.send()
    await draft.say(Declined(reason="price"), by=buyer, party="buyer")
    assert digests(await seller.feed_along()) == [_DIGEST]
    await house.core.contents.sweep()
    house.time.move(timedelta(days=2))
    assert await house.core.contents.sweep() == 1
    feed = await seller.feed_along()
    assert (records(feed), feed.contents) == ([draft.id], ())


async def test_a_body_that_cannot_be_read_keeps_back_nothing_else(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    await draft.send()
    for file in house.core.config.contents.rglob(f"{_DIGEST}-*"):
        file.unlink()
        file.mkdir()
    other = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))
    await other.send()
    feed = await seller.feed_along()
    assert records(feed) == [draft.id, other.id]
    assert [content.head.envelope for content in feed.contents] == [other.id]
