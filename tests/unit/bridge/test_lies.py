"""A network that drops, forges, reorders or swaps keys is found out, and nothing is signed then."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import msgspec
import pytest
from msgspec.structs import replace

from cloud_bridge.envelopes import chain, record
from cloud_bridge.envelopes.chain import Entry, EnvelopeRecord
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Reminded, Sent
from cloud_bridge.errors import NetworkLiesError
from cloud_bridge.keys import EncryptionKey, SigningKey
from cloud_bridge.model import Card, Terms
from cloud_bridge.wire import Feed, Heads
from gateway.audit.record import read_leaf
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.keeping.troubles import troubles_in
from gateway.store.schema import audit_leaf
from tests.bridge_house import Authority, Company, company, contract
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock


@pytest.fixture
async def sent(buyer: Company, seller: Company, clock: FakeClock) -> Terms:
    """A contract that both hold, with its first entry."""
    await seller.listen()
    await buyer.listen()
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    return terms


async def remind(buyer: Company, terms: Terms, number: int = 1) -> Entry:
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    said = buyer.bridge.statement(state, Reminded(party="buyer"), id=f"reminded-{number}")
    return await buyer.network_say(said)


async def held_for(at: Company, terms: Terms) -> list[str]:
    row = await at.row(terms.envelope)
    assert row.status == "held"
    return [type_ for type_, _ in troubles_in(row)]


def recorded(at: Company) -> list[dict[str, Any]]:
    with at.house.engine.connect() as connection:
        leaves = [read_leaf(row.leaf) for row in connection.execute(audit_leaf.select())]
    return [leaf for leaf in leaves if leaf["kind"] == "envelope-trouble"]


def forged(entry: Entry, **changes: Any) -> Entry:  # noqa: ANN401 - fields
    return replace(entry, **changes)


@pytest.mark.parametrize(
    ("change", "lie"),
    [
        (lambda each: replace(each, signature=bytes(64)), "network-signature"),
        (lambda each: replace(each, link=each.link.replace(b":2,", b":3,")), "network-signature"),
        (lambda each: replace(each, signed=replace(each.signed, signature=bytes(64))), "hash"),
    ],
    ids=["no signature", "another place", "another statement"],
)
async def test_an_entry_that_was_changed_on_its_way_is_named(
    buyer: Company,
    seller: Company,
    sent: Terms,
    change: Callable[[Entry], Entry],
    lie: str,
) -> None:
    entry = await remind(buyer, sent)

    assert await seller.bridge.inbox.believe(sent.envelope, [change(entry)]) == 0

    assert await held_for(seller, sent) == [lie]
    assert seller.bridge.tally.lies == {lie: 1}
    (told,) = recorded(seller)
    assert (told["envelope"], told["trouble"], told["lie"]) == (sent.envelope, lie, True)
    await seller.bridge.inbox.believe(sent.envelope, [change(entry)])
    assert len(recorded(seller)) == 1


async def test_two_stories_of_one_envelope_are_found_when_the_second_is_told(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    kept = network.envelopes[sent.envelope]
    before = kept.state
    await remind(buyer, sent)
    await seller.listen()
    clock.move(timedelta(seconds=1))
    said = buyer.bridge.statement(before, Reminded(party="buyer"), id="another")
    key = buyer.bridge.member.signing_key.public
    _, other = record.append(before, said, at=clock.now(), network=network.key, author_key=key)

    await seller.bridge.inbox.believe(sent.envelope, [other])

    assert await held_for(seller, sent) == ["forked"]
    assert "sealgate envelope compare" in recorded(seller)[0]["words"]


async def test_what_an_envelope_does_not_allow_is_a_lie_when_the_network_took_it(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    state = network.envelopes[sent.envelope].state
    said = buyer.bridge.statement(state, Sent(terms=state.terms_digest), id="sent-again")
    link = chain.Link(
        envelope=sent.envelope,
        sequence=2,
        previous=state.head,
        statement=chain.statement_digest(said),
        at=clock.now(),
    )
    encoded = msgspec.json.encode(link)
    signature = network.key.sign(chain.DOMAIN + encoded)
    entry = Entry(link=encoded, signed=said, signature=signature)

    await seller.bridge.inbox.believe(sent.envelope, [entry])

    assert await held_for(seller, sent) == ["not-allowed"]


async def test_an_envelope_that_is_held_sends_nothing_of_what_is_owed(
    buyer: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    entry = await remind(buyer, sent)
    await buyer.bridge.inbox.believe(sent.envelope, [forged(entry, signature=bytes(64))])
    state = await buyer.bridge.state(sent.envelope)
    assert state is not None
    said = buyer.bridge.statement(state, Reminded(party="buyer"), id="reminded-2")
    await buyer.ground.lane.write(
        lambda unit: owe(unit, buyer.id, sent.envelope, said, at=clock.now())
    )

    assert not await buyer.bridge.outbox.send(sent.envelope)

    assert len(network.envelopes[sent.envelope].entries) == 2


async def test_what_the_feed_hides_is_found_by_comparing(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    second = contract(2, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(second)
    await buyer.bridge.outbox.send(second.envelope)
    await remind(buyer, sent)
    network.feeds[seller.id].clear()
    await seller.listen()
    assert (await seller.row(sent.envelope)).sequence == 1

    clock.move(timedelta(hours=1))
    await seller.listen()

    found = seller.bridge.last
    assert found is not None
    assert (found.checked, found.fetched, found.is_clean) == (2, 2, True)
    assert (await seller.row(sent.envelope)).sequence == 2
    assert (await seller.row(second.envelope)).sequence == 1
    assert await seller.bridge.reconcile() == replace(found, fetched=0)


async def test_a_network_that_forgets_an_entry_that_it_signed_is_found(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    kept = network.envelopes[sent.envelope]
    before, entries = kept.state, list(kept.entries)
    await remind(buyer, sent)
    await seller.listen()
    kept.state, kept.entries = before, entries

    found = await seller.bridge.reconcile()

    assert found.missing == (sent.envelope,)
    assert await held_for(seller, sent) == ["missing"]
    standing = await seller.ground.networks.standing(seller.id)
    assert sent.envelope.encode() in standing.reconciliation


async def test_a_network_that_forgets_an_envelope_is_found(
    seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    del network.envelopes[sent.envelope]

    found = await seller.bridge.reconcile()

    assert found.missing == (sent.envelope,)
    assert await held_for(seller, sent) == ["missing"]


async def test_one_record_that_cannot_be_read_stops_no_comparison_of_the_others(
    buyer: Company,
    seller: Company,
    sent: Terms,
    network: MemoryNetwork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = network.envelopes[sent.envelope]
    before = kept.state
    await remind(buyer, sent)
    await seller.listen()
    kept.state = before  # its head is older than what we hold, so it is asked for
    unreadable = NetworkLiesError("it answers with what is no EnvelopeRecord", lie="unreadable")
    monkeypatch.setattr(Side, "envelope", AsyncMock(side_effect=unreadable))

    found = await seller.bridge.reconcile()

    assert found.missing == (sent.envelope,)
    assert await held_for(seller, sent) == ["unreadable"]


async def test_what_is_known_to_be_lost_is_not_asked_for_at_each_comparison(
    seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    lost = network.envelopes.pop(sent.envelope)
    await seller.bridge.reconcile()
    network.asked.clear()

    found = await seller.bridge.reconcile()

    assert found.missing == (sent.envelope,)
    assert (seller.id, "envelope") not in network.asked
    network.envelopes[sent.envelope] = lost
    assert (await seller.bridge.reconcile()).is_clean
    assert (await seller.row(sent.envelope)).status == "signing"


async def test_what_the_network_had_lost_and_has_again_holds_nothing_up_any_more(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    kept = network.envelopes[sent.envelope]
    before = kept.state, list(kept.entries)
    await remind(buyer, sent)
    await seller.listen()
    whole = kept.state, list(kept.entries)
    kept.state, kept.entries = before
    await seller.bridge.reconcile()
    assert await held_for(seller, sent) == ["missing"]

    # That it says so is not enough: it must give them.
    kept.state = whole[0]
    await seller.bridge.reconcile()
    assert await held_for(seller, sent) == ["missing"]

    kept.entries = whole[1]
    found = await seller.bridge.reconcile()

    assert found.is_clean
    row = await seller.row(sent.envelope)
    assert (row.status, troubles_in(row)) == ("signing", ())
    assert [each["trouble"] for each in recorded(seller)] == ["missing"]


async def test_a_head_that_no_entry_bears_out_is_named(
    seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    def tell(told: object) -> object:
        if isinstance(told, Heads):
            heads = tuple(replace(head, hash="f" * 64) for head in told.heads)
            return replace(told, heads=heads)
        return told

    network.tell = tell
    found = await seller.bridge.reconcile()
    assert found.contradicting == (sent.envelope,)
    assert await held_for(seller, sent) == ["forked"]
    assert "sealgate envelope compare" in recorded(seller)[0]["words"]


async def test_other_terms_under_the_same_id_are_named(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork
) -> None:
    def tell(told: object) -> object:
        if isinstance(told, EnvelopeRecord):
            return replace(told, terms=told.terms.replace("采购".encode(), "销售".encode()))
        if isinstance(told, Feed):
            return replace(told, items=told.items[-1:])
        return told

    await remind(buyer, sent, 1)
    await remind(buyer, sent, 2)
    network.tell = tell
    await seller.listen()
    assert await held_for(seller, sent) == ["other-terms"]


@pytest.mark.usefixtures("sent")
async def test_a_swapped_card_is_not_believed_and_nothing_is_encrypted_to_it(
    buyer: Company,
    seller: Company,
    network: MemoryNetwork,
    clock: FakeClock,
    trusted: Authority,
) -> None:
    known = buyer.ground.cards.newest(seller.id)
    assert known is not None
    swapped = replace(known, encryption_key=EncryptionKey.generate().public)
    network.cards[seller.id] = trusted.sealed(swapped, name="Thief GmbH")
    second = contract(2, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(second)

    assert await buyer.bridge.outbox.send(second.envelope)

    content = network.contents[second.envelope, second.documents[0].digest]
    assert {key.card for key in content.head.keys if key.organisation == seller.id} == {1}
    assert buyer.ground.cards.newest(seller.id) == known


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("case", ["another", "company", "older", "thief", "stranger"])
async def test_cards_never_go_back_and_are_never_exchanged(
    buyer: Company,
    seller: Company,
    network: MemoryNetwork,
    trusted: Authority,
    case: str,
) -> None:
    cards, known = buyer.ground.cards, buyer.ground.cards.newest(seller.id)
    assert known is not None
    later = replace(known, serial=3)
    await cards.learn(trusted.sealed(later), organisation=seller.id)
    offered = {
        "company": trusted.sealed(replace(later, serial=4, name="Thief GmbH")),
        "another": trusted.sealed(replace(later, signing_key=SigningKey.generate().public)),
        "older": trusted.sealed(replace(later, serial=2)),
        "thief": trusted.sealed(replace(later, serial=4), name="Thief GmbH"),
        "stranger": Authority().sealed(replace(later, serial=4)),
    }[case]
    network.cards[seller.id] = offered
    words = {
        "another": "card-swapped",
        "company": "card-swapped",
        "older": "card-older",
        "thief": "card-untrusted",
        "stranger": "card-untrusted",
    }

    with pytest.raises(Exception, match="card") as refused:
        await cards.ask(buyer.bridge.network, seller.id)

    named = getattr(refused.value, "lie", None) or getattr(refused.value, "fault", None)
    assert named == words[case]
    assert cards.newest(seller.id) == later


async def test_a_card_of_another_company_under_the_partners_id_opens_nothing_and_says_nothing(
    buyer: Company,
    seller: Company,
    network: MemoryNetwork,
    clock: FakeClock,
    trusted: Authority,
) -> None:
    """A network that has a seal of its own, from a root that all trust, before they ever met."""
    await seller.listen()
    await buyer.listen()
    mine = msgspec.json.decode(seller.card.card, type=Card)
    thief = replace(mine, name="Thief GmbH", encryption_key=EncryptionKey.generate().public)
    network.cards[seller.id] = trusted.sealed(thief)
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)

    assert not await buyer.bridge.outbox.send(terms.envelope)

    assert (terms.envelope, terms.documents[0].digest) not in network.contents
    assert [each["trouble"] for each in recorded(buyer)] == ["card-untrusted"]


async def test_what_a_card_of_another_company_says_for_a_partner_holds_the_envelope(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock, trusted: Authority
) -> None:
    await seller.listen()
    await buyer.listen()
    mine = msgspec.json.decode(buyer.card.card, type=Card)
    network.older[buyer.id, 1] = trusted.sealed(replace(mine, name="Thief GmbH"))
    terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(terms)
    assert await buyer.bridge.outbox.send(terms.envelope)

    await seller.listen()

    assert await held_for(seller, terms) == ["card-swapped"]


async def test_an_envelope_that_makes_us_stumble_holds_up_no_other(
    buyer: Company,
    seller: Company,
    sent: Terms,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = contract(2, buyer=buyer.id, seller=seller.id, clock=clock)
    await buyer.owe_envelope(second)
    await buyer.bridge.outbox.send(second.envelope)
    await remind(buyer, sent)
    read = seller.ground.records.state

    async def state(organisation: str, envelope: str) -> EnvelopeState | None:
        if envelope == sent.envelope:
            raise OverflowError("date value out of range")
        return await read(organisation, envelope)

    with monkeypatch.context() as defect:
        defect.setattr(seller.ground.records, "state", state)
        assert await seller.listen() == 0
        assert (await seller.row(second.envelope)).sequence == 1
        assert (await seller.row(sent.envelope)).sequence == 1

    await seller.bridge.reconcile()
    assert (await seller.row(sent.envelope)).sequence == 2


async def test_an_envelope_of_a_partner_whose_root_is_not_trusted_waits_and_then_goes_on(
    buyer: Company, network: MemoryNetwork, trusted: Authority, clock: FakeClock, tmp_path: Path
) -> None:
    roots: list[bytes] = []
    side = network.register("org-seller", "org-seller 有限公司")
    async with company(
        tmp_path / "cautious",
        "org-seller",
        lambda _lane, _key: side,
        network_key=network.key.public,
        trusted=trusted,
        clock=clock,
        roots=roots,
    ) as seller:
        await seller.listen()
        await buyer.listen()
        terms = contract(1, buyer=buyer.id, seller=seller.id, clock=clock)
        await buyer.owe_envelope(terms)
        assert await buyer.bridge.outbox.send(terms.envelope)
        await seller.listen()
        row = await seller.row(terms.envelope)
        assert (row.status, row.sequence) == ("held", 0)
        ((type_, words),) = troubles_in(row)
        assert type_ == "card-untrusted"
        assert "no root that we trust" in words
        assert seller.bridge.tally.lies == {}

        roots.append(trusted.root)
        await seller.bridge.reconcile()

        row = await seller.row(terms.envelope)
        assert (row.status, row.sequence, troubles_in(row)) == ("signing", 1, ())
        assert f"{terms.envelope}/entry-1" in await seller.jobs()


async def test_an_end_before_its_time_is_named_and_counts_once_its_time_has_come(
    seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    """A moment that lies ahead would let the network end what still can be signed."""
    network.time = FakeClock(sent.expires_at + timedelta(seconds=1))
    network.go_on(network.envelopes[sent.envelope])

    await seller.listen()

    assert await held_for(seller, sent) == ["time"]
    assert seller.bridge.tally.lies == {"time": 1}
    (told,) = recorded(seller)
    assert (told["trouble"], told["lie"]) == ("time", True)
    state = await seller.bridge.state(sent.envelope)
    assert state is not None
    assert (state.status, state.sequence) == ("signing", 1)
    await seller.bridge.reconcile()
    assert await held_for(seller, sent) == ["time"]

    clock.move(timedelta(days=30))
    await seller.bridge.reconcile()

    row = await seller.row(sent.envelope)
    assert (row.status, row.sequence, troubles_in(row)) == ("expired", 2, ())


async def test_clocks_that_differ_by_minutes_are_no_lie(
    buyer: Company, seller: Company, sent: Terms, network: MemoryNetwork, clock: FakeClock
) -> None:
    network.time = FakeClock(clock.now() + timedelta(minutes=5))
    await remind(buyer, sent)

    await seller.listen()

    assert (await seller.row(sent.envelope)).sequence == 2
    assert seller.bridge.tally.lies == {}
