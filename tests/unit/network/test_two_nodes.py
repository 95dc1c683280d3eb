"""Several nodes of the network share a PostgreSQL server: one chain, one feed, at each of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.envelopes.record import check
from cloud_bridge.envelopes.statements import Declined, Opened, Reminded
from cloud_bridge.keys import SigningKey
from tests.network_house import Company, Draft, HouseTime, NetworkHouse, network_house
from tests.postgres_server import Server, postgres
from tests.seals_of_companies import sign_card

__all__ = ["postgres"]


@pytest.fixture
async def nodes(postgres: Server, tmp_path: Path) -> AsyncIterator[list[NetworkHouse]]:
    time = HouseTime()
    shared = {
        "store": {"url": postgres.database().url},
        "contents_directory": tmp_path / "contents",
    }
    async with AsyncExitStack() as stack:
        houses = []
        for name in ("one", "two"):
            keys = tmp_path / name
            keys.mkdir()
            if houses:
                for file in houses[0].directory.glob("*.pem"):
                    (keys / file.name).write_bytes(file.read_bytes())
            house = await stack.enter_async_context(network_house(keys, time=time, **shared))
            houses.append(house)
        houses[1].companies = houses[0].companies
        houses[1].published = houses[0].published
        yield houses


def _elsewhere(company: Company, house: NetworkHouse) -> Company:
    """The same company, at another node."""
    return Company(
        house=house,
        id=company.id,
        name=company.name,
        seal=company.seal,
        signing=company.signing,
        encryption=company.encryption,
    )


async def test_what_one_node_takes_wakes_who_waits_at_the_other(nodes: list[NetworkHouse]) -> None:
    one, two = nodes
    buyer = await one.company("买方有限公司")
    seller = _elsewhere(await one.company("Seller Ltd"), two)
    draft = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))
    waiting = asyncio.create_task(seller.feed(wait=60))
    async with asyncio.timeout(20):
        while not two.core.feeds.waiting:
            await asyncio.sleep(0)
        await draft.send()
        feed = await waiting
        assert [item.envelope for item in feed.items] == [draft.id]
        more = asyncio.create_task(seller.feed(feed.cursor, wait=60))
        await draft.say(Opened(), by=buyer, party="buyer")
        assert [item.sequence for item in (await more).items] == [2]


async def test_its_own_words_at_any_node_hide_nothing_that_others_say_at_another(
    nodes: list[NetworkHouse],
) -> None:
    one, two = nodes
    buyer = await one.company("买方有限公司")
    near = await one.company("Seller Ltd")
    seller = _elsewhere(near, two)
    draft = buyer.draft(seller.party("seller"), buyer.party("buyer", turn=2), mode="digest")
    await draft.send()
    cursor = (await seller.feed()).cursor
    waiting = asyncio.create_task(seller.feed(cursor, wait=60))
    async with asyncio.timeout(20):
        while not two.core.feeds.waiting:
            await asyncio.sleep(0)
        await draft.say(Opened(), by=near, party="seller")
        # What this node is told of its own last must not be all that it looks for.
        await draft.say(Reminded(party="seller"), by=buyer)
        own = await draft.statement(Declined(reason="price"), by=seller, party="seller")
        await seller.state(own, envelope=draft.id)
        feed = await waiting
    told = [item.sequence for item in feed.items]
    assert told in ([2, 3], [2, 3, 4])
    told += [item.sequence for item in (await seller.feed(feed.cursor)).items]
    assert told == [2, 3, 4]


async def test_statements_at_both_nodes_become_one_chain_without_a_gap(
    nodes: list[NetworkHouse],
) -> None:
    one, two = nodes
    buyer = await one.company("买方有限公司")
    seller = await one.company("Seller Ltd")
    drafts = [
        buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2), mode="digest")
        for _ in range(3)
    ]
    for draft in drafts:
        await draft.send()
    far = _elsewhere(buyer, two)

    async def say(draft: Draft, company: Company, count: int) -> None:
        for number in range(count):
            statement = draft.said(
                Reminded(party="buyer"), by=company, id=f"{id(company)}-{number}", **seen[draft.id]
            )
            await company.state(draft.sign(statement, by=company), envelope=draft.id)

    seen = {draft.id: await _first(draft) for draft in drafts}
    await asyncio.gather(*(say(draft, company, 10) for draft in drafts for company in (buyer, far)))
    for draft in drafts:
        records = [await each.record(draft.id) for each in (buyer, far)]
        assert records[0] == records[1]
        state = check(records[0], network_key=one.network_key, cards=one.cards)
        assert state.sequence == 21
    items, cursor = [], ""
    while (feed := await far.feed(cursor)).items:
        items += feed.items
        cursor = feed.cursor
    for draft in drafts:
        told = [item.sequence for item in items if item.envelope == draft.id]
        assert told == list(range(1, 22))


async def _first(draft: Draft) -> dict[str, object]:
    state = await draft.now()
    return {"seen": state.sequence, "head": state.head}


async def test_signed_at_one_node_and_at_the_other(nodes: list[NetworkHouse]) -> None:
    one, two = nodes
    buyer = await one.company("买方有限公司")
    seller = _elsewhere(await one.company("Seller Ltd"), two)
    draft = buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2))
    await draft.send()
    await draft.signed(by=buyer, party="buyer")
    await draft.signed(by=seller, party="seller")
    assert (await draft.now()).status == "completed"


async def test_a_new_key_counts_at_once_at_the_other_node(nodes: list[NetworkHouse]) -> None:
    one, two = nodes
    buyer = await one.company("买方有限公司")
    far = _elsewhere(buyer, two)
    assert (await far.heads()).heads == ()
    fresh = SigningKey.generate()
    buyer.serial = 2
    card = msgspec.structs.replace(buyer.card, signing_key=fresh.public)
    await buyer.ask("PUT", "/v1/card", sign_card(card, buyer.seal))
    far.signing = fresh
    assert (await far.heads()).heads == ()
