"""Feeds come in pages that fit into memory, and lead on after a backup was put back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes.statements import Revision, Signed
from tests.network_house import Company, NetworkHouse, network_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path) as house:
        yield house


@pytest.fixture
async def buyer(house: NetworkHouse) -> Company:
    return await house.company("买方有限公司")


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
    buyer: Company, house: NetworkHouse
) -> None:
    waiting = [asyncio.create_task(buyer.feed(wait=60)) for _ in range(5)]
    async with asyncio.timeout(20):
        while not house.core.feeds.waiting:
            await asyncio.sleep(0)
        await buyer.draft(buyer.party("buyer"), mode="digest").send()
        told = await asyncio.gather(*waiting)
    assert [len(feed.items) for feed in told] == [1] * 5


async def test_who_waits_when_the_network_stops_is_let_go(tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        async with network_house(tmp_path) as house:
            buyer = await house.company("买方有限公司")
            waiting = asyncio.create_task(buyer.feed(wait=300))
            while not house.core.feeds.waiting:
                await asyncio.sleep(0)
            house.core.feeds.close()
            assert (await waiting).items == ()
