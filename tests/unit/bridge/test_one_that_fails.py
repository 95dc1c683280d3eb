"""A network that fails for one envelope is away for that one: all others go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import msgspec
import pytest

from cloud_bridge.envelopes.statements import Reminded
from cloud_bridge.errors import NetworkAwayError, NetworkError, NetworkRefusedError
from cloud_bridge.model import Terms
from cloud_bridge.wire import EnvelopeRecord
from gateway.envelopes.carriage.errors import NotComparedProblem
from gateway.envelopes.course.adopting import Adopting
from gateway.envelopes.keeping.troubles import troubles_in
from gateway.store.rows.networks import forget_comparisons
from tests.bridge_house import Company, contract
from tests.memory_network import MemoryNetwork, Side
from tests.signing_house import FakeClock
from tests.unit.bridge.conftest import Open

_FAILS = "the network says network-internal-error (500)"


@contextmanager
def failing_for(*envelopes: str, error: Exception | None = None) -> Iterator[list[str]]:
    """The network gives no record of these; tells how often it was asked."""
    asked: list[str] = []
    given = Side.envelope

    async def envelope(side: Side, id_: str) -> EnvelopeRecord:
        if id_ in envelopes:
            asked.append(id_)
            raise error or NetworkAwayError(_FAILS)
        return await given(side, id_)

    with patch.object(Side, "envelope", envelope):
        yield asked


def named(clock: FakeClock, number: int = 1) -> Terms:
    return contract(number, buyer="org-buyer", seller="org-seller", clock=clock)


async def sent(buyer: Company, seller: Company, clock: FakeClock, *numbers: int) -> list[Terms]:
    """Contracts that are at the network, and that the seller was not told of yet."""
    assert (await seller.listen(), await buyer.listen()) == (0, 0)
    every = [named(clock, number) for number in numbers]
    for terms in every:
        await buyer.owe_envelope(terms)
        assert await buyer.bridge.outbox.send(terms.envelope)
    return every


def without_records(network: MemoryNetwork) -> None:
    """The feed brings nothing along: each new envelope is asked for."""
    network.brings = False


async def remind(buyer: Company, envelope: str, id_: str) -> None:
    state = await buyer.bridge.state(envelope)
    assert state is not None
    await buyer.network_say(buyer.bridge.statement(state, Reminded(party="buyer"), id=id_))


@pytest.mark.parametrize(
    "error", [NetworkAwayError(_FAILS), NetworkError("what is this"), ZeroDivisionError("a defect")]
)
async def test_one_that_cannot_be_compared_holds_up_no_other(
    opened: Open, clock: FakeClock, error: Exception
) -> None:
    async with opened("org-buyer") as buyer:
        async with opened("org-seller") as seller:
            bad, good = await sent(buyer, seller, clock, 1, 2)
            await seller.listen()
        for terms in (bad, good):
            await remind(buyer, terms.envelope, f"{terms.envelope}:reminded")
        async with opened("org-seller") as seller:
            with failing_for(bad.envelope, error=error) as asked:
                assert await seller.listen() == 0

                assert seller.bridge.is_here
                assert asked == [bad.envelope]
                report = seller.bridge.last
                assert report is not None
                assert (report.checked, report.failed) == (1, (bad.envelope,))
                assert not report.is_clean
                assert seller.bridge.is_compared(good.envelope)
                assert not seller.bridge.is_compared(bad.envelope)
                told = dict(troubles_in(await seller.row(bad.envelope)))
                assert list(told) == ["not-compared"]
                # A new one comes as ever.
                (other,) = await sent(buyer, seller, clock, 3)
                await seller.listen()
                assert (await seller.row(other.envelope)).sequence == 1
            assert (await seller.row(good.envelope)).sequence == 2

            clock.move(timedelta(seconds=6))
            assert await seller.listen() == 0

            assert (await seller.row(bad.envelope)).sequence == 2
            assert seller.bridge.is_compared(bad.envelope)
            assert troubles_in(await seller.row(bad.envelope)) == ()
            report = seller.bridge.last
            assert report is not None
            assert (report.checked, report.failed, report.is_clean) == (2, (), True)
            kept = (await seller.ground.networks.standing(seller.id)).reconciliation
            assert msgspec.json.decode(kept)["checked"] == 2


async def test_it_is_tried_again_at_growing_distance(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    without_records(network)
    (bad,) = await sent(buyer, seller, clock, 1)
    pauses: list[float] = []
    with failing_for(bad.envelope) as asked:
        assert await seller.listen() == 0
        assert seller.bridge.is_here
        for _ in range(10):
            pauses.append(seller.bridge.failing.seconds)
            clock.move(timedelta(seconds=pauses[-1]))
            await seller.listen()
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert len(asked) == 11
    clock.move(timedelta(seconds=900))
    await seller.listen()
    assert (await seller.row(bad.envelope)).sequence == 1
    assert len(seller.bridge.failing) == 0


async def test_a_page_that_one_envelope_spoils_is_taken_in_without_it(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    without_records(network)
    bad, good = await sent(buyer, seller, clock, 1, 2)
    with failing_for(bad.envelope):
        assert await seller.listen() == 0
        assert (await seller.row(good.envelope)).sequence == 1
        assert await seller.bridge.inbox.cursor() == str(len(network.feeds[seller.id]))
        # The long poll ends when it is to be tried again.
        with patch.object(Side, "feed", autospec=True, side_effect=Side.feed) as feed:
            await seller.bridge.step(wait_seconds=25)
        assert feed.call_args.kwargs["wait_seconds"] == 5


async def test_a_network_that_answers_nothing_else_either_is_away(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    without_records(network)
    (bad,) = await sent(buyer, seller, clock, 1)

    async def dead(*_: object) -> None:
        raise NetworkAwayError("nobody is there")

    with failing_for(bad.envelope), patch.object(Side, "organisation", dead):
        assert await seller.listen() > 0
    assert not seller.bridge.is_here
    assert seller.bridge.tally.why == _FAILS
    assert len(seller.bridge.failing) == 0
    # And where it asks for a pause, it speaks of itself.
    too_much = NetworkAwayError("503", retry_after_seconds=7)
    with failing_for(bad.envelope, error=too_much):
        assert await seller.listen() == 7
    assert not seller.bridge.is_here


async def test_many_that_fail_are_not_all_waited_for_and_each_gets_its_turn(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    every = [each.envelope for each in await sent(buyer, seller, clock, *range(1, 8))]
    without_records(network)
    await seller.listen()
    for envelope in every:
        await remind(buyer, envelope, f"{envelope}:reminded")
    seller.bridge._compared_at = float("-inf")
    with failing_for(*every) as asked:
        await seller.listen()
        assert asked == every[:4]
        report = seller.bridge.last
        assert report is not None
        assert (report.checked, report.failed) == (0, tuple(every))
        await seller.listen()
        assert asked[4:] == every[4:]
    clock.move(timedelta(seconds=30))
    await seller.listen()
    await seller.listen()
    assert len(seller.bridge.failing) == 0
    report = seller.bridge.last
    assert report is not None
    assert report.checked == len(every)


async def test_that_new_entries_came_is_no_comparison(
    buyer: Company, seller: Company, clock: FakeClock
) -> None:
    (terms,) = await sent(buyer, seller, clock, 1)
    await seller.listen()
    await remind(buyer, terms.envelope, "reminded-1")
    with failing_for(terms.envelope):
        seller.bridge._compared_at = float("-inf")
        await seller.listen()  # compared in vain; the feed then brings the same, which is taken in
        assert (await seller.row(terms.envelope)).sequence == 2
        assert not seller.bridge.is_compared(terms.envelope)
    clock.move(timedelta(seconds=6))
    await seller.listen()
    assert seller.bridge.is_compared(terms.envelope)


async def test_after_a_restore_nothing_is_sent_anew_while_one_is_not_here(
    buyer: Company, seller: Company, network: MemoryNetwork, clock: FakeClock
) -> None:
    (terms,) = await sent(buyer, seller, clock, 1)
    adopting = Adopting(seller.ground)
    await adopting.refuse_uncompared(seller.bridge)
    await seller.ground.lane.write(forget_comparisons)
    seller.bridge._compared_at = float("-inf")
    with failing_for(terms.envelope):
        network.feeds[seller.id].clear()
        await seller.listen()
        assert seller.bridge.is_here
        with pytest.raises(NotComparedProblem):
            await adopting.refuse_uncompared(seller.bridge)
    clock.move(timedelta(seconds=6))
    await seller.listen()
    await adopting.refuse_uncompared(seller.bridge)


async def test_what_was_told_before_a_restart_ends_with_a_comparison(
    opened: Open, clock: FakeClock
) -> None:
    async with opened("org-buyer") as buyer:
        async with opened("org-seller") as seller:
            (terms,) = await sent(buyer, seller, clock, 1)
            await seller.listen()
            seller.bridge._compared_at = float("-inf")
            await remind(buyer, terms.envelope, "reminded-1")
            with failing_for(terms.envelope):
                await seller.listen()
        async with opened("org-seller") as seller:
            refused = NetworkRefusedError("no", type="envelope-unknown")
            with failing_for(terms.envelope, error=refused):
                await seller.listen()
            assert troubles_in(await seller.row(terms.envelope)) == ()
