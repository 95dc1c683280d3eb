"""JSON without end, from the network or a partner, is named; the bridge goes on."""

import pytest
from msgspec.structs import replace

from cloud_bridge.envelopes.chain import EnvelopeRecord
from cloud_bridge.envelopes.statements import Reminded
from cloud_bridge.errors import NetworkLiesError, RecordBrokenError
from cloud_bridge.model import SignedCard
from cloud_bridge.wire import Feed
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Company, contract
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock
from tests.unit.bridge.test_own_card import own_card_of

NESTED = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
CARD = SignedCard(card=NESTED[:50_000], proof=b"")
"""Within what a card may measure, and still deeper than any reader goes."""


async def test_a_card_that_is_nested_without_end_is_not_believed(
    buyer: Company, seller: Company
) -> None:
    await seller.listen()
    with pytest.raises(RecordBrokenError, match="is no card") as broken:
        await buyer.ground.cards.learn(CARD, organisation=seller.id)
    assert broken.value.fault == "card-untrusted"


async def test_a_record_with_such_a_card_is_taken_in_all_the_same(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    network.tell = lambda told: (
        replace(told, cards=(CARD, *told.cards)) if isinstance(told, EnvelopeRecord) else told
    )

    assert await seller.listen() == 0

    assert (await seller.row(terms.envelope)).sequence == 1


async def test_entries_that_are_nested_without_end_are_a_lie_and_the_bridge_listens_on(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    said = buyer.bridge.statement(state, Reminded(party="buyer"), id="reminded")
    await buyer.network_say(said)
    network.tell = lambda told: _spoilt(told) if isinstance(told, Feed) else told

    assert await seller.listen() == 0

    row = await seller.row(terms.envelope)
    assert [type_ for type_, _ in troubles_in(row)] == ["network-signature"]


def _spoilt(feed: Feed) -> Feed:
    items = (replace(item, entry=replace(item.entry, link=NESTED)) for item in feed.items)
    return replace(feed, items=tuple(items))


async def test_a_directory_that_has_such_a_card_as_ours_is_named(
    buyer: Company, network: MemoryNetwork
) -> None:
    network.cards[buyer.id] = CARD
    with pytest.raises(NetworkLiesError) as lies:
        await own_card_of(buyer).ensure()
    assert lies.value.lie == "unreadable"
