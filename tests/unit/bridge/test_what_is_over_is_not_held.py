"""Lies told of what ended without an agreement are named, and hold up nothing more."""

from datetime import timedelta

import pytest

from cloud_bridge.envelopes.statements import Declined, Withdrawn
from cloud_bridge.model import Terms
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Company
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock
from tests.unit.bridge.test_lies import forged, recorded
from tests.unit.bridge.test_what_has_no_room import sent as sent_between
from tests.unit.bridge.test_what_is_held_is_told import told_of

ENDS = ["withdrawn", "declined", "expired"]


@pytest.fixture
async def sent(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    return await sent_between(buyer, seller, clock)


async def bring_to(
    end: str, buyer: Company, seller: Company, terms: Terms, network: MemoryNetwork
) -> None:
    """Have it end at the network; the seller has not heard of it yet."""
    if end == "expired":
        buyer.clock.move(timedelta(days=31))
        network.go_on(network.envelopes[terms.envelope])
        return
    by, act = (
        (buyer, Withdrawn(reason="mistake"))
        if end == "withdrawn"
        else (seller, Declined(reason="mistake"))
    )
    state = await by.bridge.state(terms.envelope)
    assert state is not None
    party = "seller" if end == "declined" else ""
    said = by.bridge.statement(state, act, id="the-end", party=party)
    await by.bridge.network.state(said)


@pytest.mark.parametrize("end", ENDS)
async def test_what_a_comparison_finds_of_it_holds_up_nothing_and_is_told_to_officers(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, end: str
) -> None:
    await bring_to(end, buyer, seller, sent, network)
    await seller.listen()
    assert (await seller.row(sent.envelope)).status == end
    del network.envelopes[sent.envelope]

    await seller.bridge.reconcile()

    row = await seller.row(sent.envelope)
    assert (row.status, row.step) == (end, "nothing")
    assert [type_ for type_, _ in troubles_in(row)] == ["missing"]
    assert [(each["trouble"], each["lie"]) for each in recorded(seller)] == [("missing", True)]
    assert seller.bridge.tally.lies == {"missing": 1}
    assert told_of(seller) == []


@pytest.mark.parametrize("end", ENDS)
async def test_a_lie_that_is_told_together_with_the_end_holds_up_nothing(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, end: str
) -> None:
    await bring_to(end, buyer, seller, sent, network)
    last = network.envelopes[sent.envelope].entries[-1]
    lie = forged(last, link=last.link.replace(b'"sequence":2', b'"sequence":3'))

    await seller.bridge.inbox.believe(sent.envelope, [last, lie])

    row = await seller.row(sent.envelope)
    assert (row.status, row.sequence) == (end, 2)
    assert [type_ for type_, _ in troubles_in(row)] == ["network-signature"]
    assert [each["trouble"] for each in recorded(seller)] == ["network-signature"]
    assert told_of(seller) == []
