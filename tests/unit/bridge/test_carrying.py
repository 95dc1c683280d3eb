"""Envelopes go out and come in, each once, whatever the network or the process does meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import msgspec
import pytest

from cloud_bridge.encryption import opened as content_opened
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import Acknowledged, Reminded, Withdrawn
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.wire import Feed
from gateway.envelopes.carriage.owed import owe
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Authority, Company, contract
from tests.envelope_parties import PAPER, sha256
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock
from tests.unit.bridge.conftest import Open


async def both_listen(buyer: Company, seller: Company) -> None:
    assert await seller.listen() == 0
    assert await buyer.listen() == 0


def named(clock: FakeClock, number: int = 1, **changes: object):  # noqa: ANN201 - Terms
    return contract(number, buyer="org-buyer", seller="org-seller", clock=clock, **changes)


async def owed(buyer: Company, seller: Company, clock: FakeClock):  # noqa: ANN201 - Terms
    """A contract that the buyer owes the network, to which both listen."""
    await both_listen(buyer, seller)
    terms = named(clock)
    await buyer.owe_envelope(terms)
    return terms


async def test_what_is_owed_goes_out_and_becomes_a_task_at_the_other_company(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)

    assert await buyer.bridge.outbox.send(terms.envelope)

    sent = await buyer.row(terms.envelope)
    assert (sent.status, sent.sequence) == ("signing", 1)
    assert await buyer.ground.owed.of_envelope(buyer.id, terms.envelope) == ()
    await seller.listen()
    came = await seller.row(terms.envelope)
    assert (came.ours, came.status, came.sequence, came.head) == (False, "signing", 1, sent.head)
    assert (came.document_type, came.seal) == ("contract", "company-east")
    assert await seller.jobs() == [f"{terms.envelope}/entry-1"]
    content = network.contents[terms.envelope, sha256(PAPER)]
    assert PAPER not in content.body
    key = seller.bridge.member.encryption_key
    assert content_opened(content, organisation=seller.id, key=key) == PAPER


async def test_a_partner_may_answer_and_both_hold_the_same_record(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    state = await seller.bridge.state(terms.envelope)
    assert state is not None
    act = Acknowledged(sequence=state.sequence, head=state.head)
    said = seller.bridge.statement(state, act, id="acknowledged-1")
    await seller.ground.lane.write(
        lambda unit: owe(unit, seller.id, terms.envelope, said, at=clock.now())
    )

    assert await seller.bridge.outbox.send(terms.envelope)
    await buyer.listen()

    held = [await each.ground.records.entries(each.id, terms.envelope) for each in (buyer, seller)]
    assert held[0] == held[1]
    assert len(held[0]) == 2


async def test_items_that_come_twice_or_in_another_order_change_nothing(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    for number in range(3):
        state = await buyer.bridge.state(terms.envelope)
        assert state is not None
        said = buyer.bridge.statement(state, Reminded(party="buyer"), id=f"reminded-{number}")
        await buyer.network_say(said)
    feed = await seller.bridge.network.feed("0", wait_seconds=0)
    turned = Feed(items=tuple(reversed(feed.items)) * 2, cursor=feed.cursor)

    new = await seller.bridge.inbox.take(turned)

    assert new == len(feed.items) - 1
    assert await seller.bridge.inbox.take(turned) == 0
    row = await seller.row(terms.envelope)
    assert (row.sequence, troubles_in(row)) == (len(feed.items), ())
    assert network.envelopes[terms.envelope].state.head == row.head


async def test_how_far_the_feed_is_taken_in_is_written_with_what_is_written_next(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    lane, inbox = seller.house.lane, seller.bridge.inbox
    feed = await seller.bridge.network.feed(await inbox.cursor(), wait_seconds=0)
    await inbox.take(feed)
    written, units = await kept_cursor(seller), lane.units
    assert (await inbox.cursor(), written != feed.cursor) == (feed.cursor, True)

    await lane.write(lambda _unit: None)

    assert await kept_cursor(seller) == await inbox.cursor() == feed.cursor
    assert lane.units == units + 2


async def test_where_it_is_lost_how_far_the_feed_was_taken_in_it_is_taken_in_again(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    inbox, before = seller.bridge.inbox, await kept_cursor(seller)
    feed = await seller.bridge.network.feed(before, wait_seconds=0)
    with patch("gateway.envelopes.carriage.inbox.change_standing", side_effect=LookupError):
        await inbox.take(feed)
        await seller.house.lane.write(lambda _unit: None)

    assert await inbox.cursor() == before
    assert await inbox.take(feed) == 0
    assert (await seller.row(terms.envelope)).sequence == 1


async def kept_cursor(at: Company) -> str:
    return (await at.ground.networks.standing(at.id)).cursor


async def test_a_gap_is_filled_from_the_record(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    await seller.listen()
    last: Entry | None = None
    for number in range(3):
        state = await buyer.bridge.state(terms.envelope)
        assert state is not None
        said = buyer.bridge.statement(state, Reminded(party="buyer"), id=f"reminded-{number}")
        last = await buyer.network_say(said)
    assert last is not None

    assert await seller.bridge.inbox.believe(terms.envelope, [last]) == 3

    assert (await seller.row(terms.envelope)).sequence == 4


async def test_an_outage_keeps_what_is_owed_and_it_goes_out_once_in_its_order(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    await both_listen(buyer, seller)
    network.is_away = True
    every = [named(clock, number) for number in range(1, 6)]
    for terms in every:
        await buyer.owe_envelope(terms)
        with pytest.raises(NetworkAwayError):
            await buyer.bridge.outbox.send(terms.envelope)
    assert await buyer.listen() > 0
    assert not buyer.bridge.is_here
    standing = await buyer.ground.networks.standing(buyer.id)
    assert standing.away_since is not None
    clock.move(timedelta(hours=8))
    assert await buyer.listen() > 0
    network.is_away = False

    assert await buyer.listen() == 0

    assert buyer.bridge.is_here
    assert (await buyer.ground.networks.standing(buyer.id)).away_since is None
    jobs = await buyer.jobs()
    assert sorted(jobs) == [f"{terms.envelope}/owed" for terms in every]
    for terms in every:
        assert await buyer.bridge.outbox.send(terms.envelope)
        assert await buyer.bridge.outbox.send(terms.envelope)
    assert [len(kept.entries) for kept in network.envelopes.values()] == [1] * 5
    await seller.listen()
    assert [(await seller.row(terms.envelope)).status for terms in every] == ["signing"] * 5


async def test_a_content_is_marked_with_the_word_behind_it_and_with_what_that_became(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.ground.cards.ask(buyer.bridge.network, seller.id)
    before = buyer.ground.lane.commits

    assert await buyer.bridge.outbox.send(terms.envelope)

    assert buyer.ground.lane.commits == before + 1
    assert await buyer.ground.owed.of_envelope(buyer.id, terms.envelope) == ()
    assert (await buyer.row(terms.envelope)).sequence == 1


async def test_a_content_that_is_there_is_not_put_again_when_the_network_goes_away_behind_it(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    network.is_older = True
    terms = await owed(buyer, seller, clock)
    with (
        patch.object(Side, "send", side_effect=NetworkAwayError("away")),
        pytest.raises(NetworkAwayError),
    ):
        await buyer.bridge.outbox.send(terms.envelope)
    left = await buyer.ground.owed.of_envelope(buyer.id, terms.envelope)
    assert [each.kind for each in left] == ["envelope"]
    assert (terms.envelope, sha256(PAPER)) in network.contents

    assert await buyer.bridge.outbox.send(terms.envelope)
    assert (await buyer.row(terms.envelope)).sequence == 1


async def test_whoever_was_just_told_something_waits_a_moment_for_what_follows(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)

    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise asyncio.CancelledError

    with patch.object(seller.bridge, "_pause", pause), pytest.raises(asyncio.CancelledError):
        await seller.bridge.run()
    assert 0 < pauses[0] < 0.2
    assert (await seller.row(terms.envelope)).sequence == 1


async def test_a_longer_outage_is_asked_at_longer_intervals(
    buyer: Company, network: MemoryNetwork
) -> None:
    network.is_away = True
    assert [await buyer.listen() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("step", ["envelope", "content"])
async def test_a_process_that_dies_after_sending_sends_the_same_again_and_nothing_twice(
    opened: Open, network: MemoryNetwork, clock: FakeClock, step: str
) -> None:
    terms = named(clock)
    async with opened("org-buyer") as buyer, opened("org-seller") as seller:
        await both_listen(buyer, seller)
        await buyer.owe_envelope(terms)
        rows = await buyer.ground.owed.of_envelope(buyer.id, terms.envelope)
        (row,) = [each for each in rows if each.kind == step]
        if step == "envelope":
            content, _ = rows
            await buyer.bridge.outbox._sent(content)
        # It reaches the network, and the process ends before it is written down.
        await buyer.bridge.outbox._sent(row)
    async with opened("org-buyer") as again:
        assert len(await again.ground.owed.of_envelope(again.id, terms.envelope)) == 2
        await again.listen()
        assert await again.bridge.outbox.send(terms.envelope)
        assert len(network.envelopes[terms.envelope].entries) == 1
        assert (await again.row(terms.envelope)).sequence == 1


async def test_what_the_network_will_never_take_is_told_and_is_not_sent_for_ever(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    await buyer.bridge.outbox.send(terms.envelope)
    state = await buyer.bridge.state(terms.envelope)
    assert state is not None
    for number in (1, 2):
        said = buyer.bridge.statement(state, Withdrawn(reason="other"), id=f"withdrawn-{number}")
        await buyer.ground.lane.write(
            lambda unit, said=said: owe(unit, buyer.id, terms.envelope, said, at=clock.now())
        )

    assert await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    assert row.status == "withdrawn"
    assert [type_ for type_, _ in troubles_in(row)] == ["refused-not-allowed"]
    assert await buyer.ground.owed.of_envelope(buyer.id, terms.envelope) == ()
    assert buyer.bridge.tally.refused == 1


async def test_an_envelope_that_is_refused_is_held_and_nothing_behind_it_is_sent(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    other = msgspec.structs.replace(terms, title="another")
    kept = network.envelopes
    await buyer.bridge.outbox.send(terms.envelope)
    kept[terms.envelope].terms = msgspec.json.encode(other)
    second = named(clock, 2)
    await buyer.owe_envelope(second)
    kept[second.envelope] = kept[terms.envelope]

    assert await buyer.bridge.outbox.send(second.envelope)

    row = await buyer.row(second.envelope)
    assert row.status == "held"
    assert [type_ for type_, _ in troubles_in(row)] == ["refused-conflict"]


async def test_what_has_no_room_at_the_network_stays_owed_and_goes_out_when_there_is(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    terms = await owed(buyer, seller, clock)
    network.is_full = True

    assert not await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    told = [type_ for type_, _ in troubles_in(row)]
    assert (row.status, told) == ("sending", ["refused-content-quota"])
    assert buyer.bridge.tally.refused == 0
    network.is_full = False
    assert await buyer.bridge.outbox.send(terms.envelope)
    row = await buyer.row(terms.envelope)
    assert (row.status, troubles_in(row)) == ("signing", ())


async def test_content_waits_until_the_partners_card_is_believed(
    buyer: Company, opened: Open, network: MemoryNetwork, clock: FakeClock
) -> None:
    await buyer.listen()
    network.register("org-seller", "org-seller 有限公司")
    terms = named(clock)
    await buyer.owe_envelope(terms)

    assert not await buyer.bridge.outbox.send(terms.envelope)

    row = await buyer.row(terms.envelope)
    assert (row.status, [type_ for type_, _ in troubles_in(row)]) == ("sending", ["card-unknown"])
    async with opened("org-seller") as seller:
        await seller.listen()
    assert await buyer.bridge.outbox.send(terms.envelope)
    row = await buyer.row(terms.envelope)
    assert (row.status, troubles_in(row)) == ("signing", ())


async def test_a_company_is_called_by_its_cards_each_name_once_and_the_newest_last(
    opened: Open, trusted: Authority
) -> None:
    async with opened("org-buyer") as buyer:
        await buyer.listen()
        cards = buyer.ground.cards
        first = cards.newest(buyer.id)
        assert first is not None
        wide = first.name.replace(" ", "\u3000")
        for serial, name in ((2, wide), (3, first.name), (4, wide)):
            card = msgspec.structs.replace(first, serial=serial, name=name)
            await cards.pin(card, trusted.sealed(card))
            assert cards.names(buyer.id)[-1] == name
        assert cards.names(buyer.id) == (first.name, wide)
        # Asked with each statement of an envelope: it is known, and not looked for.
        assert cards.names(buyer.id) is cards.names(buyer.id)
        assert cards.names("org-nobody") == ()
    async with opened("org-buyer") as again:
        assert again.ground.cards.names(again.id) == (first.name, wide)


async def test_other_roots_of_persons_are_seen_within_two_minutes_and_all_is_compared(
    buyer: Company, clock: FakeClock
) -> None:
    persons: list[bytes] = []
    bridge = buyer.bridge
    bridge._ground = replace(bridge._ground, persons=lambda: tuple(persons))
    await buyer.listen()
    compared = bridge.last
    clock.move(timedelta(minutes=1))
    await buyer.listen()
    assert bridge.last is compared
    persons.append(b"a root")
    clock.move(timedelta(minutes=1))
    await buyer.listen()
    assert bridge.last is not compared
