"""A network that makes up envelopes fills neither the log nor the disk of ours."""

from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs

from cloud_bridge.wire import EnvelopeRecord, Feed, FeedItem
from gateway.audit.record import read_leaf
from gateway.store.schema import audit_leaf
from tests.bridge_house import Company, contract
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock

MOST = 50


def recorded(at: Company) -> list[dict[str, Any]]:
    with at.house.engine.connect() as connection:
        leaves = [read_leaf(row.leaf) for row in connection.execute(audit_leaf.select())]
    return [leaf for leaf in leaves if leaf["kind"] == "envelope-trouble"]


async def test_only_so_many_are_recorded_in_an_hour_and_all_are_counted(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    entries = tuple(network.envelopes[terms.envelope].entries)
    none = EnvelopeRecord(terms=b"{}", entries=entries)

    def told(number: int) -> FeedItem:
        long = f"none-{number}-" + "x" * 5000
        return FeedItem(envelope=long, sequence=1, entry=entries[0], record=none)

    items = tuple(map(told, range(2 * MOST)))

    with capture_logs() as logs:
        await seller.bridge.inbox.take(Feed(items=items, cursor="1"))
        await seller.bridge.inbox.take(Feed(items=items, cursor="2"))

    assert len(recorded(seller)) == MOST
    assert {len(each["envelope"]) for each in recorded(seller)} == {100}
    assert seller.bridge.tally.lies == {"not-allowed": 4 * MOST}
    (made_up,) = [each for each in logs if each["event"] == "envelopes_made_up"]
    assert made_up["organisation"] == seller.id

    clock.move(timedelta(hours=1))
    await seller.bridge.inbox.take(Feed(items=items[:1], cursor="3"))

    assert len(recorded(seller)) == MOST + 1


async def test_what_is_here_is_recorded_all_the_same(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    for _ in range(MOST + 1):
        seller.bridge.tally.of_none(clock.now())
    kept = network.envelopes[terms.envelope]
    other = EnvelopeRecord(terms=kept.terms + b" ", entries=tuple(kept.entries))
    network.brings = False
    kept.terms = other.terms

    await seller.bridge.inbox.fetch(terms.envelope)

    assert [each["trouble"] for each in recorded(seller)] == ["other-terms"]
