"""Feeds come in pages that fit into memory, and lead on after a backup was put back."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes.statements import Acknowledged, Opened, Reminded, Revision, Signed
from cloud_bridge.network.records import feed as feeds
from tests.network_house import Company, Draft, NetworkHouse, network_house


@pytest.fixture
async def draft(buyer: Company, seller: Company) -> Draft:
    """Sent by the buyer, to be signed by the seller first."""
    draft = buyer.draft(seller.party("seller"), buyer.party("buyer", turn=2), mode="digest")
    await draft.send()
    return draft


async def waits(house: NetworkHouse) -> None:
    """Go on once somebody waits for its feed."""
    while not house.core.feeds.waiting:
        await asyncio.sleep(0)


async def test_large_entries_come_in_several_pages(buyer: Company) -> None:
    sent = []
    for _ in range(4):
        draft = buyer.draft(buyer.party("buyer"), mode="digest")
        await draft.send()
        act = await draft.signature(by=buyer, party="buyer")
        large: Revision = msgspec.structs.replace(act.revisions[0], container=b"\x30" * 1_400_000)
        await draft.say(Signed(revisions=(large,)), by=buyer, party="buyer")
        sent.append(draft.id)
    pages = []
    cursor = ""
    while (feed := await buyer.feed(cursor)).items:
        pages.append(feed.items)
        cursor = feed.cursor
    assert len(pages) > 1
    told = [(item.envelope, item.sequence) for page in pages for item in page]
    assert told == [(envelope, sequence) for envelope in sent for sequence in (1, 2, 3)]


async def test_a_cursor_that_is_ahead_leads_on_from_where_the_feed_is(buyer: Company) -> None:
    first = buyer.draft(buyer.party("buyer"), mode="digest")
    await first.send()
    feed = await buyer.feed("1000")
    assert feed.items == ()
    second = buyer.draft(buyer.party("buyer"), mode="digest")
    await second.send()
    assert [item.envelope for item in (await buyer.feed(feed.cursor)).items] == [second.id]


async def test_several_who_wait_for_one_organisation_all_hear(
    buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    waiting = [asyncio.create_task(seller.feed(wait=60)) for _ in range(5)]
    async with asyncio.timeout(20):
        await waits(house)
        parties = (buyer.party("buyer"), seller.party("seller", turn=2))
        await buyer.draft(*parties, mode="digest").send()
        told = await asyncio.gather(*waiting)
    assert [len(feed.items) for feed in told] == [1] * 5


async def test_who_waits_when_the_network_stops_is_let_go(tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        async with network_house(tmp_path) as house:
            buyer = await house.company("买方有限公司")
            waiting = asyncio.create_task(buyer.feed(wait=300))
            await waits(house)
            house.core.feeds.close()
            assert (await waiting).items == ()


async def test_who_waits_is_not_called_for_its_own_words_and_hears_them_in_their_place(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    cursor = (await seller.feed()).cursor
    waiting = asyncio.create_task(seller.feed(cursor, wait=60))
    async with asyncio.timeout(20):
        await waits(house)
        await draft.say(Opened(), by=seller, party="seller")
        await draft.say(Reminded(party="seller"), by=buyer)
        feed = await waiting
    assert [item.sequence for item in feed.items] == [2, 3]
    assert (await seller.feed(feed.cursor)).items == ()


async def test_whoever_has_said_something_before_it_asks_waits_for_what_others_say(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse
) -> None:
    cursor = (await seller.feed()).cursor
    await draft.say(Opened(), by=seller, party="seller")
    waiting = asyncio.create_task(seller.feed(cursor, wait=60))
    async with asyncio.timeout(20):
        await waits(house)
        await draft.say(Reminded(party="seller"), by=buyer)
        assert [item.sequence for item in (await waiting).items] == [2, 3]


async def all_but_the_buyer_signed(draft: Draft, buyer: Company, seller: Company) -> str:
    """The buyer is the last; gives the cursor up to which it has been told."""
    act = await draft.signature(by=seller, party="seller")
    await draft.say(act, by=seller, party="seller")
    return (await buyer.feed()).cursor


@pytest.mark.parametrize("when", ["before it asks", "while it waits"])
async def test_whoever_signs_last_is_not_called_for_the_end_that_it_had_with_the_answer(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse, when: str
) -> None:
    cursor = await all_but_the_buyer_signed(draft, buyer, seller)
    act = await draft.signature(by=buyer, party="buyer")
    if when == "before it asks":
        await draft.say(act, by=buyer, party="buyer")
    waiting = asyncio.create_task(buyer.feed_along(cursor, wait=60))
    async with asyncio.timeout(20):
        await waits(house)
        if when == "while it waits":
            await draft.say(act, by=buyer, party="buyer")
        state = await draft.now()
        assert (state.status, state.sequence) == ("completed", 4)
        holds = Acknowledged(sequence=state.sequence, head=state.head)
        await draft.say(holds, by=seller)
        feed = await waiting
    # Signed, completed, and what called it.
    assert [item.sequence for item in feed.items] == [3, 4, 5]
    assert (await buyer.feed_along(feed.cursor)).items == ()


@pytest.mark.parametrize("who", ["who signed before", "a gateway of before"])
async def test_the_end_calls_whoever_did_not_have_it_with_an_answer(
    draft: Draft, buyer: Company, seller: Company, house: NetworkHouse, who: str
) -> None:
    cursor = await all_but_the_buyer_signed(draft, buyer, seller)
    if who == "who signed before":
        seen = (await seller.feed()).cursor
        waiting = asyncio.create_task(seller.feed_along(seen, wait=60))
    else:  # which does not ask `with=contents`, and may read no more of an answer than its entry
        waiting = asyncio.create_task(buyer.feed(cursor, wait=60))
    async with asyncio.timeout(20):
        await waits(house)
        await draft.say(await draft.signature(by=buyer, party="buyer"), by=buyer, party="buyer")
        assert [item.sequence for item in (await waiting).items] == [3, 4]


async def test_a_page_that_begins_with_the_end_of_its_own_word_calls_its_reader(
    draft: Draft, buyer: Company, seller: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = await all_but_the_buyer_signed(draft, buyer, seller)
    await draft.say(await draft.signature(by=buyer, party="buyer"), by=buyer, party="buyer")
    monkeypatch.setattr(feeds, "_PAGE", 1)
    async with asyncio.timeout(20):
        own = await buyer.feed_along(cursor, wait=60)
        end = await buyer.feed_along(own.cursor, wait=60)
    assert [[item.sequence for item in each.items] for each in (own, end)] == [[3], [4]]


@pytest.mark.parametrize("when", ["before it asks", "while it waits"])
async def test_its_own_words_come_when_its_wait_ends(
    draft: Draft, seller: Company, house: NetworkHouse, when: str
) -> None:
    cursor = (await seller.feed()).cursor
    if when == "before it asks":
        await draft.say(Opened(), by=seller, party="seller")
    waiting = asyncio.create_task(seller.feed(cursor, wait=1))
    async with asyncio.timeout(20):
        if when == "while it waits":
            await waits(house)
            await draft.say(Opened(), by=seller, party="seller")
        feed = await waiting
    assert [item.sequence for item in feed.items] == [2]
    assert (await seller.feed(feed.cursor)).items == ()


async def test_a_page_full_of_its_own_words_does_not_hide_what_comes_behind_it(
    buyer: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_PAGE", 2)
    sent = [buyer.draft(buyer.party("buyer"), mode="digest") for _ in range(3)]
    for draft in sent:
        await draft.send()
    async with asyncio.timeout(20):
        first = await buyer.feed(wait=60)
    second = await buyer.feed(first.cursor)
    told = [item.envelope for item in (*first.items, *second.items)]
    assert told == [draft.id for draft in sent]
