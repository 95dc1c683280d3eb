"""Our clock is put an hour or a day ahead or back while a contract is under way."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud_bridge.envelopes.statements import parse
from gateway.envelopes.errors import EnvelopeSenselessProblem
from gateway.jobs.outcomes import Later
from tests.envelope_house import Room, Town, parties, play, settle
from tests.signing_house import FakeClock


def _apart(town: Town) -> None:
    """From here on the network's clock is another than the gateways'."""
    town.network.time = FakeClock(town.clock.now())


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(days=1)], ids=["hour", "day"])
def test_what_is_over_by_our_clock_alone_is_signed_once_the_clock_is_right(
    tmp_path: Path, by: timedelta
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        _apart(town)
        expires_at = town.clock.now() + timedelta(minutes=50)
        accepted = await east.create(parties=parties(turns=(2, 1)), expires_at=expires_at)
        id_ = accepted.envelope.id
        await east.work()
        await west.company.listen()
        town.clock.moment += by
        (outcome,) = await west.work()
        assert isinstance(outcome, Later)
        told = await west.show(id_)
        assert (told.status, told.next_step) == ("signing", "wait-for-network")
        assert "clock" in told.next_hint
        assert west.signed == 0
        town.clock.moment -= by
        town.clock.move(timedelta(minutes=5))
        await settle(west, east)
        assert (await west.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)

    play(tmp_path, scene)


def test_what_is_over_by_all_clocks_ends(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        expires_at = town.clock.now() + timedelta(minutes=50)
        accepted = await east.create(parties=parties(turns=(2, 1)), expires_at=expires_at)
        id_ = accepted.envelope.id
        await east.work()
        await west.company.listen()
        town.clock.move(timedelta(hours=1))
        await west.work()
        town.network.go_on(town.network.envelopes[id_])
        await settle(west, east)
        for room in (east, west):
            told = await room.show(id_)
            assert (told.status, told.next_step) == ("expired", "nothing")

    play(tmp_path, scene)


def test_a_new_envelope_that_is_over_by_our_clock_says_what_time_it_is_here(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, _west: Room) -> None:
        expires_at = town.clock.now() + timedelta(hours=2)
        town.clock.moment += timedelta(days=1)
        with pytest.raises(EnvelopeSenselessProblem, match="by this machine's clock"):
            await east.create(expires_at=expires_at)

    play(tmp_path, scene)


@pytest.mark.parametrize("by", [timedelta(days=1), -timedelta(days=1)], ids=["ahead", "behind"])
def test_what_was_said_by_a_wrong_clock_counts_by_the_networks(
    tmp_path: Path, by: timedelta
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        _apart(town)
        id_ = (await east.create(parties=parties(turns=(2, 1)))).envelope.id
        await east.work()
        await west.company.listen()
        town.clock.moment += by
        await west.work()
        town.clock.moment -= by
        town.clock.move(timedelta(minutes=5))
        await settle(west, east)
        for room in (east, west):
            assert (await room.show(id_)).status == "completed"
        assert (east.signed, west.signed) == (1, 1)
        entries = await east.company.ground.records.entries(east.company.id, id_)
        assert len({parse(each.signed).id for each in entries}) == len(entries)

    play(tmp_path, scene)
