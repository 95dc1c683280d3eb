"""What the feed brings along is used as if it had been asked for, and believed as little."""

from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.chain import EnvelopeRecord
from cloud_bridge.envelopes.statements import Declined
from cloud_bridge.wire import Content, Feed
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Company, contract
from tests.envelope_house import WEST, Room, Town, play, settle
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock


def asked(town: Town, organisation: str) -> Counter[str]:
    return Counter(what for who, what in town.network.asked if who == organisation)


@pytest.mark.parametrize("brings", [True, False])
def test_what_came_along_is_not_asked_for(tmp_path: Path, *, brings: bool) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        town.network.brings = brings
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        for room in (east, west):
            assert (await room.show(id_)).status == "completed"
        questions = {"content", "envelope"} & asked(town, WEST).keys()
        assert questions == (set() if brings else {"content", "envelope"})

    play(tmp_path, scene)


def test_what_came_to_another_node_or_before_a_restart_is_asked_for(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east)
        await west.company.listen()
        (content,) = [each for (of, _), each in town.network.contents.items() if of == id_][-1:]
        brought = west.company.ground.brought
        assert brought.take(WEST, id_, content.head.digest) == content
        await settle(east, west)
        assert (await west.show(id_)).status == "completed"
        assert asked(town, WEST)["content"] == 1

    play(tmp_path, scene)


@pytest.fixture
async def owed(buyer: Company, seller: Company, clock: FakeClock) -> str:
    """A contract that has come to the network, and of which the seller has heard nothing."""
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    return terms.envelope


async def test_the_record_of_another_envelope_is_named_and_nothing_of_it_is_kept(
    buyer: Company, seller: Company, owed: str, network: MemoryNetwork, clock: FakeClock
) -> None:
    second = contract(2, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(second)
    assert await buyer.bridge.outbox.send(second.envelope)

    def crossed(told: object) -> object:
        if not isinstance(told, Feed):
            return told
        by_envelope = {item.envelope: item.record for item in told.items}
        other = {owed: second.envelope, second.envelope: owed}
        items = (replace(each, record=by_envelope[other[each.envelope]]) for each in told.items)
        return replace(told, items=tuple(items))

    network.tell = crossed
    assert await seller.listen() == 0

    assert seller.bridge.tally.lies == {"other-terms": 2}
    for envelope in (owed, second.envelope):
        assert await seller.ground.envelopes.by_id(seller.id, envelope) is None
    network.tell = lambda told: told
    await seller.bridge.reconcile()
    assert (await seller.row(owed)).status == "signing"


async def test_a_record_with_an_entry_that_was_changed_is_named_as_one_that_was_asked_for(
    seller: Company, owed: str, network: MemoryNetwork
) -> None:
    def changed(told: object) -> object:
        if not isinstance(told, EnvelopeRecord):
            return told
        entries = (replace(each, signature=bytes(64)) for each in told.entries)
        return replace(told, entries=tuple(entries))

    network.tell = changed
    await seller.listen()
    row = await seller.row(owed)
    assert (row.status, row.sequence) == ("held", 0)
    assert [type_ for type_, _ in troubles_in(row)] == ["network-signature"]


async def test_a_record_of_what_is_here_already_changes_nothing(
    seller: Company, owed: str, network: MemoryNetwork
) -> None:
    await seller.listen()
    before = await seller.row(owed)
    feed = await network.of(seller.id).feed("", wait_seconds=0)
    assert feed.items[0].record is not None
    emptied = replace(feed.items[0].record, entries=())
    feed = replace(feed, items=(replace(feed.items[0], record=emptied),))
    assert await seller.bridge.inbox.take(feed) == 0
    assert await seller.row(owed) == before


@pytest.mark.parametrize("left", [0, 1])
async def test_a_record_that_ends_before_what_is_told_with_it_is_asked_for_instead(
    buyer: Company, seller: Company, owed: str, network: MemoryNetwork, left: int
) -> None:
    state = await buyer.bridge.state(owed)
    assert state is not None
    act = Declined(reason="price")
    await buyer.network_say(buyer.bridge.statement(state, act, id="no", party="buyer"))

    def shortened(told: object) -> object:
        if not isinstance(told, Feed):
            return told
        items = (
            each
            if each.record is None
            else replace(each, record=replace(each.record, entries=each.record.entries[:left]))
            for each in told.items
        )
        return replace(told, items=tuple(items))

    network.tell = shortened
    network.asked.clear()

    assert await seller.listen() == 0  # no reason to pause

    row = await seller.row(owed)
    assert (row.status, row.sequence) == ("declined", 2)
    assert ("org-seller", "envelope") in network.asked


@pytest.mark.usefixtures("owed")
async def test_what_nobody_asked_for_fills_no_memory(
    seller: Company, owed: str, network: MemoryNetwork
) -> None:
    large = bytes(1 << 20)

    def flooding(told: object) -> object:
        if not isinstance(told, Feed):
            return told
        foreign = [plain(bytes([n]) + large, envelope=f"another-{n}") for n in range(20)]
        named = [plain(bytes([n]) + large, envelope=owed) for n in range(40)]
        return replace(told, contents=(*foreign, *named, *told.contents))

    network.tell = flooding
    assert await seller.listen() == 0

    brought = seller.ground.brought
    assert 15 << 20 < brought.bytes <= 16 << 20
    digest = sha256(PAPER)
    assert brought.take(seller.id, "another-1", sha256(b"\1" + large)) is None
    assert brought.take(seller.id, owed, digest) == network.contents[owed, digest]
    seller.clock.seconds += 120
    await seller.listen()
    assert brought.bytes == 0


async def test_each_company_of_a_gateway_takes_what_was_brought_to_itself(
    seller: Company, owed: str
) -> None:
    await seller.listen()
    content: Content | None = seller.ground.brought.take("org-other", owed, sha256(PAPER))
    assert content is None
    assert seller.ground.brought.take(seller.id, owed, sha256(PAPER)) is not None
