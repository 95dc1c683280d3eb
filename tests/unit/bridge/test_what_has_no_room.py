"""A network that has no room, or has lost what it had: what cannot go out waits, and only that."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest

from cloud_bridge.envelopes.statements import (
    Act,
    Declined,
    Reminded,
    Revision,
    Signed,
    SignedStatement,
    Withdrawn,
)
from cloud_bridge.errors import NetworkAwayError, NetworkRefusedError
from cloud_bridge.model import Terms
from cloud_bridge.wire import Content
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.keeping.troubles import Trouble, troubles_in
from tests.bridge_house import Company, contract
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock

SIGNED = PAPER + b" and a signature upon it"


@pytest.fixture(autouse=True, params=[True, False], ids=["each by itself", "together"])
def is_older(request: pytest.FixtureRequest, network: MemoryNetwork) -> bool:
    """Whether the network takes each by itself only; what becomes of it is the same."""
    network.is_older = bool(request.param)
    return network.is_older


async def owed(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract that the buyer owes the network, to which both listen."""
    assert await seller.listen() == 0
    assert await buyer.listen() == 0
    terms = contract(1, buyer="org-buyer", seller="org-seller", clock=clock)
    await buyer.owe_envelope(terms)
    return terms


async def sent(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract that is at the network, and known to both."""
    terms = await owed(buyer, seller, clock)
    assert await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    return terms


async def say(company: Company, terms: Terms, *things: Act | str, party: str = "") -> None:
    """Owe acts of a company's, and contents by their digest, in this order."""
    state = await company.bridge.state(terms.envelope)
    assert state is not None
    said: list[SignedStatement | str] = [
        each
        if isinstance(each, str)
        else company.bridge.statement(
            state,
            each,
            id=f"{type(each).__name__}-{number}",
            party=party if isinstance(each, Signed | Declined) else "",
        )
        for number, each in enumerate(things)
    ]
    at = company.clock.now()
    await company.ground.lane.write(
        lambda unit: owe(unit, company.id, terms.envelope, *said, at=at)
    )


async def signature(company: Company, terms: Terms) -> Signed:
    """What the first to sign states; its document is here."""
    (document,) = terms.documents
    await company.keep(terms.envelope, document.name, SIGNED)
    revision = Revision(
        document=document.name,
        base=document.digest,
        digest=sha256(SIGNED),
        size=len(SIGNED),
        container=b"\x30\x03\x02\x01\x01",
        field="Signature-buyer",
    )
    return Signed(revisions=(revision,))


async def left(company: Company, terms: Terms) -> list[str]:
    rows = await company.ground.owed.of_envelope(company.id, terms.envelope)
    return [each.kind for each in rows]


async def told(company: Company, terms: Terms) -> tuple[str, list[str]]:
    row = await company.row(terms.envelope)
    return row.status, [type_ for type_, _ in troubles_in(row)]


def refusing(type_: str) -> Callable[[Side, Content], object]:
    def put_content(_side: Side, _content: Content) -> object:
        raise NetworkRefusedError("not this", type=type_)

    return put_content


async def put_and_lost(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> Terms:
    """Put, and the envelope behind it did not go out for so long that it was forgotten there."""
    terms = await owed(buyer, seller, clock)
    with (
        patch.object(Side, "send", side_effect=NetworkAwayError("away")),
        pytest.raises(NetworkAwayError),
    ):
        await buyer.bridge.outbox.send(terms.envelope)
    assert await left(buyer, terms) == ([] if network.is_older else ["content"]) + ["envelope"]
    clock.move(timedelta(days=8))
    network.contents.clear()
    return terms


async def test_what_the_network_has_forgotten_is_put_again(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await put_and_lost(buyer, seller, network, clock)

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("signing", [])
    assert (terms.envelope, sha256(PAPER)) in network.contents


async def test_what_was_forgotten_and_has_no_room_now_waits_for_some(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await put_and_lost(buyer, seller, network, clock)
    network.is_full = True

    assert not await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("sending", ["refused-content-quota"])
    assert "envelope" in await left(buyer, terms)
    network.is_full = False
    assert await buyer.bridge.outbox.send(terms.envelope)
    assert await told(buyer, terms) == ("signing", [])


async def test_what_is_lost_again_at_once_is_told_and_put_no_third_time(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    network.is_older = True
    terms = await put_and_lost(buyer, seller, network, clock)
    puts = []

    async def put_content(_side: Side, content: Content) -> None:
        puts.append(content.head.digest)  # and forgotten

    with patch.object(Side, "put_content", put_content):
        assert await buyer.bridge.outbox.send(terms.envelope)
        assert await buyer.bridge.outbox.send(terms.envelope)

    assert puts == [sha256(PAPER)]
    assert await told(buyer, terms) == ("held", ["refused-content-missing"])


async def test_a_revision_that_was_lost_is_put_again_before_it_is_stated(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, party="buyer")
    with (
        patch.object(Side, "state", side_effect=NetworkAwayError("away")),
        pytest.raises(NetworkAwayError),
    ):
        await buyer.bridge.outbox.send(terms.envelope)
    assert await left(buyer, terms) == ([] if network.is_older else ["content"]) + ["statement"]
    del network.contents[terms.envelope, sha256(SIGNED)]

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert (terms.envelope, sha256(SIGNED)) in network.contents
    assert (await buyer.row(terms.envelope)).sequence == 2


@pytest.mark.parametrize("trouble", ["content-quota", "request-too-large"])
async def test_a_withdrawal_does_not_wait_behind_a_document_that_is_not_taken(
    buyer: Company, seller: Company, clock: FakeClock, trouble: str
) -> None:
    terms = await sent(buyer, seller, clock)
    await say(buyer, terms, sha256(SIGNED), await signature(buyer, terms), party="buyer")

    with patch.object(Side, "put_content", refusing(trouble)):
        await buyer.bridge.outbox.send(terms.envelope)
        await say(buyer, terms, Withdrawn(reason="mistake"), party="buyer")
        assert await buyer.bridge.outbox.send(terms.envelope)

    await seller.listen()
    assert (await seller.row(terms.envelope)).status == "withdrawn"
    status, troubles = await told(buyer, terms)
    assert status == "withdrawn"
    # What has no room passes with the end; what is never taken was told, and stays told.
    assert troubles == ([] if trouble == "content-quota" else [f"refused-{trouble}"])
    assert await left(buyer, terms) == []
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    assert state.sequence == 2


async def test_who_declines_does_not_wait_behind_what_it_signed_for_another_party(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, Declined(reason="price"), party="buyer")
    network.is_full = True

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("declined", [])
    assert await left(buyer, terms) == []


async def test_what_needs_no_content_overtakes_and_what_needs_one_goes_out_once_it_can(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, Reminded(party="buyer"), party="buyer")
    network.is_full = True

    assert not await buyer.bridge.outbox.send(terms.envelope)

    assert await left(buyer, terms) == ["content", "statement"]
    assert await told(buyer, terms) == ("signing", ["refused-content-quota"])
    assert (await buyer.row(terms.envelope)).sequence == 2
    assert not await buyer.bridge.outbox.send(terms.envelope)
    network.is_full = False
    assert await buyer.bridge.outbox.send(terms.envelope)
    assert await told(buyer, terms) == ("signing", [])
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    assert [each.state for each in state.parties] == ["signed", "its-turn"]


async def test_what_has_ended_meanwhile_needs_no_room_any_more(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    await say(buyer, terms, sha256(SIGNED), await signature(buyer, terms), party="buyer")
    network.is_full = True
    assert not await buyer.bridge.outbox.send(terms.envelope)
    state = await seller.bridge.state(terms.envelope)
    assert state is not None
    act = Declined(reason="too late")
    await seller.network_say(seller.bridge.statement(state, act, id="no", party="seller"))
    await buyer.listen()

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("declined", [])
    assert await left(buyer, terms) == []


async def test_of_an_envelope_that_is_held_a_withdrawal_overtakes_all_that_stays_behind(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await sent(buyer, seller, clock)
    await buyer.bridge.outbox._troubles.tell(terms.envelope, Trouble("forked", "two stories"))
    await say(buyer, terms, Reminded(party="buyer"))
    assert not await buyer.bridge.outbox.send(terms.envelope)
    await say(buyer, terms, Withdrawn(reason="two stories"))

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await told(buyer, terms) == ("withdrawn", ["forked"])
    assert await left(buyer, terms) == []


async def test_nothing_overtakes_the_envelope_itself(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await say(buyer, terms, Withdrawn(reason="before anybody has it"))
    network.is_full = True

    assert not await buyer.bridge.outbox.send(terms.envelope)

    assert await left(buyer, terms) == ["content", "envelope", "statement"]
    assert network.envelopes == {}
