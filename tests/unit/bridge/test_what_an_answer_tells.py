"""With the answer to a statement comes what its author did not have; it is believed no more."""

import pytest
from msgspec.structs import replace

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Acknowledged,
    Act,
    Completed,
    Opened,
    Reminded,
    Statement,
    parse,
)
from cloud_bridge.keys import sign_statement
from cloud_bridge.model import Party, Terms
from cloud_bridge.wire import Taken
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Company, contract
from tests.envelope_parties import sha256
from tests.memory_network import MemoryNetwork
from tests.signing_house import FakeClock
from tests.unit.bridge.test_what_has_no_room import SIGNED, say, sent, signature


async def behind(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract of which two entries came that the buyer was not told, who owes a statement."""
    terms = await sent(buyer, seller, clock)
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    for number in range(2):
        unheard = buyer.bridge.statement(state, Reminded(party="buyer"), id=f"unheard-{number}")
        await buyer.bridge.network.state(unheard)
    said = buyer.bridge.statement(state, Reminded(party="buyer"), id="said")
    at = clock.now()
    await buyer.ground.lane.write(lambda unit: owe(unit, buyer.id, terms.envelope, said, at=at))
    return terms


async def test_what_was_said_between_comes_with_the_answer_and_is_not_asked_for(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await behind(buyer, seller, clock)
    network.asked.clear()

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert network.asked == [(buyer.id, "state")]
    assert (await buyer.row(terms.envelope)).sequence == 4
    assert await buyer.ground.owed.of_envelope(buyer.id, terms.envelope) == ()


async def test_where_the_network_leaves_out_what_was_said_between_it_is_asked_for(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await behind(buyer, seller, clock)
    network.tell = lambda told: replace(told, before=()) if isinstance(told, Taken) else told
    network.asked.clear()

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert network.asked == [(buyer.id, "state"), (buyer.id, "envelope")]
    assert (await buyer.row(terms.envelope)).sequence == 4


def changed(entry: Entry, lie: str) -> Entry:
    """An entry as it would be named by that lie."""
    if lie == "hash":
        return replace(entry, signed=replace(entry.signed, signature=bytes(64)))
    return replace(entry, signature=bytes(64))


@pytest.mark.parametrize("lie", ["network-signature", "hash"])
async def test_what_comes_with_an_answer_and_was_changed_on_its_way_is_named(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock, lie: str
) -> None:
    terms = await behind(buyer, seller, clock)

    def tell(told: object) -> object:
        if isinstance(told, Taken):
            return replace(told, before=tuple(changed(each, lie) for each in told.before))
        return told

    network.tell = tell

    await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    assert (row.status, row.sequence) == ("held", 1)
    assert [type_ for type_, _ in troubles_in(row)] == [lie]
    assert buyer.bridge.tally.lies == {lie: 1}


async def test_a_word_that_all_have_signed_where_they_have_not_is_named(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    first = await alone(buyer, seller, clock)
    assert await buyer.bridge.outbox.send(first.envelope)
    completed = network.envelopes[first.envelope].entries[-1]
    terms = await behind(buyer, seller, clock)

    def tell(told: object) -> object:
        return replace(told, after=(completed,)) if isinstance(told, Taken) else told

    network.tell = tell

    await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    assert (row.status, row.sequence) == ("held", 3)
    assert [type_ for type_, _ in troubles_in(row)] == ["other-terms"]


async def alone(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract that only the buyer signs, and owes its signature in."""
    await seller.listen()
    await buyer.listen()
    both = contract(2, buyer=buyer.id, seller=seller.id, clock=clock)
    terms = replace(both, parties=both.parties[:1])
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    act: Act = await signature(buyer, terms)
    await say(buyer, terms, sha256(SIGNED), act, party="buyer")
    return terms


async def test_whoever_signs_last_knows_at_once_that_all_have_signed(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await alone(buyer, seller, clock)
    network.asked.clear()

    assert await buyer.bridge.outbox.send(terms.envelope)

    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    assert state.status == "completed"
    assert "feed" not in {what for _, what in network.asked}
    last = network.envelopes[terms.envelope].entries[-1]
    assert isinstance(parse(last.signed).act, Completed)


@pytest.fixture
def both(buyer: Company, seller: Company) -> tuple[Company, Company]:
    return buyer, seller


async def unheard(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock, by: str
) -> Terms:
    """A contract that all may sign at once, in which one has spoken and the buyer owes a word."""
    await seller.listen()
    await buyer.listen()
    two = contract(3, buyer=buyer.id, seller=seller.id, clock=clock, mode="open")
    network.admit("person-1", "王芳")
    person = Party(id="person", kind="person", account="person-1", name="王芳", turn=1)
    terms = replace(two, parties=(*(replace(each, turn=1) for each in two.parties), person))
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    await buyer.jobs()
    kept = network.envelopes[terms.envelope]
    match by:
        case "a partner":
            opened = seller.bridge.statement(kept.state, Opened(), id="opened", party="seller")
            await seller.bridge.network.state(opened)
        case "a person":
            said = Statement(
                id="network:opened",
                envelope=terms.envelope,
                terms=kept.state.terms_digest,
                author=NETWORK,
                act=Opened(),
                at=clock.now(),
                party="person",
                seen=kept.state.sequence,
                head=kept.state.head,
            )
            network.say_itself(kept, sign_statement(said, network.key, card=0))
        case "a partner, that it holds it":
            act = Acknowledged(sequence=kept.state.sequence, head=kept.state.head)
            await seller.bridge.network.state(seller.bridge.statement(kept.state, act, id="holds"))
        case "nobody":
            pass
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    word = buyer.bridge.statement(state, Reminded(party="seller"), id="word")
    at = clock.now()
    await buyer.ground.lane.write(lambda unit: owe(unit, buyer.id, terms.envelope, word, at=at))
    return terms


@pytest.mark.parametrize(
    ("by", "causes"),
    [
        ("a partner", ["entry-3"]),
        ("a person", ["entry-3"]),
        ("a partner, that it holds it", []),
        ("nobody", []),
    ],
)
async def test_what_others_said_between_is_looked_at_whatever_becomes_of_the_job_that_asked(
    both: tuple[Company, Company],
    network: MemoryNetwork,
    clock: FakeClock,
    by: str,
    causes: list[str],
) -> None:
    buyer, seller = both
    terms = await unheard(buyer, seller, network, clock, by)

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert await buyer.jobs() == [f"{terms.envelope}/{each}" for each in causes]
    # The feed tells it once more, which is no cause of its own.
    await buyer.listen()
    assert await buyer.jobs() == []


async def test_the_end_that_our_own_word_was_is_no_cause_of_its_own(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await alone(buyer, seller, clock)
    await buyer.jobs()

    assert await buyer.bridge.outbox.send(terms.envelope)

    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    assert state.status == "completed"
    assert await buyer.jobs() == []
