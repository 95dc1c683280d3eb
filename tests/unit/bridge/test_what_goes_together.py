"""Contents and what stands on them leave in one request, and end as if each had gone by itself."""

from unittest.mock import patch

import pytest
from msgspec.structs import replace

from cloud_bridge.envelopes.statements import Reminded
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.model import Terms
from cloud_bridge.wire import Parcel, Taken
from gateway.envelopes.carriage import packing
from gateway.envelopes.carriage.owed import together
from gateway.envelopes.keeping.troubles import Trouble, troubles_in
from tests.bridge_house import Company, contract
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock
from tests.unit.bridge.conftest import Open
from tests.unit.bridge.test_what_has_no_room import SIGNED, owed, say, sent, signature


async def owed_signature(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract that is at the network, and what the buyer signs of it is owed."""
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, party="buyer")
    return terms


async def left(company: Company, terms: Terms) -> list[str]:
    rows = await company.ground.owed.of_envelope(company.id, terms.envelope)
    return [each.kind for each in rows]


def asked_by(network: MemoryNetwork, company: Company) -> list[str]:
    return [what for who, what in network.asked if who == company.id]


async def test_an_envelope_and_a_signature_are_one_request_each(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.ground.cards.ask(buyer.bridge.network, seller.id)
    network.asked.clear()
    assert await buyer.bridge.outbox.send(terms.envelope)
    assert asked_by(network, buyer) == ["bring"]
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, party="buyer")

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert asked_by(network, buyer) == ["bring", "bring"]
    assert await left(buyer, terms) == []
    assert buyer.bridge.tally.sent == 4
    assert {sha256(PAPER), sha256(SIGNED)} == {digest for _, digest in network.contents}
    await seller.listen()
    assert (await seller.row(terms.envelope)).sequence == 2


async def test_what_is_too_large_to_leave_together_goes_one_by_one(
    buyer: Company,
    seller: Company,
    network: MemoryNetwork,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "_MOST_TOGETHER_BYTES", len(SIGNED) - 1)
    terms = await owed_signature(buyer, seller, clock)
    network.asked.clear()

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert asked_by(network, buyer) == ["put_content", "state"]
    assert await left(buyer, terms) == []


async def test_what_has_no_room_is_brought_once_a_round(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed_signature(buyer, seller, clock)
    network.is_full = True
    for _ in range(2):
        network.asked.clear()
        assert not await buyer.bridge.outbox.send(terms.envelope)
        assert asked_by(network, buyer) == ["bring"]
        assert await left(buyer, terms) == ["content", "statement"]
        told = [type_ for type_, _ in troubles_in(await buyer.row(terms.envelope))]
        assert told == ["refused-content-quota"]
    network.is_full = False
    assert await buyer.bridge.outbox.send(terms.envelope)
    assert await left(buyer, terms) == []


async def test_of_digests_alone_no_content_leaves(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    assert await seller.listen() == 0
    assert await buyer.listen() == 0
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock, mode="digest")
    await buyer.owe_envelope(terms)
    network.asked.clear()

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert "send" in asked_by(network, buyer)
    assert not {"bring", "put_content"} & set(asked_by(network, buyer))
    assert network.contents == {}


async def test_an_answer_that_was_lost_is_asked_for_again_and_it_counts_once(
    opened: Open, network: MemoryNetwork, clock: FakeClock
) -> None:
    bring = Side.bring

    async def unanswered(side: Side, parcel: Parcel) -> Taken:
        await bring(side, parcel)
        raise NetworkAwayError("the answer was lost")

    async with opened("org-buyer") as buyer, opened("org-seller") as seller:
        terms = await owed_signature(buyer, seller, clock)
        with patch.object(Side, "bring", unanswered), pytest.raises(NetworkAwayError):
            await buyer.bridge.outbox.send(terms.envelope)
        assert await left(buyer, terms) == ["content", "statement"]
    async with opened("org-buyer") as again:
        assert await again.bridge.outbox.send(terms.envelope)
        assert await left(again, terms) == []
        assert (await again.row(terms.envelope)).sequence == 2
    assert len(network.envelopes[terms.envelope].entries) == 2


async def test_a_lie_in_the_answer_is_named_and_nothing_is_sent_another_way(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed_signature(buyer, seller, clock)

    def tell(told: object) -> object:
        return replace(told, signature=bytes(64)) if isinstance(told, Taken) else told

    network.tell = tell
    network.asked.clear()

    await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    assert (row.status, row.sequence) == ("held", 1)
    assert [type_ for type_, _ in troubles_in(row)] == ["network-signature"]
    assert asked_by(network, buyer) == ["bring"]


async def test_nothing_of_an_envelope_that_is_held_leaves(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed_signature(buyer, seller, clock)
    await buyer.bridge.outbox._troubles.tell(terms.envelope, Trouble("forked", "two stories"))
    network.asked.clear()

    assert not await buyer.bridge.outbox.send(terms.envelope)

    assert asked_by(network, buyer) == []
    assert await left(buyer, terms) == ["content", "statement"]


async def test_contents_go_with_what_stands_on_them_and_with_nothing_else(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    one, two = "1" * 64, "2" * 64
    await say(buyer, terms, one, Reminded(party="buyer"), two, sha256(SIGNED), act)
    rows = await buyer.ground.owed.of_envelope(buyer.id, terms.envelope)

    found = [tuple(row.kind for row in group) for group in together(rows)]

    assert found == [("content",), ("statement",), ("content", "content", "statement")]
    assert tuple(row for group in together(rows) for row in group) == rows
