"""Whatever holds an envelope up: who asked to be told hears of it, once."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from cloud_bridge.envelopes import record
from cloud_bridge.envelopes.statements import Reminded
from cloud_bridge.model import Terms
from gateway.envelopes.ground import Tally
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import Trouble
from gateway.store.engines.lane import Transaction
from gateway.store.rows.envelopes import envelope_by_id
from tests.bridge_house import Company, contract
from tests.envelope_house import EAST, Room, Town, play, settle
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock
from tests.unit.bridge.test_lies import forged, recorded, remind
from tests.unit.bridge.test_what_has_no_room import owed, refusing
from tests.unit.bridge.test_what_has_no_room import sent as sent_between
from tests.unit.bridge.test_what_is_only_told import tell

FORKED = Trouble("forked", "it tells two stories")
UNTRUSTED = Trouble("card-untrusted", "nobody trusts it")


@pytest.fixture
async def sent(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    return await sent_between(buyer, seller, clock)


def told_of(at: Company) -> list[tuple[str, list[str]]]:
    """What was told, with the troubles that were told along."""
    return [(each.type, each.data["troubles"]) for each in at.events.events]


async def test_that_a_lie_of_the_feed_holds_it_is_told_once(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    before = network.envelopes[sent.envelope].state
    entry = await remind(buyer, sent)
    await seller.listen()
    assert told_of(seller) == []
    clock.move(timedelta(seconds=1))
    said = buyer.bridge.statement(before, Reminded(party="buyer"), id="another")
    key = buyer.bridge.member.signing_key.public
    _, other = record.append(before, said, at=clock.now(), network=network.key, author_key=key)

    await seller.bridge.inbox.believe(sent.envelope, [other])
    await seller.bridge.inbox.believe(sent.envelope, [other])
    await seller.bridge.inbox.believe(sent.envelope, [forged(entry, signature=bytes(64))])

    assert [each["trouble"] for each in recorded(seller)] == ["forked", "network-signature"]
    assert told_of(seller) == [("envelope.held", ["forked"])]
    (event,) = seller.events.events
    assert (event.subject, event.system, event.company) == (sent.envelope, "tms", "east")
    assert (event.at, event.source) == (clock.now(), "envelope")
    assert event.data == {
        "envelope": sent.envelope,
        "title": "采购合同",
        "status": "held",
        "ours": False,
        "businessNumber": "",
        "digests": {"合同.pdf": sha256(PAPER)},
        "troubles": ["forked"],
    }


async def test_that_a_comparison_holds_it_is_told_once_however_often_it_is_found(
    seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    del network.envelopes[sent.envelope]
    for _ in range(2):
        await seller.bridge.reconcile()
    assert told_of(seller) == [("envelope.held", ["missing"])]


async def test_that_an_envelope_is_held_as_soon_as_it_comes_is_told(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    parties = tuple(replace(each, name="Somebody Else Ltd") for each in terms.parties[:1])
    terms = replace(terms, parties=(*parties, *terms.parties[1:]))
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)

    await seller.listen()

    assert (await seller.row(terms.envelope)).status == "held"
    assert told_of(seller) == [("envelope.held", ["party-name"])]


async def test_that_the_network_never_takes_it_is_told_once(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)

    with patch.object(Side, "put_content", refusing("not-allowed")):
        for _ in range(2):
            await buyer.bridge.outbox.send(terms.envelope)

    assert (await buyer.row(terms.envelope)).status == "held"
    assert told_of(buyer) == [("envelope.held", ["refused-not-allowed"])]
    assert buyer.events.events[0].data["businessNumber"] == "PO-1"


async def test_that_it_is_held_is_told_in_the_unit_of_work_that_holds_it(
    buyer: Company, sent: Terms
) -> None:
    troubles = Troubles(buyer.bridge.member, buyer.ground, Tally())

    def hold(unit: Transaction) -> str:
        troubles.put(unit, sent.envelope, FORKED)
        row = envelope_by_id(unit.connection, buyer.id, sent.envelope)
        assert row is not None
        assert told_of(buyer) == []  # before the commit
        return row.status

    assert await buyer.ground.lane.write(hold) == "held"

    assert told_of(buyer) == [("envelope.held", ["forked"])]
    assert buyer.events.events[0].at == (await buyer.row(sent.envelope)).changed_at


async def test_what_holds_nothing_up_is_not_told(buyer: Company, sent: Terms) -> None:
    troubles = Troubles(buyer.bridge.member, buyer.ground, Tally())
    await troubles.tell(sent.envelope, Trouble("frozen", "officers have frozen it", holds=False))
    await troubles.tell("an envelope that is not here", FORKED)
    assert told_of(buyer) == []


def test_that_it_is_held_again_is_told_again(tmp_path: Path) -> None:
    async def scene(_town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await east.work()
        await tell(east, id_, UNTRUSTED)
        assert (await east.show(id_)).status == "held"
        await east.company.bridge.reconcile()
        assert (await east.show(id_)).status == "signing"
        assert told_of(east.company) == [("envelope.held", ["card-untrusted"])]

        await tell(east, id_, UNTRUSTED, FORKED)

        assert (await east.show(id_)).status == "held"
        assert told_of(east.company) == [("envelope.held", ["card-untrusted"])] * 2
        assert west.events.types == []

    play(tmp_path, scene)


def test_what_all_have_signed_is_held_for_lies_and_that_is_told(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        id_ = (await east.create()).envelope.id
        await settle(east, west)
        # Another story of it than the one that was signed.
        town.network.envelopes[id_].state = replace(
            town.network.envelopes[id_].state, head="0" * 64
        )

        await east.company.bridge.reconcile()

        row = await east.company.ground.envelopes.by_id(EAST, id_)
        assert row is not None
        assert row.status == "held"
        assert east.events.types == ["envelope.completed", "envelope.held"]
        assert east.events.events[1].data["digests"] == (await east.show(id_)).digests

    play(tmp_path, scene)
