"""A proxy that lets no large body through: parcels come apart, what cannot pass waits for IT."""

from unittest.mock import patch

import pytest

from cloud_bridge.envelopes.statements import Declined
from cloud_bridge.errors import WayTooNarrowError
from cloud_bridge.model import Terms
from cloud_bridge.wire import NewEnvelope
from gateway.envelopes.carriage.answers import answered
from gateway.envelopes.carriage.errors import WayTooNarrowProblem
from gateway.envelopes.cures import cure_of
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Company
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock
from tests.unit.bridge.test_what_goes_together import asked_by, left
from tests.unit.bridge.test_what_has_no_room import SIGNED, owed, say, sent, signature, told

_TROUBLE = "network-way-too-narrow"


async def asked(network: MemoryNetwork, buyer: Company, terms: Terms) -> tuple[bool, list[str]]:
    """Whether all of it went out in one round, and what was asked for it."""
    network.asked.clear()
    return await buyer.bridge.outbox.send(terms.envelope), asked_by(network, buyer)


async def test_what_does_not_pass_together_goes_one_by_one(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    first, act = PAPER + b" and an annex", await signature(buyer, terms)
    await buyer.keep(terms.envelope, "annex", first)
    await say(buyer, terms, sha256(first), sha256(SIGNED), act, party="buyer")
    network.way_bytes = len(SIGNED) + 40  # encrypted; each of them, and not both

    way = await asked(network, buyer, terms)

    assert way == (True, ["bring", "put_content", "put_content", "state"])
    assert await left(buyer, terms) == []
    assert await told(buyer, terms) == ("signing", [])


async def test_what_does_not_pass_by_itself_waits_and_tells_it_what_to_change(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    network.way_bytes = 10
    for _ in range(2):
        all_of_it, ways = await asked(network, buyer, terms)
        assert not all_of_it
        assert ways.count("put_content") == 1
        assert await told(buyer, terms) == ("sending", [_TROUBLE])
        assert await left(buyer, terms) == ["content", "envelope"]
    assert buyer.bridge.tally.refused == 0
    assert "client_max_body_size" in cure_of(_TROUBLE)

    network.way_bytes = None

    assert await buyer.bridge.outbox.send(terms.envelope)
    assert await told(buyer, terms) == ("signing", [])


async def test_what_is_small_overtakes_what_does_not_pass(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, Declined(reason="price"), party="buyer")
    network.way_bytes = 10

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("declined", [])
    assert await left(buyer, terms) == []


async def test_not_even_a_statement_that_does_not_pass_is_lost(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    network.is_older = True
    terms = await owed(buyer, seller, clock)

    async def narrow(_side: Side, _envelope: NewEnvelope) -> object:
        raise WayTooNarrowError("a proxy's page", size=5000)

    with patch.object(Side, "send", narrow):
        assert not await buyer.bridge.outbox.send(terms.envelope)
    row = await buyer.row(terms.envelope)
    assert troubles_in(row) == ((_TROUBLE, "a proxy's page"),)
    assert await left(buyer, terms) == ["envelope"]
    assert await buyer.bridge.outbox.send(terms.envelope)


async def test_who_asks_at_once_is_told_whose_it_is() -> None:
    async def narrow() -> None:
        raise WayTooNarrowError("a proxy's page", size=5000)

    with pytest.raises(WayTooNarrowProblem) as problem:
        await answered(narrow())
    assert (problem.value.type, problem.value.owner) == (_TROUBLE, "it")
    assert "client_max_body_size" in problem.value.cure
